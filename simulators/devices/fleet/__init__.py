"""Many simulated devices in one process: registered through the REST API, shown in a live table."""

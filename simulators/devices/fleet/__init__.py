"""Many simulated devices in one process: registered through the REST API, watched in a live table."""

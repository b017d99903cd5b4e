"""Which sensor models the platform knows: one data file, used by the API, the app and the simulated devices."""

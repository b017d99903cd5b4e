"""The device's own status and settings, asked of it while the caller waits."""

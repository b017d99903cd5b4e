"""Sensors on the device's buses, and what the platform keeps of each port so that a restarted device gets it back."""

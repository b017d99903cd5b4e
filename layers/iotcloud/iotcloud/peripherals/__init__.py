"""Ports and sensors of a device, and the stored configuration that a restarted device gets back."""

"""Firmware: the catalogue of signed images, and the updates of devices (groups 2 and 11, device protocol 9)."""

"""Devices that their maker told us of, before anybody owns them."""

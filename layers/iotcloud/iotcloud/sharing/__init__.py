"""Devices that their owner lets others use."""

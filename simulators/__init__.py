"""Replacements of the outside world: the local cloud, devices and providers."""

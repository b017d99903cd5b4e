"""Everything that stands in for the outside world: the local cloud, devices and providers."""

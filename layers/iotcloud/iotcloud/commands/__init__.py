"""A command to a device and its reply: the link, the lease, which reply is whose, devices that are offline."""

"""MENOS: notices to people and devices through several channels, triggered by ports of a device."""

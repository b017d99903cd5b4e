"""The device registry: names, ownership, certificates, location and presence."""

"""MENOS: who is told what, through which channel, when a port of a device asks for it."""

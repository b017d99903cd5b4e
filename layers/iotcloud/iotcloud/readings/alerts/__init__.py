"""Rules that turn readings into alerts. Pure: no I/O."""

"""What can go wrong with the local cloud, in one sentence for the person at the console."""


class CloudError(Exception):
    """The local cloud cannot go on; the message tells why, and what to do about it."""


class Interrupted(Exception):
    """Ctrl-C or SIGTERM came; everything is to be stopped in order."""

"""What can go wrong with the local cloud, in one sentence for the person at the console."""


class CloudError(Exception):
    """The local cloud cannot go on; the message tells why, and what to do about it."""


class Interrupted(BaseException):
    """Ctrl-C or SIGTERM came; everything is to be stopped in order.

    Like KeyboardInterrupt it is no Exception, so that no library takes it for a failure of its own.
    """

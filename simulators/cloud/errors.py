"""Errors of the local cloud, each with one sentence for the user."""


class CloudError(Exception):
    """The local cloud cannot continue; the message has the reason and what to do."""


class Interrupted(BaseException):
    """Ctrl-C or SIGTERM was received; all parts must be stopped in order.

    Like KeyboardInterrupt it is no Exception, so no library handles it as an error of its own.
    """

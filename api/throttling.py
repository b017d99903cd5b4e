"""How often one network address may call what needs no access token. The gateway limits all callers together; this is
about a single one, who guesses passwords or codes, or has us write to strangers."""

from api.operations import Authentication, Operation
from iotcloud.users.attempts import Limit, caller_of
from iotcloud.wiring import wiring

WINDOW_SECONDS = 60
VERIFIED = (Authentication.ACCESS_TOKEN, Authentication.SIGNATURE)
"""What is refused before it costs anything, or comes from few addresses in large numbers."""


def admit(operation: Operation, source_ip: str) -> None:
    """Count a call before anything of it is read, unless it will be verified anyway; raise TooManyRequests."""
    if operation.authentication not in VERIFIED:
        limit = Limit(wiring().settings.caller_calls_per_minute, WINDOW_SECONDS)
        wiring().attempts.spend(operation.id, caller_of(source_ip), limit)

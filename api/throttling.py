"""How often one may call: a network address what needs no access token, and a signed-in user everything else. The
gateway limits all callers together; this is about a single one, who guesses passwords or codes, has us write to
strangers, or takes what all others need."""

from api.operations import Authentication, Caller, Operation
from iotcloud.errors import DeviceUnreachable
from iotcloud.users.rate_limits import Limit, caller_of
from iotcloud.wiring import wiring

WINDOW_SECONDS = 60
VERIFIED = (Authentication.ACCESS_TOKEN, Authentication.SIGNATURE)
"""What is refused before it costs anything, or comes from few addresses in large numbers."""


def admit(operation: Operation, source_ip: str) -> None:
    """Count a call before anything of it is read, unless it will be verified anyway; raise TooManyRequests."""
    if operation.authentication not in VERIFIED:
        limit = Limit(wiring().settings.caller_calls_per_minute, WINDOW_SECONDS)
        wiring().users.rate_limiter.spend(operation.id, caller_of(source_ip), limit)


def admit_caller(operation: Operation, caller: Caller) -> None:
    """Count a call of a signed-in user, once the token was found good; raise TooManyRequests.

    Calls to devices are counted apart: each keeps an execution environment for as long as its device is silent.
    """
    if operation.authentication is Authentication.ACCESS_TOKEN:
        settings = wiring().settings
        is_device_asked = DeviceUnreachable in operation.errors
        calls = settings.device_calls_per_minute if is_device_asked else settings.user_calls_per_minute
        purpose = "device_calls" if is_device_asked else "user_calls"
        wiring().users.call_limits.spend(purpose, caller.username, Limit(calls, WINDOW_SECONDS))

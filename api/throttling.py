"""Rate limits per caller: by network address for operations without an access token, by user for all others. The
gateway limits all callers together. These limits stop a single caller who guesses passwords or codes, sends messages to
strangers, or uses up the capacity."""

from api.operations import Authentication, Caller, Operation
from iotcloud.errors import DeviceUnreachable
from iotcloud.users.rate_limits import Limit, caller_of
from iotcloud.wiring import wiring

WINDOW_SECONDS = 60
VERIFIED = (Authentication.ACCESS_TOKEN, Authentication.SIGNATURE)
"""Operations that are cheap to reject, or that carriers call often from few addresses."""


def admit(operation: Operation, source_ip: str) -> None:
    """Count a call before it is parsed, unless a token or signature will be verified; raise TooManyRequests."""
    if operation.authentication not in VERIFIED:
        limit = Limit(wiring().settings.caller_calls_per_minute, WINDOW_SECONDS)
        wiring().users.rate_limiter.spend(operation.id, caller_of(source_ip), limit)


def admit_caller(operation: Operation, caller: Caller) -> None:
    """Count a call of a signed-in user after the token is verified; raise TooManyRequests.

    Calls to devices have a separate limit: each occupies an execution environment until its device replies.
    """
    if operation.authentication is Authentication.ACCESS_TOKEN:
        settings = wiring().settings
        is_device_asked = DeviceUnreachable in operation.errors
        calls = settings.device_calls_per_minute if is_device_asked else settings.user_calls_per_minute
        purpose = "device_calls" if is_device_asked else "user_calls"
        wiring().users.call_limits.spend(purpose, caller.username, Limit(calls, WINDOW_SECONDS))

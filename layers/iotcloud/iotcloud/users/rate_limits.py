"""Rate limits of operations without sign-in, per caller and per account."""

from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from ipaddress import IPv6Address, ip_address

from iotcloud.clock import Clock, utc_now
from iotcloud.errors import TooManyRequests
from iotcloud.users.interfaces import RateLimitStore


@dataclass(frozen=True)
class Limit:
    """Attempts per window, and the window's length in seconds."""

    attempts: int
    seconds: int


MESSAGES_TO_ONE_ACCOUNT = Limit(5, 900)
"""E-mails or text messages that unauthenticated calls may send to one account; text messages cost money."""
ANSWERS_TO_ONE_ACCOUNT = Limit(10, 900)
"""Guesses at a six-digit code: one in 100,000 of them in a quarter of an hour."""
SIGN_UP_MESSAGE = "sign_up_message"
"""Purpose of mails with a sign-up code, shared by all operations that send them."""
SMS_CHALLENGE = "sms_challenge"
"""Purpose of text messages at login."""


@dataclass(frozen=True)
class RateLimiter:
    """Counts attempts in fixed windows. Addresses and user names are stored as digests only."""

    store: RateLimitStore
    clock: Clock = utc_now

    def spend(self, purpose: str, subject: str, limit: Limit) -> None:
        """See Attempts. Two adjacent windows may admit up to twice the limit."""
        _, remaining = self._window(purpose, subject, limit)
        if self.add(purpose, subject, limit, 1) > limit.attempts:
            raise TooManyRequests(retry_after_seconds=remaining)

    def add(self, purpose: str, subject: str, limit: Limit, amount: int) -> int:
        """Add to the current window and return its count. Never refuses."""
        bucket, remaining = self._window(purpose, subject, limit)
        return self.store.count(bucket, self.clock() + timedelta(seconds=remaining), amount)

    def require_left(self, purpose: str, subject: str, limit: Limit) -> None:
        """See Attempts. Two concurrent calls may both pass."""
        bucket, remaining = self._window(purpose, subject, limit)
        if self.store.read(bucket) >= limit.attempts:
            raise TooManyRequests(retry_after_seconds=remaining)

    def _window(self, purpose: str, subject: str, limit: Limit) -> tuple[str, int]:
        """Return the key of the current window's counter, and the seconds until the window ends."""
        window, elapsed = divmod(int(self.clock().timestamp()), limit.seconds)
        digest = sha256(subject.encode("utf-8", "surrogatepass")).hexdigest()[:32]
        return f"{purpose}#{digest}#{window}", limit.seconds - elapsed


def caller_of(source_ip: str) -> str:
    """Return the key of a caller: an IPv4 address, or the /64 prefix of an IPv6 address."""
    try:
        address = ip_address(source_ip)
    except ValueError:
        return source_ip
    if isinstance(address, IPv6Address):
        return str(IPv6Address(int(address) >> 64 << 64))
    return str(address)

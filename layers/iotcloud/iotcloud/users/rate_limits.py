"""How often something may be tried, by one caller or on one account: what nobody has to sign in for is limited here."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from ipaddress import IPv6Address, ip_address
from typing import Protocol

from iotcloud.clock import Clock, utc_now
from iotcloud.errors import TooManyRequests


@dataclass(frozen=True)
class Limit:
    """So many attempts in each window of so many seconds."""

    attempts: int
    seconds: int


MESSAGES_TO_ONE_ACCOUNT = Limit(5, 900)
"""E-mails or text messages that strangers may have us send to one account; text messages cost money."""
ANSWERS_TO_ONE_ACCOUNT = Limit(10, 900)
"""Guesses at a six-digit code: one in 100,000 of them in a quarter of an hour."""
SIGN_UP_MESSAGE = "sign_up_message"
"""The purpose under which mails with a sign-up code are counted, whichever operation sends them."""
SMS_CHALLENGE = "sms_challenge"
"""The purpose under which text messages at login are counted."""


class Attempts(Protocol):
    """Counts attempts."""

    def spend(self, purpose: str, subject: str, limit: Limit) -> None:
        """Count one attempt of a purpose by or on a subject; raise TooManyRequests when it is one too many."""
        ...

    def require_left(self, purpose: str, subject: str, limit: Limit) -> None:
        """Count nothing; raise TooManyRequests when no attempt is left."""
        ...


class RateLimitStore(Protocol):
    """Keeps the counters."""

    def count(self, bucket: str, expires_at: datetime, amount: int = 1) -> int:
        """Add to a counter, which begins at zero and is forgotten after `expires_at`; return its value."""
        ...

    def read(self, bucket: str) -> int:
        """Return the value of a counter, 0 when it never counted."""
        ...


@dataclass(frozen=True)
class RateLimiter:
    """Counts attempts in fixed windows. Neither addresses nor user names are kept, only digests of them."""

    store: RateLimitStore
    clock: Clock = utc_now

    def spend(self, purpose: str, subject: str, limit: Limit) -> None:
        """See Attempts. Two windows that meet may see up to twice the limit."""
        _, remaining = self._window(purpose, subject, limit)
        if self.add(purpose, subject, limit, 1) > limit.attempts:
            raise TooManyRequests(retry_after_seconds=remaining)

    def add(self, purpose: str, subject: str, limit: Limit, amount: int) -> int:
        """Count more in the window that is open now; return how many it has by then, and refuse nothing."""
        bucket, remaining = self._window(purpose, subject, limit)
        return self.store.count(bucket, self.clock() + timedelta(seconds=remaining), amount)

    def require_left(self, purpose: str, subject: str, limit: Limit) -> None:
        """See Attempts. Two calls of the same instant both pass."""
        bucket, remaining = self._window(purpose, subject, limit)
        if self.store.read(bucket) >= limit.attempts:
            raise TooManyRequests(retry_after_seconds=remaining)

    def _window(self, purpose: str, subject: str, limit: Limit) -> tuple[str, int]:
        """Return the counter of the window that is open now, and the seconds until the window ends."""
        window, elapsed = divmod(int(self.clock().timestamp()), limit.seconds)
        digest = sha256(subject.encode("utf-8", "surrogatepass")).hexdigest()[:32]
        return f"{purpose}#{digest}#{window}", limit.seconds - elapsed


def caller_of(source_ip: str) -> str:
    """Return what stands for one caller: an IPv4 address, or the 64 bits of an IPv6 address that a subscriber gets."""
    try:
        address = ip_address(source_ip)
    except ValueError:
        return source_ip
    if isinstance(address, IPv6Address):
        return str(IPv6Address(int(address) >> 64 << 64))
    return str(address)

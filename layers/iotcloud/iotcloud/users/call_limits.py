"""How often a signed-in user may call. Most never come near the limit, so that counting must not cost a write each.

Each execution environment counts by itself. Only who makes many calls through it within a minute is counted in the
table as well, a share of the limit at a time: what environments know of each other is at most that share old.
"""

from dataclasses import dataclass, field
from typing import Protocol

from iotcloud.clock import Clock, utc_now
from iotcloud.errors import TooManyRequests
from iotcloud.users.rate_limits import Limit

SHARES = 10
"""Writes for as many calls as the limit allows; a user spread over n environments may make n shares more."""


class CallStore(Protocol):
    """Counters that all environments share."""

    def add(self, purpose: str, subject: str, limit: Limit, amount: int) -> int:
        """Count more in the window that is open now; return how many it has by then."""
        ...


@dataclass
class _Count:
    unsaved: int = 0
    """Calls since the last write."""
    known: int = 0
    """Calls in all environments, as of the last write."""


@dataclass
class CallLimits:
    """Counts the calls of users in fixed windows."""

    store: CallStore
    clock: Clock = utc_now
    _window: int = 0
    _counts: dict[tuple[str, str], _Count] = field(default_factory=dict)

    def spend(self, purpose: str, username: str, limit: Limit) -> None:
        """Count a call; raise TooManyRequests when it is one too many, as far as this environment knows."""
        window, elapsed = divmod(int(self.clock().timestamp()), limit.seconds)
        if window != self._window:
            self._window = window
            self._counts.clear()
        count = self._counts.setdefault((purpose, username), _Count())
        if count.known <= limit.attempts:
            count.unsaved += 1
            if count.unsaved >= max(1, limit.attempts // SHARES):
                count.known = self.store.add(purpose, username, limit, count.unsaved)
                count.unsaved = 0
            if count.known <= limit.attempts:
                return
        raise TooManyRequests(retry_after_seconds=limit.seconds - elapsed)

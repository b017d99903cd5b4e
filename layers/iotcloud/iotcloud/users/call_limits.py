"""Rate limit of signed-in users. Most users stay far below it, so an ordinary call must not cost a write.

Each execution environment counts in memory. It adds to the shared counter in the table only after a share of the
limit is used within a minute, so an environment's view of the others lags by at most one share each.
"""

from dataclasses import dataclass, field

from iotcloud.clock import Clock, utc_now
from iotcloud.errors import TooManyRequests
from iotcloud.users.interfaces import CallStore
from iotcloud.users.rate_limits import Limit

SHARES = 10
"""Writes for as many calls as the limit allows; a user spread over n environments may make n shares more."""


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
        """Count a call. Raise TooManyRequests when it exceeds the limit, as seen by this environment."""
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

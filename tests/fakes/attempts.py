"""Rate limit counters in memory, and one without limits."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

from iotcloud.errors import TooManyRequests
from iotcloud.users.rate_limits import Limit


@dataclass
class FakeAttempts:
    """Records counted attempts, and rejects configured purposes."""

    spent: list[tuple[str, str]] = field(default_factory=list)
    exhausted: set[str] = field(default_factory=set)

    def spend(self, purpose: str, subject: str, limit: Limit) -> None:
        self.spent.append((purpose, subject))
        if purpose in self.exhausted:
            raise TooManyRequests

    def add(self, purpose: str, subject: str, limit: Limit, amount: int) -> int:
        return limit.attempts + 1 if purpose in self.exhausted else 0

    def require_left(self, purpose: str, subject: str, limit: Limit) -> None:
        if purpose in self.exhausted:
            raise TooManyRequests


@dataclass
class FakeAttemptStore:
    """Replaces RateLimitStore."""

    counts: Counter[str] = field(default_factory=Counter)

    def count(self, bucket: str, expires_at: datetime, amount: int = 1) -> int:
        self.counts[bucket] += amount
        return self.counts[bucket]

    def read(self, bucket: str) -> int:
        return self.counts[bucket]


@dataclass
class FakeTexts:
    """The day's text messages: how many were sent, and after how many there are none left."""

    left: int = 1000
    spent: int = 0
    countries: frozenset[str] = frozenset()

    def spend(self) -> int:
        if self.spent >= self.left:
            return 3600
        self.spent += 1
        return 0

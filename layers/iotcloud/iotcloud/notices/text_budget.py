"""The text messages of a day, of all accounts together, for those who send some past the courier."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from iotcloud.clock import Clock
from iotcloud.notices.limits import Counter, Policy, text_counter


class Counters(Protocol):
    def count(self, counted: Sequence[Counter]) -> str:
        """Count one more against each; answer the reason of the first whose limit is reached, or nothing."""
        ...


@dataclass(frozen=True)
class TextBudget:
    """Counts text messages that the user pool sends: to verify a number, and at login."""

    counters: Counters
    policy: Policy
    clock: Clock

    @property
    def countries(self) -> frozenset[str]:
        """Countries to which text messages go (ISO 3166); empty: all."""
        return self.policy.sms_countries

    def spend(self) -> int:
        """Count one; answer 0, or the seconds until the next day (UTC) when none is left."""
        now = self.clock()
        if not self.counters.count([text_counter(self.policy, now)]):
            return 0
        day = int(self.policy.all_texts.window.total_seconds())
        return day - int(now.timestamp()) % day

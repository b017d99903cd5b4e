"""The platform's daily limit of text messages, for senders outside the notice delivery."""

from dataclasses import dataclass

from iotcloud.clock import Clock
from iotcloud.notices.interfaces import NoticeCounters
from iotcloud.notices.limits import Policy, text_counter


@dataclass(frozen=True)
class TextBudget:
    """Counts text messages that the user pool sends: to verify a number, and at login."""

    counters: NoticeCounters
    policy: Policy
    clock: Clock

    @property
    def countries(self) -> frozenset[str]:
        """Countries to which text messages go (ISO 3166); empty: all."""
        return self.policy.sms_countries

    def spend(self) -> int:
        """Count one message. Return 0, or the seconds until the next day (UTC) once the limit is reached."""
        now = self.clock()
        if not self.counters.count([text_counter(self.policy, now)]):
            return 0
        day = int(self.policy.all_texts.window.total_seconds())
        return day - int(now.timestamp()) % day

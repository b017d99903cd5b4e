"""The limits of each account: the owner's own, within the platform's."""

from dataclasses import dataclass

from iotcloud.clock import Clock
from iotcloud.notices.interfaces import LimitsStore, NoticeCounters
from iotcloud.notices.limits import AccountLimits, Policy, month_key


@dataclass(frozen=True)
class Allowance:
    """An account's limits as they are in force, and how much of the month's allowance is used up."""

    policy: Policy
    used_this_month: int


@dataclass(frozen=True)
class Policies:
    """Show, set and apply the limits of accounts."""

    store: LimitsStore
    counts: NoticeCounters
    platform: Policy
    clock: Clock

    def find_policy(self, username: str) -> Policy:
        """Return the limits in force: one request."""
        return (self.store.find(username) or AccountLimits()).within(self.platform)

    def show_limits(self, username: str) -> Allowance:
        """Return the limits in force and their use, in two requests."""
        used = self.counts.counted(month_key(username, self.clock()))
        return Allowance(self.find_policy(username), used)

    def set_limits(self, username: str, limits: AccountLimits) -> Allowance:
        """Replace the owner's own limits. Raise InvalidInput for a limit above the platform's."""
        limits.check(self.platform)
        self.store.save(username, limits)
        return self.show_limits(username)

    def reset_limits(self, username: str) -> Allowance:
        """Return to the platform's limits."""
        self.store.forget(username)
        return self.show_limits(username)

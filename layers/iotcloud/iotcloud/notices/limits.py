"""How much may be sent: one policy object for rates, quiet hours and the monthly allowance. Pure rules."""

from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from iotcloud.errors import InvalidInput, Problem
from iotcloud.notification_blocks.model import Channel


@dataclass(frozen=True)
class Rate:
    """At most `limit` in each window; windows begin at multiples of their length since the epoch."""

    limit: int
    window: timedelta

    def window_of(self, at: datetime) -> int:
        """The number of the window in which an instant lies."""
        return int(at.timestamp() // self.window.total_seconds())


@dataclass(frozen=True)
class QuietHours:
    """Quiet hours: a time of day without notices to people. It may span midnight; equal begin and end mean none."""

    begin: time
    end: time
    timezone: str = "UTC"

    def cover(self, at: datetime) -> bool:
        """Whether an instant lies in them."""
        local = at.astimezone(ZoneInfo(self.timezone)).time()
        if self.begin <= self.end:
            return self.begin <= local < self.end
        return local >= self.begin or local < self.end


@dataclass(frozen=True)
class Policy:
    """All limits of one account."""

    per_owner: Rate = Rate(200, timedelta(hours=1))
    per_device: Rate = Rate(60, timedelta(hours=1))
    per_recipient: Rate = Rate(20, timedelta(hours=1))
    other_texts: Rate = Rate(10, timedelta(days=1))
    """Text messages of an account to numbers that are not its own verified one."""
    all_texts: Rate = Rate(1000, timedelta(days=1))
    """Text messages of all accounts together, including those of the user pool."""
    sms_countries: frozenset[str] = frozenset()
    """Countries to which text messages go (ISO 3166); empty: all."""
    per_month: int = 1000
    """Messages that cost us money; the free tier's allowance (contract 9A: a new account has 1000 credits)."""
    quiet: QuietHours | None = None
    extra_recipients: frozenset[str] = frozenset()
    """Phone numbers and e-mail addresses that devices may name besides the owner's own recipients."""


@dataclass(frozen=True)
class AccountLimits:
    """An owner's limits, at most the platform's; None uses the platform's limit."""

    quiet: QuietHours | None = None
    extra_recipients: frozenset[str] = frozenset()
    per_owner: int | None = None
    per_device: int | None = None
    per_recipient: int | None = None

    def within(self, platform: Policy) -> Policy:
        """The policy of an account that set these limits."""
        return replace(
            platform,
            quiet=self.quiet,
            extra_recipients=self.extra_recipients,
            per_owner=_lowered(platform.per_owner, self.per_owner),
            per_device=_lowered(platform.per_device, self.per_device),
            per_recipient=_lowered(platform.per_recipient, self.per_recipient),
        )

    def check(self, platform: Policy) -> None:
        """Raise InvalidInput when a limit is above the platform's."""
        pairs = (
            ("account", platform.per_owner, self.per_owner),
            ("device", platform.per_device, self.per_device),
            ("recipient", platform.per_recipient, self.per_recipient),
        )
        above = [
            Problem(f"hourly.{name}", f"at most {rate.limit}")
            for name, rate, limit in pairs
            if limit and limit > rate.limit
        ]
        if above:
            raise InvalidInput(detail=above)


PAID_CHANNELS = frozenset({Channel.MOBILE, Channel.EMAIL, Channel.NOTIFICATION})
"""Channels that reach people and cost money; modem and storage stay inside the platform."""


ACCOUNT_LIMIT = "the account's hourly limit is reached"
DEVICE_LIMIT = "the device's hourly limit is reached"
RECIPIENT_LIMIT = "the recipient's hourly limit is reached"
MONTHLY_LIMIT = "the account's monthly allowance is used up"
OTHER_TEXTS_LIMIT = "the account's daily limit of text messages to other numbers is reached"
ALL_TEXTS_LIMIT = "the platform's daily limit of text messages is reached"
QUIET = "quiet hours"


@dataclass(frozen=True)
class Counter:
    """A counter: its limit, the reason when it is reached, and its expiry."""

    key: str
    limit: int
    reason: str
    expires_at: datetime


def rate_counter(scope: str, rate: Rate, reason: str, at: datetime) -> Counter:
    """Make the counter of a rate, in the window of an instant."""
    return Counter(f"{scope}#{rate.window_of(at)}", rate.limit, reason, at + 2 * rate.window)


def counters(
    policy: Policy, owner: str, deviceid: str, channel: Channel, recipient: str, at: datetime, *, is_own: bool = False
) -> tuple[Counter, ...]:
    """The counters of a notice.

    Recipients are counted over all owners, so several accounts cannot flood one person. Notices of owners to
    themselves (`is_own`) have counters of their own, so other accounts cannot use up the share of an owner's alarms.
    """
    found = [
        rate_counter(f"owner#{owner}", policy.per_owner, ACCOUNT_LIMIT, at),
        rate_counter(f"device#{deviceid}", policy.per_device, DEVICE_LIMIT, at),
    ]
    if channel in PAID_CHANNELS:
        if recipient:
            scope = f"recipient#{owner}" if is_own else "recipient"
            found.append(
                rate_counter(f"{scope}#{channel.value}#{recipient}", policy.per_recipient, RECIPIENT_LIMIT, at)
            )
        month = Counter(
            month_key(owner, at),
            policy.per_month,
            MONTHLY_LIMIT,
            at + timedelta(days=62),
        )
        found.append(month)
    if channel is Channel.MOBILE:
        if not is_own:
            found.append(rate_counter(f"other_texts#{owner}", policy.other_texts, OTHER_TEXTS_LIMIT, at))
        found.append(text_counter(policy, at))
    return tuple(found)


def text_counter(policy: Policy, at: datetime) -> Counter:
    """The counter of all text messages. One row takes some hundred writes a second; the limit is per day."""
    return rate_counter("all_texts", policy.all_texts, ALL_TEXTS_LIMIT, at)


def holds_back_all(reason: str, channel: Channel) -> bool:
    """Whether this reason, found for one recipient, holds every further notice of this channel back, too."""
    if reason in (ACCOUNT_LIMIT, DEVICE_LIMIT):
        return True
    return reason in (MONTHLY_LIMIT, ALL_TEXTS_LIMIT, QUIET) and channel in PAID_CHANNELS


def period_of(at: datetime) -> str:
    """The month (UTC) of an instant, as `2026-11`."""
    return f"{at:%Y-%m}"


def month_key(owner: str, at: datetime) -> str:
    """Under which name an owner's messages to people are counted in the month (UTC) of an instant."""
    return month_key_of(owner, period_of(at))


def month_key_of(owner: str, period: str) -> str:
    """The same for a month by its name."""
    return f"month#{owner}#{period}"


def is_quiet(policy: Policy, channel: Channel, at: datetime) -> bool:
    """Whether a notice is held back now: quiet hours keep from people, not from devices and storage."""
    return channel in PAID_CHANNELS and policy.quiet is not None and policy.quiet.cover(at)


def _lowered(rate: Rate, limit: int | None) -> Rate:
    return rate if limit is None else replace(rate, limit=min(limit, rate.limit))

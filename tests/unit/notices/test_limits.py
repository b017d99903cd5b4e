"""Limits of notices: rates, quiet hours, the monthly allowance."""

from datetime import UTC, datetime, time, timedelta

import pytest

from iotcloud.errors import InvalidInput
from iotcloud.notices.limits import (
    ACCOUNT_LIMIT,
    ALL_TEXTS_LIMIT,
    DEVICE_LIMIT,
    MONTHLY_LIMIT,
    OTHER_TEXTS_LIMIT,
    QUIET,
    RECIPIENT_LIMIT,
    AccountLimits,
    Policy,
    QuietHours,
    Rate,
    counters,
    holds_back_all,
    is_quiet,
)
from iotcloud.notification_blocks.model import Channel

AT = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
POLICY = Policy(quiet=QuietHours(time(22), time(7), "Europe/Berlin"))


def keys(channel: Channel, recipient: str = "+65") -> list[str]:
    return [one.key.rsplit("#", 1)[0] for one in counters(POLICY, "owner", "PH80", channel, recipient, AT)]


def test_a_message_to_a_person_counts_for_owner_device_recipient_and_month() -> None:
    assert keys(Channel.EMAIL, "a@b.c") == ["owner#owner", "device#PH80", "recipient#email#a@b.c", "month#owner"]


def test_a_text_message_counts_for_the_day_of_all_and_to_another_number_for_the_accounts() -> None:
    to_other = counters(POLICY, "owner", "PH80", Channel.MOBILE, "+65", AT)
    to_self = counters(POLICY, "owner", "PH80", Channel.MOBILE, "+65", AT, is_own=True)
    elsewhere = counters(POLICY, "other", "PH81", Channel.MOBILE, "+66", AT)

    assert [(one.limit, one.reason) for one in to_other[4:]] == [(10, OTHER_TEXTS_LIMIT), (1000, ALL_TEXTS_LIMIT)]
    assert [(one.limit, one.reason) for one in to_self[4:]] == [(1000, ALL_TEXTS_LIMIT)]
    assert to_other[-1].key == to_self[-1].key == elsewhere[-1].key
    assert to_other[4].key != elsewhere[4].key
    assert to_other[-1].key != counters(POLICY, "owner", "PH80", Channel.MOBILE, "+65", AT + timedelta(days=1))[-1].key


def test_what_owners_send_to_themselves_is_counted_under_their_own_key() -> None:
    at_owner = counters(POLICY, "owner", "PH80", Channel.EMAIL, "a@b.c", AT, is_own=True)
    at_stranger = counters(POLICY, "stranger", "PH81", Channel.EMAIL, "a@b.c", AT)

    assert at_owner[2].key.startswith("recipient#owner#email#a@b.c#")
    assert at_owner[2].limit == at_stranger[2].limit == POLICY.per_recipient.limit
    assert not {one.key for one in at_owner} & {one.key for one in at_stranger}


@pytest.mark.parametrize("at", [AT, AT.replace(hour=22), AT.replace(hour=21, minute=59), AT.replace(hour=0)])
def test_quiet_hours_that_end_as_they_begin_hold_nothing_back(at: datetime) -> None:
    assert not is_quiet(Policy(quiet=QuietHours(time(22), time(22))), Channel.EMAIL, at)


@pytest.mark.parametrize(
    ("reason", "channel", "is_for_all"),
    [
        (ACCOUNT_LIMIT, Channel.MODEM, True),
        (DEVICE_LIMIT, Channel.EMAIL, True),
        (RECIPIENT_LIMIT, Channel.EMAIL, False),
        (MONTHLY_LIMIT, Channel.MOBILE, True),
        (MONTHLY_LIMIT, Channel.MODEM, False),
        (ALL_TEXTS_LIMIT, Channel.MOBILE, True),
        (OTHER_TEXTS_LIMIT, Channel.MOBILE, False),
        (QUIET, Channel.NOTIFICATION, True),
        (QUIET, Channel.STORAGE, False),
        ("", Channel.EMAIL, False),
    ],
)
def test_a_limit_of_one_recipient_is_no_limit_of_others(reason: str, channel: Channel, is_for_all: bool) -> None:
    assert holds_back_all(reason, channel) is is_for_all


@pytest.mark.parametrize("channel", [Channel.MODEM, Channel.STORAGE])
def test_a_message_inside_the_platform_costs_no_allowance(channel: Channel) -> None:
    assert keys(channel) == ["owner#owner", "device#PH80"]


def test_windows_follow_one_another_and_counters_outlive_them() -> None:
    rate = Rate(5, timedelta(hours=1))
    (owner, *_) = counters(POLICY, "owner", "PH80", Channel.MODEM, "", AT)

    assert rate.window_of(AT + timedelta(minutes=59)) == rate.window_of(AT)
    assert rate.window_of(AT + timedelta(minutes=60)) == rate.window_of(AT) + 1
    assert owner.expires_at >= AT + timedelta(hours=1)


def test_the_month_of_the_allowance_is_the_calendars() -> None:
    *_, month = counters(POLICY, "owner", "PH80", Channel.EMAIL, "a@b.c", AT)

    assert (month.key, month.limit) == ("month#owner#2026-11", POLICY.per_month)


def test_the_allowance_begins_anew_with_the_month() -> None:
    last, first = datetime(2026, 11, 30, 23, 59, 59, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC)

    keys = [counters(POLICY, "owner", "PH80", Channel.EMAIL, "a@b.c", at)[-1].key for at in (last, first)]

    assert keys == ["month#owner#2026-11", "month#owner#2026-12"]


@pytest.mark.parametrize(
    ("at", "is_held_back"),
    [
        (datetime(2026, 11, 23, 20, 59, tzinfo=UTC), False),
        (datetime(2026, 11, 23, 21, 0, tzinfo=UTC), True),
        (datetime(2026, 11, 24, 5, 59, tzinfo=UTC), True),
        (datetime(2026, 11, 24, 6, 0, tzinfo=UTC), False),
        (datetime(2026, 3, 29, 4, 59, tzinfo=UTC), True),  # clocks went forward at 01:00 UTC
        (datetime(2026, 3, 29, 5, 0, tzinfo=UTC), False),
        (datetime(2026, 10, 25, 0, 30, tzinfo=UTC), True),  # half past two, and again an hour later
        (datetime(2026, 10, 25, 1, 30, tzinfo=UTC), True),
        (datetime(2026, 10, 25, 6, 0, tzinfo=UTC), False),
    ],
)
def test_quiet_hours_span_midnight_in_the_owners_time_zone(at: datetime, is_held_back: bool) -> None:
    assert is_quiet(POLICY, Channel.MOBILE, at) is is_held_back


def test_quiet_hours_within_a_day() -> None:
    policy = Policy(quiet=QuietHours(time(12), time(13)))

    assert is_quiet(policy, Channel.EMAIL, AT)
    assert not is_quiet(policy, Channel.EMAIL, AT + timedelta(hours=1))


def test_quiet_hours_do_not_keep_from_devices_and_storage() -> None:
    policy = Policy(quiet=QuietHours(time(0), time(23, 59)))

    assert not is_quiet(policy, Channel.MODEM, AT)
    assert not is_quiet(policy, Channel.STORAGE, AT)
    assert not is_quiet(Policy(), Channel.MOBILE, AT)


def test_an_owner_lowers_limits_and_raises_none() -> None:
    platform = Policy(per_month=7)
    mine = AccountLimits(
        QuietHours(time(22), time(7)), frozenset({"+65"}), per_owner=5, per_device=0, per_recipient=999
    )

    policy = mine.within(platform)

    assert (policy.per_owner.limit, policy.per_device.limit) == (5, 0)
    assert policy.per_recipient == platform.per_recipient
    assert (policy.per_month, policy.quiet, policy.extra_recipients) == (7, mine.quiet, mine.extra_recipients)


def test_a_limit_above_the_platforms_is_named() -> None:
    with pytest.raises(InvalidInput) as refused:
        AccountLimits(per_owner=200, per_device=61, per_recipient=21).check(Policy())

    assert list(map(str, refused.value.detail)) == ["hourly.device: at most 60", "hourly.recipient: at most 20"]

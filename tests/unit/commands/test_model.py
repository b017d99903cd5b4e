"""Matching replies to commands, and the last known state of a device that does not reply."""

from datetime import UTC, datetime, timedelta

import pytest

from iotcloud.commands.model import (
    OVERTAKEN_FOR,
    OWED_FOR,
    CommandLease,
    ReplyWindow,
    is_read_only,
    last_known,
    reply_value,
)
from tests.fakes.devices import make_device

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def test_only_commands_that_read_may_be_sent_again() -> None:
    assert is_read_only("get_gpio_prop")
    assert not is_read_only("set_gpio_prop")
    assert not is_read_only("enable_gpio")


def test_without_older_commands_the_first_reply_is_ours() -> None:
    heard = ReplyWindow(0).and_then(b"1")

    assert heard.is_complete
    assert not heard.is_doubtful


def test_with_older_commands_the_last_of_all_replies_is_ours() -> None:
    heard = ReplyWindow(2).and_then(b"1").and_then(b"2")

    assert not heard.is_complete
    assert heard.and_then(b"3").is_complete


def test_replies_that_are_alike_leave_no_doubt() -> None:
    assert not ReplyWindow(1).and_then(b"{}").and_then(b"{}").is_doubtful
    assert ReplyWindow(1).and_then(b"1").and_then(b"2").is_doubtful


@pytest.mark.parametrize(("replies", "remaining"), [(1, 2), (2, 1), (3, 0)])
def test_what_is_still_owed_are_the_latest_of_the_older_replies(replies: int, remaining: int) -> None:
    owed = (NOW + SECOND, NOW + 2 * SECOND)
    heard = ReplyWindow(len(owed), tuple(b"%d" % number for number in range(replies)))

    assert heard.still_owed(owed, NOW) == owed[2 - remaining :]


def test_a_reply_that_was_overtaken_is_reckoned_with_for_a_moment_only() -> None:
    heard = ReplyWindow(1, (b"1",))

    assert heard.still_owed((NOW + OWED_FOR,), NOW) == (NOW + OVERTAKEN_FOR,)


def test_a_reply_is_reckoned_with_until_its_time() -> None:
    lease = CommandLease("PH80", "get_status", "me", NOW, (NOW, NOW + SECOND))

    assert lease.expecting(NOW).owed == (NOW + SECOND,)


@pytest.mark.parametrize("value", [None, 1, "x", [], [{"status": 1}]])
def test_a_value_that_is_no_object_is_empty(value: object) -> None:
    assert reply_value({"value": value}) == {}


def test_last_known_names_only_what_was_heard() -> None:
    assert last_known(make_device(heartbeat_at=None, version=None)) == {}
    assert last_known(make_device(heartbeat_at=NOW, version="0.1")) == {"heartbeat": "1795435200", "version": "0.1"}

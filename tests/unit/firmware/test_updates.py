"""The states of an update: what moves it, what time does to it, and which parts of an image are cut."""

from dataclasses import replace
from datetime import timedelta

import pytest

from iotcloud.firmware.updates import (
    ASKED_FOR,
    MAX_ATTEMPTS,
    MAX_BLOCK_BYTES,
    PENDING_FOR,
    REVISED_FOR,
    SIGN_EVERY,
    SILENT_FOR,
    BlockRequest,
    State,
    Update,
    VersionTooOld,
    begin_message,
    check_minimum,
    needs_force,
)
from tests.unit.firmware.releases import NOON, make_release

SECOND = timedelta(seconds=1)
LATER = NOON + timedelta(minutes=1)
PENDING = Update.request(make_release("0.2"), "u1", NOON, is_forced=False)
ONGOING = PENDING.reached(NOON)
DONE = replace(ONGOING, state=State.SUCCEEDED)
FAILED = replace(ONGOING, state=State.FAILED)


def test_an_update_waits_for_a_device_that_is_away_and_not_for_ever() -> None:
    assert PENDING.at(NOON + PENDING_FOR - SECOND).state is State.PENDING
    assert PENDING.at(NOON + PENDING_FOR).state is State.FAILED
    assert PENDING.at(NOON + PENDING_FOR).reason


def test_an_update_of_a_silent_device_fails_after_a_stated_time() -> None:
    assert ONGOING.at(NOON + SILENT_FOR - SECOND).state is State.ONGOING
    assert ONGOING.at(NOON + SILENT_FOR).state is State.FAILED


def test_signs_of_a_device_are_noted_now_and_then() -> None:
    assert ONGOING.reached(NOON + SIGN_EVERY - SECOND) is ONGOING
    assert ONGOING.reached(NOON + SIGN_EVERY).at(NOON + SILENT_FOR).state is State.ONGOING
    assert PENDING.reached(LATER).state is State.ONGOING
    assert DONE.reached(LATER) is DONE


@pytest.mark.parametrize("update", [PENDING, ONGOING])
@pytest.mark.parametrize(
    ("result", "state"),
    [("successful", State.SUCCEEDED), ("completed", State.SUCCEEDED), ("failed", State.FAILED)],
)
def test_a_device_ends_its_update_in_the_words_of_old_and_new_firmware(
    update: Update, result: str, state: State
) -> None:
    ended = update.ended(result, "signature", LATER)

    assert ended is not None
    assert (ended.state, ended.reason) == (state, "signature" if state is State.FAILED else "")


@pytest.mark.parametrize("result", [None, "", "done", 1, True, [], {}])
def test_what_is_no_result_ends_nothing(result: object) -> None:
    assert ONGOING.ended(result, None, LATER) is None


@pytest.mark.parametrize("reason", [None, 5, [], {}])
def test_a_reason_that_is_none_is_left_out(reason: object) -> None:
    ended = ONGOING.ended("failed", reason, LATER)
    assert ended is not None
    assert ended.reason == ""


def test_a_result_from_before_the_request_is_of_another_update() -> None:
    assert ONGOING.ended("successful", None, NOON - SECOND) is None


def test_a_result_is_taken_once_and_known_when_it_comes_again() -> None:
    assert DONE.ended("failed", None, LATER) is None
    assert DONE.is_repeated_by("completed")
    assert not DONE.is_repeated_by("failed")
    assert FAILED.is_repeated_by("failed")
    assert not ONGOING.is_repeated_by("failed")


def test_a_success_that_is_told_late_is_still_one() -> None:
    late = ONGOING.ended("successful", None, NOON + SILENT_FOR + SECOND)
    assert late is not None
    assert late.state is State.SUCCEEDED


def test_a_device_that_starts_as_the_new_version_has_succeeded() -> None:
    assert ONGOING.reported("0.2.0", "", None, LATER).state is State.SUCCEEDED
    assert replace(ONGOING, is_forced=True).reported("0.2", "", None, LATER).state is State.ONGOING


def test_a_device_that_starts_as_the_old_version_goes_on() -> None:
    assert ONGOING.reported("0.1", "", None, LATER) == ONGOING


def test_a_device_that_went_back_has_failed_and_says_why() -> None:
    for update in (PENDING, ONGOING, DONE):
        failed = update.reported("0.1", "0.2", "no contact", LATER)
        assert (failed.state, failed.reason) == (State.FAILED, "no contact")
    assert ONGOING.reported("0.1", "0.3", None, LATER) == ONGOING


def test_a_success_fails_when_the_device_runs_another_version_soon_after() -> None:
    assert DONE.reported("0.1", "", None, LATER).state is State.FAILED
    assert DONE.reported("0.2", "", None, LATER) == DONE
    assert DONE.reported("0.1", "", None, NOON + REVISED_FOR) == DONE
    assert DONE.reported("0.1", "", None, NOON) == DONE, "said before it succeeded"


def test_a_device_that_starts_again_and_again_is_given_up() -> None:
    told, now = PENDING, NOON
    for _ in range(MAX_ATTEMPTS - 1):
        now += ASKED_FOR
        again = told.reported("0.1", "", None, now).told_again(now)
        assert again is not None
        told = again

    assert told.reported("0.1", "", None, now + ASKED_FOR).state is State.FAILED


def test_a_device_is_not_told_twice_in_a_moment() -> None:
    told = PENDING.told_again(LATER)
    assert told is not None
    assert told.told_again(LATER + ASKED_FOR - SECOND) is None


def test_another_update_waits_for_one_that_is_under_way() -> None:
    assert ONGOING.blocks_another(LATER)
    assert PENDING.blocks_another(NOON + ASKED_FOR - SECOND)
    assert not PENDING.blocks_another(NOON + ASKED_FOR)
    assert not ONGOING.blocks_another(NOON + SILENT_FOR)
    assert not DONE.blocks_another(NOON)


def test_a_cancelled_update_has_failed_and_an_ended_one_stays() -> None:
    assert (ONGOING.cancelled(LATER).state, ONGOING.cancelled(LATER).reason) == (State.FAILED, "cancelled")
    assert DONE.cancelled(LATER) == DONE


def test_a_device_is_told_what_the_contract_has_and_more_if_it_wants() -> None:
    update = Update.request(make_release("0.2", sha256="ab" * 32, signature="x", key="k"), "u", NOON, is_forced=True)

    assert list(begin_message(update, with_signature=False)) == ["version", "size", "location", "checksum"]
    assert begin_message(update, with_signature=True) | {"location": ""} == {
        "version": "0.2",
        "size": 180_224,
        "location": "",
        "checksum": 305_419_896,
        "sha256": "ab" * 32,
        "minimum": "",
        "key": "k",
        "signature": "x",
        "force": 1,
    }


@pytest.mark.parametrize(
    ("running", "force"), [("0.1", False), ("0.2", True), ("0.3", True), (None, False), ("x", False)]
)
def test_the_same_or_an_older_version_needs_force(running: str | None, force: bool) -> None:
    assert needs_force(make_release("0.2"), running) is force


def test_a_minimum_is_held_where_the_version_is_known() -> None:
    release = make_release("0.5", minimum="0.3")
    for running in ("0.3", "0.4", None, "unknown"):
        check_minimum(release, running)
    with pytest.raises(VersionTooOld):
        check_minimum(release, "0.2")


IMAGE = bytes(range(256)) * 1000


@pytest.mark.parametrize(
    ("offset", "size", "length"),
    [
        (0, 128, 128),
        (255_990, 128, 10),
        (256_000, 128, 0),
        (2**70, 128, 0),
        (0, 2**70, MAX_BLOCK_BYTES),
        (64, 128, 128),
    ],
)
def test_a_block_is_never_more_than_was_asked_for_or_is_there(offset: int, size: int, length: int) -> None:
    asked = BlockRequest.read({"location": "x", "offset": offset, "size": size})

    assert asked is not None
    assert asked.cut(IMAGE) == IMAGE[offset : offset + length]
    assert len(asked.cut(IMAGE)) == length


@pytest.mark.parametrize(
    "members",
    [
        {},
        {"location": "x", "offset": -1, "size": 128},
        {"location": "x", "offset": 0, "size": 0},
        {"location": "x", "offset": 0, "size": -5},
        {"location": "x", "offset": "0", "size": 128},
        {"location": "x", "offset": True, "size": 128},
        {"location": "x", "offset": 0.0, "size": 128},
        {"location": 5, "offset": 0, "size": 128},
        {"location": "x", "offset": None, "size": None},
    ],
)
def test_a_request_that_cannot_be_is_none(members: dict[str, object]) -> None:
    assert BlockRequest.read(members) is None

"""Presence is right in the end, however the broker's events are duplicated, delayed and reordered: a model generates
histories of events, and the rules must find the true state."""

import os
import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iotcloud.devices.presence import Change, Mark, Presence, PresenceEvent

LIVES = int(os.environ.get("IOTCLOUD_STREAMS", "400"))
"""How many lives are led; `make test` leads ten thousand."""
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
FORGOTTEN_AFTER = 60 * MINUTE
"""After so long without a connection the broker counts from 0 again."""
MOMENTS_MS = (0, 3_000, 20 * 60_000, 59 * 60_000, 61 * 60_000, 3 * 24 * 3_600_000)
"""Bounds of durations: values near a limit are frequent."""
LENGTHS = range(len(MOMENTS_MS) - 1)
ENDS = ("lost", "taken over")
STEPS = st.lists(
    st.sampled_from([(end, stay, away) for end in ENDS for stay in LENGTHS for away in LENGTHS]), max_size=12
)


@dataclass(frozen=True)
class Life:
    """A device's true history, as events in true order, and its final state."""

    events: tuple[PresenceEvent, ...]
    is_connected: bool


def live(steps: list[Any], chance: random.Random) -> Life:
    """Live through connections: with clean ends, take-overs by a duplicate client, absences of any length."""

    def length(band: int) -> timedelta:
        return timedelta(milliseconds=chance.randrange(*MOMENTS_MS[band : band + 2]))

    def stamped(now: datetime) -> datetime:
        return now + timedelta(milliseconds=chance.randint(-1500, 1500))

    now, version, offline_since = NOON, -1, NOON
    events: list[PresenceEvent] = []
    for end, stay, away in [*steps, (chance.choice(("lost", "lasts")), 0, 0)]:
        version = chance.randint(1, 3) + (-1 if now - offline_since >= FORGOTTEN_AFTER else version)
        events.append(_event(Change.CONNECTED, stamped(now), version))
        now += length(stay)
        if end == "lasts":
            return Life(tuple(events), is_connected=True)
        events.append(_event(Change.DISCONNECTED, stamped(now), version, end))
        offline_since = now
        now += timedelta(0) if end == "taken over" else length(away)
    return Life(tuple(events), is_connected=False)


def _event(change: Change, at: datetime, version: int, reason: str | None = None) -> PresenceEvent:
    return PresenceEvent("device-1", change, Mark(at, version), f"session-{version}", "ab" * 32, reason)


def in_some_order(life: Life, chance: random.Random) -> list[PresenceEvent]:
    """Deliver every event once or several times, in any order."""
    deliveries = [event for event in life.events for _ in range(chance.choice((1, 1, 1, 2, 3)))]
    chance.shuffle(deliveries)
    return deliveries


def state_after(deliveries: list[PresenceEvent]) -> Presence:
    presence = Presence()
    for event in deliveries:
        presence = presence.after(event)
    return presence


@settings(max_examples=LIVES)
@given(STEPS, st.integers(0, 2**32))
def test_the_final_state_is_the_true_one_whatever_the_delivery(steps: list[Any], seed: int) -> None:
    chance = random.Random(seed)
    life = live(steps, chance)
    presence = state_after(in_some_order(life, chance))

    assert presence.is_connected is life.is_connected
    last_connection = [event for event in life.events if event.change is Change.CONNECTED][-1]
    assert presence.connected == last_connection.mark
    ends = [event for event in life.events if event.change is Change.DISCONNECTED]
    assert presence.disconnected == (ends[-1].mark if ends else None)
    assert presence.reason == (ends[-1].reason if ends else None)


def test_nothing_told_is_nothing_known() -> None:
    assert Presence().is_connected is None


def test_an_end_without_its_beginning_is_an_end() -> None:
    assert Presence().after(_event(Change.DISCONNECTED, NOON, 4)).is_connected is False


def test_a_beginning_that_comes_after_its_end_changes_nothing_but_its_time() -> None:
    presence = state_after([_event(Change.DISCONNECTED, NOON + SECOND, 4), _event(Change.CONNECTED, NOON, 4)])
    assert presence.is_connected is False
    assert presence.connected == Mark(NOON, 4)


def test_a_duplicate_clients_first_session_ends_after_the_second_began() -> None:
    events = [
        _event(Change.CONNECTED, NOON, 4),
        _event(Change.CONNECTED, NOON + MINUTE, 5),
        _event(Change.DISCONNECTED, NOON + MINUTE + SECOND, 4),
    ]
    assert state_after(events).is_connected is True


def test_versions_begin_anew_after_an_hour_away() -> None:
    gone = _event(Change.DISCONNECTED, NOON, 7)
    back = _event(Change.CONNECTED, NOON + HOUR + MINUTE, 0)
    assert state_after([gone, back]).is_connected is True
    assert state_after([back, gone]).is_connected is True


def test_an_end_from_before_the_hour_ends_nothing_after_it() -> None:
    events = [
        _event(Change.CONNECTED, NOON + 2 * HOUR, 0),
        _event(Change.DISCONNECTED, NOON, 7),
        _event(Change.CONNECTED, NOON - HOUR, 7),
    ]
    assert state_after(events).is_connected is True


@pytest.mark.parametrize(
    ("heard_after", "is_online"), [(None, False), (-MINUTE, False), (5 * SECOND, False), (MINUTE, None)]
)
def test_who_was_heard_after_leaving_may_be_back(heard_after: timedelta | None, is_online: bool | None) -> None:
    presence = Presence().after(_event(Change.DISCONNECTED, NOON, 4))
    assert presence.is_online(None if heard_after is None else NOON + heard_after) is is_online


def test_who_is_connected_is_online_whenever_heard() -> None:
    presence = Presence().after(_event(Change.CONNECTED, NOON, 4))
    assert presence.is_online(None) is True
    assert presence.is_online(NOON + HOUR) is True


def test_of_whom_nothing_was_told_nobody_knows() -> None:
    assert Presence().is_online(NOON) is None

"""When a sensor has been silent for too long, and when it is heard again. No I/O.

A sensor is silent once nothing of it has come for its time: from the reading before the gap on, or from when it was
switched on. That is told once, of the instant at which the time was over; the next reading is told once too.

What is remembered moves on only when it must: of a sensor that sends every five seconds, and may be silent for ten
minutes, it is written every ten minutes. So `heard` is the last reading that was taken into account, not the last that
there is.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from iotcloud.histories.model import instant_of, position_of
from iotcloud.readings.alerts.threshold_state import AlertEvent, Reading

JUST_AFTER = timedelta(seconds=1)
"""How long after the begin of a silence its end is told at the earliest: people are shown seconds."""


@dataclass(frozen=True)
class Inactivity:
    """What is remembered of a sensor that has to be heard from."""

    seconds: int
    """For how long it may send nothing."""
    last_seen: str
    """The position of the last reading that was taken into account, or of the instant from which on it counts."""
    is_inactive: bool = False
    """Whether it was told that the sensor is silent."""

    @property
    def due_at(self) -> datetime:
        """When the sensor is silent unless there was a reading since."""
        return instant_of(self.last_seen) + timedelta(seconds=self.seconds)

    def is_over(self, at: datetime) -> bool:
        """Whether by now something has to be looked up, or told."""
        return self.is_inactive or at > self.due_at

    def seen_at(self, position: str | None) -> "Inactivity":
        """The same, with one more reading, if there was one, of which it is known that none was missed before it."""
        return self if position is None or position <= self.last_seen else replace(self, last_seen=position)


def evaluate_gap(
    known: Inactivity, readings: Sequence[Reading], until: datetime | None = None
) -> tuple[Inactivity, tuple[AlertEvent, ...]]:
    """Take readings, in order, into account, and say what is to be told; with `until` also that none came up to then.

    Readings from before what was heard already change nothing, so that taking the same again tells nothing.
    """
    events: list[AlertEvent] = []
    for reading in readings:
        if reading.position <= known.last_seen:
            continue
        if not known.is_inactive and reading.at > known.due_at:
            events.append(_went_inactive(known))
            known = replace(known, is_inactive=True)
        if known.is_inactive:
            events.append(_being_heard(known, reading))
        known = replace(known, last_seen=reading.position, is_inactive=False)
    if until is not None and not known.is_inactive and until > known.due_at:
        events.append(_went_inactive(known))
        known = replace(known, is_inactive=True)
    return known, tuple(events)


def describe(name: str, known: Inactivity, *, is_activation: bool) -> str:
    """Say what happened, as people are told: `temperature silent for 600 s (activation)`."""
    return (
        f"{name} silent for {known.seconds} s (activation)" if is_activation else f"{name} heard again (deactivation)"
    )


def _being_heard(known: Inactivity, reading: Reading) -> AlertEvent:
    """Tell it of the reading, but not of before the silence: a late reading can show that there was none."""
    earliest = position_of(known.due_at + JUST_AFTER)
    return AlertEvent(Reading(max(reading.position, earliest), reading.value), is_activation=False)


def _went_inactive(known: Inactivity) -> AlertEvent:
    return AlertEvent(Reading(position_of(known.due_at), known.seconds), is_activation=True)

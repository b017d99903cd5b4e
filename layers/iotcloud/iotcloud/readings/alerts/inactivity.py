"""Inactivity: a sensor has sent nothing for longer than its limit, and sends again. No I/O.

The limit counts from the reading before the gap, or from when the sensor was enabled. One alert is raised for the
instant at which the limit passed, and one for the next reading.

The state is written only when it must be: for a sensor that sends every five seconds with a limit of ten minutes,
every ten minutes. So `last_seen` is the last reading taken into account, not the newest one.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from iotcloud.histories.model import instant_of, position_of
from iotcloud.readings.alerts.threshold_state import AlertEvent, Reading

JUST_AFTER = timedelta(seconds=1)
"""The shortest inactivity that raises an alert for its end, since people are shown seconds."""


@dataclass(frozen=True)
class Inactivity:
    """Inactivity state of a sensor with a limit."""

    seconds: int
    """The inactivity limit."""
    last_seen: str
    """The position of the last reading taken into account, or of the start of the check."""
    is_inactive: bool = False
    """Whether the alert for inactivity was raised."""

    @property
    def due_at(self) -> datetime:
        """When the limit passes, without a newer reading."""
        return instant_of(self.last_seen) + timedelta(seconds=self.seconds)

    def is_over(self, at: datetime) -> bool:
        """Whether the check is due."""
        return self.is_inactive or at > self.due_at

    def seen_at(self, position: str | None) -> "Inactivity":
        """The state after one more reading, if any, with no inactivity before it."""
        return self if position is None or position <= self.last_seen else replace(self, last_seen=position)


def evaluate_gap(
    known: Inactivity, readings: Sequence[Reading], until: datetime | None = None
) -> tuple[Inactivity, tuple[AlertEvent, ...]]:
    """Evaluate readings, in order, and return the new state and alerts. `until` states that no other reading came until
    then.

    Readings before `last_seen` are ignored, so evaluation is idempotent.
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
    """Format the alert for people: `temperature silent for 600 s (activation)`."""
    return (
        f"{name} silent for {known.seconds} s (activation)" if is_activation else f"{name} heard again (deactivation)"
    )


def _being_heard(known: Inactivity, reading: Reading) -> AlertEvent:
    """Attribute the end to the reading, but never before the gap: a late reading can show that there was none."""
    earliest = position_of(known.due_at + JUST_AFTER)
    return AlertEvent(Reading(max(reading.position, earliest), reading.value), is_activation=False)


def _went_inactive(known: Inactivity) -> AlertEvent:
    return AlertEvent(Reading(position_of(known.due_at), known.seconds), is_activation=True)

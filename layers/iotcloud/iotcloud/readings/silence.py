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
from iotcloud.readings.judging import Reading, Telling

JUST_AFTER = timedelta(seconds=1)
"""How long after the begin of a silence its end is told at the earliest: people are shown seconds."""


@dataclass(frozen=True)
class Silence:
    """What is remembered of a sensor that has to be heard from."""

    seconds: int
    """For how long it may send nothing."""
    heard: str
    """The position of the last reading that was taken into account, or of the instant from which on it counts."""
    is_silent: bool = False
    """Whether it was told that the sensor is silent."""

    @property
    def due_at(self) -> datetime:
        """When the sensor is silent unless there was a reading since."""
        return instant_of(self.heard) + timedelta(seconds=self.seconds)

    def is_over(self, at: datetime) -> bool:
        """Whether by now something has to be looked up, or told."""
        return self.is_silent or at > self.due_at

    def heard_at(self, position: str | None) -> "Silence":
        """The same, with one more reading, if there was one, of which it is known that none was missed before it."""
        return self if position is None or position <= self.heard else replace(self, heard=position)


def listen(
    known: Silence, readings: Sequence[Reading], until: datetime | None = None
) -> tuple[Silence, tuple[Telling, ...]]:
    """Take readings, in order, into account, and say what is to be told; with `until` also that none came up to then.

    Readings from before what was heard already change nothing, so that taking the same again tells nothing.
    """
    tellings: list[Telling] = []
    for reading in readings:
        if reading.position <= known.heard:
            continue
        if not known.is_silent and reading.at > known.due_at:
            tellings.append(_falling_silent(known))
            known = replace(known, is_silent=True)
        if known.is_silent:
            tellings.append(_being_heard(known, reading))
        known = replace(known, heard=reading.position, is_silent=False)
    if until is not None and not known.is_silent and until > known.due_at:
        tellings.append(_falling_silent(known))
        known = replace(known, is_silent=True)
    return known, tuple(tellings)


def describe(name: str, known: Silence, *, is_activation: bool) -> str:
    """Say what happened, as people are told: `temperature silent for 600 s (activation)`."""
    return (
        f"{name} silent for {known.seconds} s (activation)" if is_activation else f"{name} heard again (deactivation)"
    )


def _being_heard(known: Silence, reading: Reading) -> Telling:
    """Tell it of the reading, but not of before the silence: a late reading can show that there was none."""
    earliest = position_of(known.due_at + JUST_AFTER)
    return Telling(Reading(max(reading.position, earliest), reading.value), is_activation=False)


def _falling_silent(known: Silence) -> Telling:
    return Telling(Reading(position_of(known.due_at), known.seconds), is_activation=True)

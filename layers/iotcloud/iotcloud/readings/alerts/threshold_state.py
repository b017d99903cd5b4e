"""Holds a sensor's readings against its threshold, and says what has to be told. No I/O.

Readings are judged in the order of their positions, but they arrive in any order, several times, and in several workers
at once. Every worker first keeps its readings in the log and then reads the log, so that one of them sees all. From the
first new reading on the log is judged anew, and the outcome held against what was told before. A late reading can add
turns, and make one earlier that was told already; it can take none back. So nothing is told twice, and nothing that
would have to be unsaid.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from iotcloud.histories.model import NEWEST, OLDEST, instant_of
from iotcloud.readings.alerts.thresholds import Threshold
from iotcloud.readings.model import Number

MAX_TRANSITIONS = 20
"""Turns that are remembered of a threshold. A reading from before them comes too late to be judged."""
MAX_REPEATS = 20
KINDS = (True, False)


@dataclass(frozen=True)
class Reading:
    """One value of one sensor class, in its place among all others."""

    position: str
    value: Number

    @property
    def at(self) -> datetime:
        return instant_of(self.position)


@dataclass(frozen=True)
class Transition:
    """Where readings became active or inactive."""

    position: str
    is_activation: bool
    told: str
    """The position of the reading by which this was told; another one when an earlier reading came later."""


@dataclass(frozen=True)
class ThresholdState:
    """What is remembered of a threshold."""

    threshold: str = ""
    """Which threshold this is about: one that is set otherwise is another one. Empty for none yet."""
    since: str = OLDEST
    """Readings from before this are not judged."""
    was_active: bool = False
    """What readings were before the first of the turns."""
    transitions: tuple[Transition, ...] = ()
    repeats: tuple[str, ...] = ()
    """Positions of the active readings that were told although they were no turn."""

    @property
    def is_active(self) -> bool:
        """What the last reading was."""
        return self.transitions[-1].is_activation if self.transitions else self.was_active

    def reach(self, first: str) -> str:
        """Return from where on readings must be judged anew when there is a new one at `first`.

        That is further back when a turn from before it was told by a later reading: both may need a notice now.
        """
        for transition in reversed(self.transitions):
            if transition.position < first <= transition.told:
                first = transition.position
        return first

    def shortened(self, transitions: int) -> "ThresholdState":
        """Forget the oldest turns and repeats when there are more; readings from their time are then too late."""
        repeats = self.repeats[-transitions:]
        kept = self.transitions[-transitions:]
        if len(kept) == len(self.transitions):
            return self if repeats == self.repeats else replace(self, repeats=repeats)
        return replace(
            self, transitions=kept, repeats=repeats, since=kept[0].position, was_active=not kept[0].is_activation
        )

    def of(self, threshold: str, first: str) -> "ThresholdState":
        """The same, for this threshold: of another one nothing is known, and its readings begin with the first."""
        if self.threshold == threshold:
            return self
        if self.threshold == "":
            return replace(self, threshold=threshold)
        return ThresholdState(threshold, max(self.since, first))


UNEVALUATED = ThresholdState()


@dataclass(frozen=True)
class AlertEvent:
    """Something to be told: a turn, or again that readings are active."""

    reading: Reading
    is_activation: bool


def evaluate(
    threshold: Threshold, known: ThresholdState, readings: Sequence[Reading]
) -> tuple[ThresholdState, tuple[AlertEvent, ...]]:
    """Judge readings, in order, and return what is now known and what is to be told.

    `readings` must be all that the log holds from the first of them on, and that one must be where `known` reaches
    back to. Judging the same again changes and tells nothing.
    """
    in_time = [reading for reading in readings if reading.position >= known.since]
    if not in_time:
        return known, ()
    before = [transition for transition in known.transitions if transition.position < in_time[0].position]
    after = [transition for transition in known.transitions if transition.position >= in_time[0].position]
    changes, lasting = _fold(threshold, in_time, is_active=before[-1].is_activation if before else known.was_active)
    transitions, events = _match_transitions(changes, after)
    transitions = [*before, *transitions]
    repeats: list[AlertEvent] = []
    if threshold.repeat_ms is not None:
        repeats = _choose_repeats(threshold.repeat_ms, known, transitions, lasting)
    told_again = sorted({*known.repeats, *(event.reading.position for event in repeats)})
    evaluate_samples = replace(known, transitions=tuple(transitions), repeats=tuple(told_again[-MAX_REPEATS:]))
    return evaluate_samples.shortened(MAX_TRANSITIONS), tuple(
        sorted([*events, *repeats], key=lambda event: event.reading.position)
    )


def _fold(
    threshold: Threshold, readings: Sequence[Reading], *, is_active: bool
) -> tuple[list[AlertEvent], list[Reading]]:
    """Go through readings, and return their turns and those that stayed active."""
    changes: list[AlertEvent] = []
    lasting: list[Reading] = []
    for reading in readings:
        was_active, is_active = is_active, threshold.is_active(reading.value, was_active=is_active)
        if is_active != was_active:
            changes.append(AlertEvent(reading, is_active))
        elif is_active:
            lasting.append(reading)
    return changes, lasting


def _match_transitions(
    changes: Sequence[AlertEvent], known: Sequence[Transition]
) -> tuple[list[Transition], list[AlertEvent]]:
    """Match turns with those that were told, each with its own reading first; what finds no match is to be told."""
    told = {transition.told: transition.is_activation for transition in known}
    own = {change.reading.position for change in changes} & told.keys()
    spare = {kind: [position for position in told if told[position] is kind and position not in own] for kind in KINDS}
    transitions: list[Transition] = []
    events: list[AlertEvent] = []
    for change in changes:
        told_by = position = change.reading.position
        if position not in own:
            if spare[change.is_activation]:
                told_by = spare[change.is_activation].pop(0)
            else:
                events.append(change)
        transitions.append(Transition(position, change.is_activation, told_by))
    return transitions, events


def _choose_repeats(
    repeat_ms: int, known: ThresholdState, transitions: Sequence[Transition], lasting: Sequence[Reading]
) -> list[AlertEvent]:
    """Choose the active readings to be told again: so long after or before all that was told of the same activation."""
    repeats = set(known.repeats)
    # What was told before the oldest that is remembered is not known any more, so nothing is added there.
    horizon = known.repeats[0] if len(known.repeats) == MAX_REPEATS else OLDEST
    chosen: list[AlertEvent] = []
    for reading in lasting:
        begin, end = _activation_around(reading.position, transitions)
        told = {position for position in repeats if begin.position <= position < end} | {begin.told}
        is_apart = all(abs(reading.at - instant_of(one)) >= timedelta(milliseconds=repeat_ms) for one in told)
        if reading.position >= horizon and reading.position not in told and is_apart:
            chosen.append(AlertEvent(reading, is_activation=True))
            repeats.add(reading.position)
    return chosen


def _activation_around(position: str, transitions: Sequence[Transition]) -> tuple[Transition, str]:
    """Return the turn with which the activation began in which a position lies, and the position where it ended."""
    after = bisect_right(transitions, position, key=lambda transition: transition.position)
    begin = transitions[after - 1] if after else Transition(OLDEST, is_activation=True, told=OLDEST)
    return begin, transitions[after].position if after < len(transitions) else NEWEST

"""Evaluates a sensor's readings against its threshold. No I/O.

Readings are evaluated in order of their positions, but arrive in any order, repeatedly and in several workers. Each
worker first writes its readings to the log and then reads the log, so one of them sees them all. The log is evaluated
again from the first new reading on, and the transitions are matched with the alerts raised before. A late reading can
add transitions, or move one earlier; it never withdraws an alert. So each alert is raised once.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from iotcloud.histories.model import NEWEST, OLDEST, instant_of
from iotcloud.readings.alerts.thresholds import Threshold
from iotcloud.readings.model import Number

MAX_TRANSITIONS = 20
"""Transitions kept per threshold. A reading from before them is too late to be evaluated."""
MAX_REPEATS = 20
KINDS = (True, False)


@dataclass(frozen=True)
class Reading:
    """One value of one sensor class, at its position among all readings."""

    position: str
    value: Number

    @property
    def at(self) -> datetime:
        return instant_of(self.position)


@dataclass(frozen=True)
class Transition:
    """A transition: readings became active or inactive."""

    position: str
    is_activation: bool
    told: str
    """The position of the reading that raised the alert. It differs from `position` when an earlier reading came later.
    """


@dataclass(frozen=True)
class ThresholdState:
    """The state of a threshold."""

    threshold: str = ""
    """The identity of the threshold; a changed setting is a new identity. Empty before the first."""
    since: str = OLDEST
    """Readings before this position are not evaluated."""
    was_active: bool = False
    """Whether readings were active before the first transition."""
    transitions: tuple[Transition, ...] = ()
    repeats: tuple[str, ...] = ()
    """Positions of the active readings that raised repeat alerts."""

    @property
    def is_active(self) -> bool:
        """Whether the last reading was active."""
        return self.transitions[-1].is_activation if self.transitions else self.was_active

    def reach(self, first: str) -> str:
        """Return where evaluation must start when there is a new reading at `first`.

        It starts earlier when a later reading raised the alert of an earlier transition: both may need an alert now.
        """
        for transition in reversed(self.transitions):
            if transition.position < first <= transition.told:
                first = transition.position
        return first

    def shortened(self, transitions: int) -> "ThresholdState":
        """Drop the oldest transitions and repeats above the limit. Readings from their time are then too late."""
        repeats = self.repeats[-transitions:]
        kept = self.transitions[-transitions:]
        if len(kept) == len(self.transitions):
            return self if repeats == self.repeats else replace(self, repeats=repeats)
        return replace(
            self, transitions=kept, repeats=repeats, since=kept[0].position, was_active=not kept[0].is_activation
        )

    def of(self, threshold: str, first: str) -> "ThresholdState":
        """The state for this threshold: unchanged for the same one, new for another."""
        if self.threshold == threshold:
            return self
        if self.threshold == "":
            return replace(self, threshold=threshold)
        return ThresholdState(threshold, max(self.since, first))


UNEVALUATED = ThresholdState()


@dataclass(frozen=True)
class AlertEvent:
    """An alert: a transition, or a repeat while readings stay active."""

    reading: Reading
    is_activation: bool


def evaluate(
    threshold: Threshold, known: ThresholdState, readings: Sequence[Reading]
) -> tuple[ThresholdState, tuple[AlertEvent, ...]]:
    """Evaluate readings, in order, and return the new state and the alerts.

    `readings` must be the complete log from the first of them on, and start where `known` requires. Idempotent.
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
    """Return the transitions among readings, and the readings that stayed active."""
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
    """Match transitions with earlier alerts, by the same reading first. Unmatched transitions raise alerts."""
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
    """Choose the active readings that raise repeat alerts: at least the interval from every alert of the same
    activation.
    """
    repeats = set(known.repeats)
    # Alerts older than the kept ones are unknown, so none is added there.
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
    """Return the transition that began the activation around a position, and the position of its end."""
    after = bisect_right(transitions, position, key=lambda transition: transition.position)
    begin = transitions[after - 1] if after else Transition(OLDEST, is_activation=True, told=OLDEST)
    return begin, transitions[after].position if after < len(transitions) else NEWEST

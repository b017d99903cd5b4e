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
from iotcloud.readings.thresholds import Number, Threshold

MAX_TURNS = 20
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
class Turn:
    """Where readings became active or inactive."""

    position: str
    is_activation: bool
    told: str
    """The position of the reading by which this was told; another one when an earlier reading came later."""


@dataclass(frozen=True)
class Judgement:
    """What is remembered of a threshold."""

    threshold: str = ""
    """Which threshold this is about: one that is set otherwise is another one. Empty for none yet."""
    since: str = OLDEST
    """Readings from before this are not judged."""
    was_active: bool = False
    """What readings were before the first of the turns."""
    turns: tuple[Turn, ...] = ()
    repeats: tuple[str, ...] = ()
    """Positions of the active readings that were told although they were no turn."""

    @property
    def is_active(self) -> bool:
        """What the last reading was."""
        return self.turns[-1].is_activation if self.turns else self.was_active

    def reach(self, first: str) -> str:
        """Return from where on readings must be judged anew when there is a new one at `first`.

        That is further back when a turn from before it was told by a later reading: both may need a notice now.
        """
        for turn in reversed(self.turns):
            if turn.position < first <= turn.told:
                first = turn.position
        return first

    def shortened(self, turns: int) -> "Judgement":
        """Forget the oldest turns and repeats when there are more; readings from their time are then too late."""
        repeats = self.repeats[-turns:]
        kept = self.turns[-turns:]
        if len(kept) == len(self.turns):
            return self if repeats == self.repeats else replace(self, repeats=repeats)
        return replace(self, turns=kept, repeats=repeats, since=kept[0].position, was_active=not kept[0].is_activation)

    def of(self, threshold: str, first: str) -> "Judgement":
        """The same, for this threshold: of another one nothing is known, and its readings begin with the first."""
        if self.threshold == threshold:
            return self
        if self.threshold == "":
            return replace(self, threshold=threshold)
        return Judgement(threshold, max(self.since, first))


NEVER_JUDGED = Judgement()


@dataclass(frozen=True)
class Telling:
    """Something to be told: a turn, or again that readings are active."""

    reading: Reading
    is_activation: bool


def judge(threshold: Threshold, known: Judgement, readings: Sequence[Reading]) -> tuple[Judgement, tuple[Telling, ...]]:
    """Judge readings, in order, and return what is now known and what is to be told.

    `readings` must be all that the log holds from the first of them on, and that one must be where `known` reaches
    back to. Judging the same again changes and tells nothing.
    """
    in_time = [reading for reading in readings if reading.position >= known.since]
    if not in_time:
        return known, ()
    before = [turn for turn in known.turns if turn.position < in_time[0].position]
    after = [turn for turn in known.turns if turn.position >= in_time[0].position]
    changes, lasting = _fold(threshold, in_time, is_active=before[-1].is_activation if before else known.was_active)
    turns, tellings = _tell_turns(changes, after)
    turns = [*before, *turns]
    repeats: list[Telling] = []
    if threshold.repeat_ms is not None:
        repeats = _tell_repeats(threshold.repeat_ms, known, turns, lasting)
    told_again = sorted({*known.repeats, *(telling.reading.position for telling in repeats)})
    judged = replace(known, turns=tuple(turns), repeats=tuple(told_again[-MAX_REPEATS:]))
    return judged.shortened(MAX_TURNS), tuple(
        sorted([*tellings, *repeats], key=lambda telling: telling.reading.position)
    )


def _fold(threshold: Threshold, readings: Sequence[Reading], *, is_active: bool) -> tuple[list[Telling], list[Reading]]:
    """Go through readings, and return their turns and those that stayed active."""
    changes: list[Telling] = []
    lasting: list[Reading] = []
    for reading in readings:
        was_active, is_active = is_active, threshold.is_active(reading.value, was_active=is_active)
        if is_active != was_active:
            changes.append(Telling(reading, is_active))
        elif is_active:
            lasting.append(reading)
    return changes, lasting


def _tell_turns(changes: Sequence[Telling], known: Sequence[Turn]) -> tuple[list[Turn], list[Telling]]:
    """Match turns with those that were told, each with its own reading first; what finds no match is to be told."""
    told = {turn.told: turn.is_activation for turn in known}
    own = {change.reading.position for change in changes} & told.keys()
    spare = {kind: [position for position in told if told[position] is kind and position not in own] for kind in KINDS}
    turns: list[Turn] = []
    tellings: list[Telling] = []
    for change in changes:
        told_by = position = change.reading.position
        if position not in own:
            if spare[change.is_activation]:
                told_by = spare[change.is_activation].pop(0)
            else:
                tellings.append(change)
        turns.append(Turn(position, change.is_activation, told_by))
    return turns, tellings


def _tell_repeats(repeat_ms: int, known: Judgement, turns: Sequence[Turn], lasting: Sequence[Reading]) -> list[Telling]:
    """Choose the active readings to be told again: so long after or before all that was told of the same activation."""
    repeats = set(known.repeats)
    # What was told before the oldest that is remembered is not known any more, so nothing is added there.
    horizon = known.repeats[0] if len(known.repeats) == MAX_REPEATS else OLDEST
    chosen: list[Telling] = []
    for reading in lasting:
        begin, end = _activation_around(reading.position, turns)
        told = {position for position in repeats if begin.position <= position < end} | {begin.told}
        is_apart = all(abs(reading.at - instant_of(one)) >= timedelta(milliseconds=repeat_ms) for one in told)
        if reading.position >= horizon and reading.position not in told and is_apart:
            chosen.append(Telling(reading, is_activation=True))
            repeats.add(reading.position)
    return chosen


def _activation_around(position: str, turns: Sequence[Turn]) -> tuple[Turn, str]:
    """Return the turn with which the activation began in which a position lies, and the position where it ended."""
    after = bisect_right(turns, position, key=lambda turn: turn.position)
    begin = turns[after - 1] if after else Turn(OLDEST, is_activation=True, told=OLDEST)
    return begin, turns[after].position if after < len(turns) else NEWEST

"""Reads a device's samples in the order of their own time, including late ones.

The log holds live samples at the time of arrival. For a message with a backlog it also holds the backlog's time range
(`Span`), so that a query of that range finds the message.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from operator import attrgetter

from iotcloud.histories.model import Lane, Message, Span, Window, instant_of, just_before, position_of
from iotcloud.readings.interfaces import ReadingLog
from iotcloud.readings.model import MAX_AGE_SECONDS, Sample, read_samples

FIRST_CHUNK = 64
"""Messages that are read first; each further request of the same page reads four times as many."""
GROWTH = 4
MAX_CHUNK = 5000
SPANS_AT_ONCE = 500
MAX_SPAN_REQUESTS = 8
"""Requests for spans per page: 4000 late messages of three hours, and those that a page shows."""
MAX_LATE = 100
"""Late messages read beside one chunk: as many as one BatchGetItem reads."""
REPEATED_WITHIN = timedelta(milliseconds=500)
"""Half of the shortest time between two publications of a device (device protocol 3, sensorrate)."""
LOOK_BACK = timedelta(seconds=3 * MAX_AGE_SECONDS)
"""How far before a position a message can begin that reaches beyond it, or whose second repetition does."""
AFTER_MESSAGE = "+~"
"""Suffix that sorts a message's position after those of its samples, which continue with `+` and a number."""


def span_of(message: Message, samples: Sequence[Sample]) -> Span | None:
    """Return the time range of a message's backlog, or None when all samples are live."""
    if not samples or instant_of(samples[0].position) >= instant_of(message.position):
        return None
    return Span(samples[0].position, samples[-1].position, message.position)


@dataclass(frozen=True)
class ReadMessage:
    """A message, and the samples that were read from it, in order."""

    message: Message
    samples: Sequence[Sample]

    @classmethod
    def of(cls, message: Message) -> "ReadMessage":
        """Read the samples of a message."""
        return cls(message, read_samples(message.payload, message.received_at, message.message_id)[0])


@dataclass
class Repetitions:
    """Finds repeated messages among those of one device in order of arrival.

    A live message is a repetition when the live message directly before it has the same bytes and came less than half
    a second earlier: a device cannot publish so often, but its value can return. A message with samples from before it
    came is one when the same bytes came within the time that the samples cover, whatever came in between.
    """

    _live: Message | None = None
    _backlogs: dict[str, Message] = field(default_factory=dict)
    """The last message of each content that was no repetition, of those with late samples."""

    def includes(self, read: ReadMessage) -> bool:
        """Whether the next message is a repetition."""
        message = read.message
        if not read.samples:
            return False
        if span_of(message, read.samples) is None:
            before, self._live = self._live, message
            return before is not None and _is_again(before, message, REPEATED_WITHIN)
        before = self._backlogs.get(message.payload)
        covered = max(REPEATED_WITHIN, read.samples[-1].at - read.samples[0].at)
        if before is not None and _is_again(before, message, covered):
            return True
        self._backlogs[message.payload] = message
        return False


def _is_again(before: Message, message: Message, within: timedelta) -> bool:
    return before.payload == message.payload and message.received_at - before.received_at < within


def without_repetitions(messages: Iterable[ReadMessage], known: Repetitions | None = None) -> Iterator[ReadMessage]:
    """Leave out messages that came a second time; `known` goes on where an earlier call ended."""
    known = known or Repetitions()
    return (one for one in messages if not known.includes(one))


@dataclass(frozen=True)
class Chunk:
    """Samples in order: complete up to `reached`, or for the whole window when that is None."""

    samples: Sequence[Sample]
    reached: str | None


@dataclass
class SamplesInOrder:
    """The samples of one device after a position and up to another, in chunks of growing size."""

    log: ReadingLog
    deviceid: str
    registration: str
    after: str
    last: str
    _pending: dict[str, Sample] = field(default_factory=dict)
    """Samples read but not yet returned, by position."""
    _read: set[str] = field(default_factory=set)
    """Positions of the messages that were read."""
    _repetitions: Repetitions = field(default_factory=Repetitions)
    _spans: list[Span] = field(default_factory=list)
    """Spans whose messages are still to be read."""
    _spans_reached: str | None = ""
    """The position up to which spans were read; None at the end."""
    _span_requests: int = 0

    def chunks(self, requests: int, size: int = FIRST_CHUNK) -> Iterator[Chunk]:
        """Read on, in so many requests to the log at most."""
        begin = position_of(instant_of(self.after) - REPEATED_WITHIN)
        size = max(1, min(size, FIRST_CHUNK))
        for _ in range(requests):
            stretch = self.log.read_forward(
                self.deviceid, self.registration, Lane.READINGS, Window(begin, self.last, size)
            )
            end = self.last if stretch.reached is None else max(self.after, stretch.reached + AFTER_MESSAGE)
            is_last = stretch.reached is None
            late, known_end = self._late_messages(stretch.messages, self._read_spans(end))
            if known_end < end:
                end, is_last = known_end, False
            self._take([*stretch.messages, *late])
            due = sorted(position for position in self._pending if position <= end)
            yield Chunk([self._pending.pop(position) for position in due], None if is_last else end)
            if is_last:
                return
            self.after = end
            begin = stretch.reached + "!" if stretch.reached is not None else self.last
            size = min(size * GROWTH, MAX_CHUNK)

    def _read_spans(self, end: str) -> str:
        """Read the spans that begin before `end`; return up to where all are known, which is `end` unless it is far."""
        while self._spans_reached is not None and self._spans_reached < end:
            if self._span_requests == MAX_SPAN_REQUESTS:
                return self._spans_reached if self._spans_reached > self.after else end
            oldest = (
                f"{self._spans_reached}!" if self._spans_reached else position_of(instant_of(self.after) - LOOK_BACK)
            )
            spans, self._spans_reached = self.log.read_spans(
                self.deviceid, self.registration, oldest, self.last, SPANS_AT_ONCE
            )
            self._spans += spans
            self._span_requests += 1
        return end

    def _late_messages(self, here: Sequence[Message], end: str) -> tuple[Sequence[Message], str]:
        """Read the messages whose spans begin before `end` and or their repetitions reach beyond what was given.

        Return them, and up to where they are all: before `end` when there are many.
        """
        there = self._read | {message.position for message in here}
        wanted: list[str] = []
        for number, span in enumerate(self._spans):
            if span.first > end:
                self._spans = self._spans[number:]
                break
            if not self._is_over(span) and span.position not in there:
                if len(wanted) >= MAX_LATE and span.first > self.after:
                    self._spans, end = self._spans[number:], just_before(span.first)
                    break
                wanted.append(span.position)
        else:
            self._spans = []
        wanted = wanted[:MAX_LATE]
        return (self.log.find_messages(self.deviceid, self.registration, wanted) if wanted else ()), end

    def _is_over(self, span: Span) -> bool:
        """Whether the samples of the message, and of two repetitions of it, were all returned already."""
        first, last = instant_of(span.first), instant_of(span.last)
        return last + 2 * max(REPEATED_WITHIN, last - first) < instant_of(self.after)

    def _take(self, messages: Iterable[Message]) -> None:
        new = sorted({one.position: one for one in messages if one.position not in self._read}.values(), key=_position)
        self._read |= {message.position for message in new}
        for read in without_repetitions(map(ReadMessage.of, new), self._repetitions):
            for sample in read.samples:
                if sample.position > self.after:
                    self._pending[sample.position] = sample


_position = attrgetter("position")

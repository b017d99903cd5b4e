"""Stored device messages, their positions in time, and filters of queries. No I/O."""

import base64
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from operator import attrgetter

from iotcloud.topics import DeviceTopic, Direction

READING_API = "sensor_reading"
NEWEST = "~"
"""A position after every message's."""
OLDEST = "0"
"""A position before every message's."""
LAST = "\U0010ffff"
"""The character that sorts last, in Python and in DynamoDB."""
MAX_PAGE_BYTES = 2 * 1024 * 1024
"""Octets of payloads per page, as JSON. A Lambda response has at most 6 MB (AWS Lambda quotas), with quotes escaped
again.
"""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


class Lane(StrEnum):
    """The parts of a device's history that are kept, and so can be read, apart from each other.

    Readings have their own, because they outnumber everything else and are read by sensors' charts.
    """

    FROM = "From"
    TO = "To"
    READINGS = "Readings"

    @property
    def direction(self) -> Direction:
        """The publisher of the messages in this lane."""
        return Direction.TO if self is Lane.TO else Direction.FROM


def lane_of(topic: DeviceTopic) -> Lane:
    """Return the lane in which messages of this topic are kept."""
    if topic.direction is Direction.TO:
        return Lane.TO
    return Lane.READINGS if topic.api == READING_API else Lane.FROM


@dataclass(frozen=True)
class Message:
    """A stored device message."""

    owner: str
    deviceid: str
    registration: str
    lane: Lane
    topic: str
    """The topic without its device."""
    payload: str
    """The payload as text; in base64 when it is not UTF-8."""
    is_base64: bool
    received_at: datetime
    message_id: str

    @property
    def position(self) -> str:
        """The position of the message in time: its instant in 13 digits of milliseconds, and its id."""
        return position_of(self.received_at, self.message_id)


def position_of(instant: datetime, message_id: str = "") -> str:
    """Return the position of a message, or without an id the one before all messages of that millisecond."""
    return f"{(instant - _EPOCH) // _MILLISECOND:013d}#{message_id}"


def instant_of(position: str) -> datetime:
    """Return the instant of a position."""
    return _EPOCH + int(position.partition("#")[0]) * _MILLISECOND


def just_before(position: str) -> str:
    """Return the highest position below this one."""
    return position[:-1] + chr(ord(position[-1]) - 1) + LAST


def text_of(payload: bytes) -> tuple[str, bool]:
    """Return a payload as text, and whether that text is base64 because the payload is not UTF-8."""
    try:
        return payload.decode(), False
    except UnicodeDecodeError:
        return base64.b64encode(payload).decode(), True


@dataclass(frozen=True)
class Span:
    """The backlog samples of a message: positions of the first sample, of the last one, and of the message."""

    first: str
    last: str
    position: str


@dataclass(frozen=True)
class HistoryFilter:
    """Filter of a query; None matches all. Both instants are inclusive, `ends_at` with its whole second."""

    devicename: str | None = None
    direction: Direction | None = None
    topic: str | None = None
    begins_at: datetime | None = None
    ends_at: datetime | None = None

    def lanes(self) -> tuple[Lane, ...]:
        """Return the lanes that can hold an answer."""
        return tuple(
            lane
            for lane in Lane
            if self.direction in (None, lane.direction)
            and (self.topic is None or (lane is Lane.READINGS) == (self.topic == READING_API) or lane is Lane.TO)
        )

    @property
    def oldest(self) -> str:
        """The position from which on messages count."""
        return OLDEST if self.begins_at is None else position_of(self.begins_at)

    @property
    def newest(self) -> str:
        """The position up to which messages count."""
        return NEWEST if self.ends_at is None else position_of(self.ends_at + timedelta(seconds=1))

    def __str__(self) -> str:
        members = (self.devicename, self.direction, self.topic, self.begins_at, self.ends_at)
        return repr(tuple(None if member is None else str(member) for member in members))


@dataclass(frozen=True)
class Window:
    """A range read of one stream: the newest `limit` messages between two positions."""

    oldest: str
    newest: str
    limit: int
    topic: str | None = None

    @property
    def is_empty(self) -> bool:
        """Whether it ends before it begins, as after a query with reversed instants."""
        return self.oldest > self.newest


@dataclass(frozen=True)
class Stretch:
    """Messages read, newest first: complete down to `reached`, or for the whole window when that is None."""

    messages: Sequence[Message]
    reached: str | None = None


def merge(stretches: Iterable[Stretch]) -> Stretch:
    """Put the stretches of several lanes into one order, newest first, down to where all of them were read."""
    read = tuple(stretches)
    ends = [stretch.reached for stretch in read if stretch.reached is not None]
    reached = max(ends, default=None)
    messages = [
        message for stretch in read for message in stretch.messages if reached is None or message.position >= reached
    ]
    return Stretch(sorted(messages, key=attrgetter("position"), reverse=True), reached)


def cut(stretch: Stretch, limit: int) -> Stretch:
    """Keep the first `limit` messages, or as many of them as make an answer of bearable size; at least one."""
    kept, size = 0, 0
    for message in stretch.messages[:limit]:
        size += len(json.dumps(message.payload))
        if kept and size > MAX_PAGE_BYTES:
            break
        kept += 1
    if kept == len(stretch.messages):
        return stretch
    return Stretch(stretch.messages[:kept], stretch.messages[kept - 1].position)

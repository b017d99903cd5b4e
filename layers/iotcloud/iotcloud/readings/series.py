"""The course of a sensor over time: every reading, or the lowest, highest and mean of each interval."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Protocol

from iotcloud.clock import Clock
from iotcloud.devices.model import Device, Role
from iotcloud.errors import InvalidInput
from iotcloud.histories.model import Lane, Stretch, Window, position_of
from iotcloud.pages import Page, make_cursor, open_cursor
from iotcloud.peripherals.model import Bus, Slot
from iotcloud.peripherals.ports import Devices, Sensors
from iotcloud.peripherals.registration import find_input
from iotcloud.readings.model import MAX_AGE_SECONDS, Sample, read_samples
from iotcloud.readings.service import KnownMemories
from iotcloud.readings.thresholds import Number, is_number

MAX_REQUESTS = 8
"""Requests to the log that one page may take, of a megabyte each; a page that ends there is short."""
MESSAGES_AT_ONCE = 5000
DEFAULT_PERIOD = timedelta(days=1)
JUST_AFTER = "!"
"""What makes a position the next one: no message's id goes on with it."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Log(Protocol):
    """The messages of devices."""

    def read_forward(self, deviceid: str, registration: str, lane: Lane, window: Window) -> Stretch:
        """Read one lane of one device oldest first, in one request."""
        ...


@dataclass(frozen=True)
class SeriesQuestion:
    """Which part of a sensor's course is asked for: from one instant up to and without another."""

    begins_at: datetime | None = None
    """None: a day before the end."""
    ends_at: datetime | None = None
    """None: now."""
    interval: timedelta | None = None
    """Readings of so much time become one point; None: each is one."""


@dataclass(frozen=True)
class Aggregate:
    """What values have in common."""

    lowest: Number
    highest: Number
    total: Number
    count: int

    @property
    def mean(self) -> float:
        return self.total / self.count

    def __add__(self, other: "Aggregate") -> "Aggregate":
        lowest, highest = min(self.lowest, other.lowest), max(self.highest, other.highest)
        return Aggregate(lowest, highest, self.total + other.total, self.count + other.count)


@dataclass(frozen=True)
class SeriesPoint:
    """What a sensor measured at one time, or from then on for one interval."""

    at: datetime
    value: Aggregate
    subvalue: Aggregate | None = None

    def __add__(self, other: "SeriesPoint") -> "SeriesPoint":
        return SeriesPoint(self.at, self.value + other.value, _sum(self.subvalue, other.subvalue))


@dataclass(frozen=True)
class SeriesService:
    """The series of a user's sensors."""

    devices: Devices
    sensors: Sensors
    log: Log
    memories: KnownMemories
    clock: Clock

    def get_series(
        self,
        username: str,
        devicename: str,
        bus: Bus,
        number: int,
        sensorname: str,
        asked: SeriesQuestion,
        limit: int,
        cursor: str | None = None,
    ) -> Page[SeriesPoint]:
        """Return a sensor's points, oldest first, at most `limit`; readings that were deleted are not among them.

        A page that took eight megabytes of readings ends there, however short. Raise SensorNotRegistered, or
        SensorTypeInvalid for an output.
        """
        device = self.devices.find_device(username, devicename, Role.VIEWER)
        sensor = find_input(self.sensors, device, bus, number, sensorname)
        memory = self.memories.find({device.deviceid: device.registration})[device.deviceid].memory
        scope = f"series of {username} {device.registration} {sensor.slot} {asked}"
        place = _Place.read(open_cursor(scope, cursor)) if cursor else _Place.first(asked, self.clock())
        collector = _Collector(sensor.slot, asked.interval, memory.of(sensor.slot).cleared, limit, place)
        rest = self._collect(device, collector, place)
        return Page(collector.points, None if rest is None else make_cursor(scope, rest.write()))

    def _collect(self, device: Device, collector: "_Collector", place: "_Place") -> "_Place | None":
        """Read on until the collector has enough; return where the next page begins, None at the end of the series."""
        last = position_of(place.ends_at + timedelta(seconds=MAX_AGE_SECONDS))
        for _ in range(MAX_REQUESTS):
            window = Window(place.oldest, last, MESSAGES_AT_ONCE)
            stretch = self.log.read_forward(device.deviceid, device.registration, Lane.READINGS, window)
            for message in stretch.messages:
                samples, _ = read_samples(message.payload, message.received_at, message.message_id)
                if samples and samples[0].at >= place.ends_at:
                    return None
                if not collector.take(samples):
                    return replace(place, oldest=message.position, done=collector.done, unfinished=None)
            if stretch.reached is None:
                return None
            place = replace(place, oldest=stretch.reached + JUST_AFTER)
        return replace(place, done=collector.done, unfinished=collector.interrupt())


@dataclass(frozen=True)
class _Place:
    """Where a page begins: at a message, after a sample, and with a point of which the first part was read before."""

    begins_at: datetime
    ends_at: datetime
    oldest: str
    done: str = ""
    unfinished: SeriesPoint | None = None

    @classmethod
    def first(cls, asked: SeriesQuestion, now: datetime) -> "_Place":
        """Begin the first page; the instants that were left open are settled for all pages."""
        ends_at = asked.ends_at or now
        begins_at = asked.begins_at or ends_at - DEFAULT_PERIOD
        return cls(begins_at, ends_at, position_of(begins_at))

    def write(self) -> str:
        unfinished = None if self.unfinished is None else _write_point(self.unfinished)
        return json.dumps([self.begins_at.timestamp(), self.ends_at.timestamp(), self.oldest, self.done, unfinished])

    @classmethod
    def read(cls, text: str) -> "_Place":
        """Read what `write` wrote; raise InvalidInput, since a cursor can be forged."""
        try:
            begin, end, oldest, done, unfinished = json.loads(text)
            point = None if unfinished is None else _read_point(*unfinished)
            place = cls(_read_instant(begin), _read_instant(end), oldest, done, point)
        except (ValueError, TypeError, OverflowError, OSError):
            raise InvalidInput(detail=["cursor: unknown"]) from None
        if not isinstance(oldest, str) or not isinstance(done, str) or not oldest:
            raise InvalidInput(detail=["cursor: unknown"])
        return place


class _Collector:
    """Makes points of samples until there are enough."""

    def __init__(self, slot: Slot, interval: timedelta | None, cleared: str, limit: int, place: _Place) -> None:
        self.points = [] if place.unfinished is None else [place.unfinished]
        self.done = place.done
        self._slot, self._interval, self._cleared, self._limit, self._place = slot, interval, cleared, limit, place

    def take(self, samples: Iterable[Sample]) -> bool:
        """Take samples in order; False when one of them would be a point too many."""
        for sample in samples:
            if self._is_wanted(sample):
                point = self._point(sample)
                if self._interval is not None and self.points and self.points[-1].at == point.at:
                    self.points[-1] += point
                elif len(self.points) == self._limit:
                    return False
                else:
                    self.points.append(point)
                self.done = sample.position
        return True

    def interrupt(self) -> SeriesPoint | None:
        """Stop in the middle: the last point of a series of intervals is left to the next page."""
        return self.points.pop() if self._interval is not None and self.points else None

    def _is_wanted(self, sample: Sample) -> bool:
        is_new = sample.position > self.done and sample.position >= self._cleared
        return is_new and self._slot in sample.values and self._place.begins_at <= sample.at < self._place.ends_at

    def _point(self, sample: Sample) -> SeriesPoint:
        at, value = sample.at, sample.values[self._slot]
        if self._interval is not None:
            at -= (at - _EPOCH) % self._interval
        return SeriesPoint(at, _single(value.value), None if value.subvalue is None else _single(value.subvalue))


def _single(value: Number) -> Aggregate:
    return Aggregate(value, value, value, 1)


def _sum(one: Aggregate | None, other: Aggregate | None) -> Aggregate | None:
    return one + other if one is not None and other is not None else one or other


def _write_point(point: SeriesPoint) -> list[object]:
    parts = [
        [one.lowest, one.highest, one.total, one.count] for one in (point.value, point.subvalue) if one is not None
    ]
    return [point.at.timestamp(), *parts]


def _read_point(at: float, value: Sequence[Number], subvalue: Sequence[Number] | None = None) -> SeriesPoint:
    return SeriesPoint(
        _read_instant(at), _read_aggregate(value), None if subvalue is None else _read_aggregate(subvalue)
    )


def _read_instant(epoch_seconds: float) -> datetime:
    return datetime.fromtimestamp(epoch_seconds, UTC)


def _read_aggregate(parts: Sequence[Number]) -> Aggregate:
    lowest, highest, total, count = parts
    if not all(is_number(part) for part in parts) or count < 1:
        raise ValueError(parts)
    return Aggregate(lowest, highest, total, int(count))

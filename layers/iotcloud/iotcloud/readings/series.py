"""The course of a sensor over time: every reading, or the lowest, highest and mean of each interval."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, tzinfo

from iotcloud.clock import Clock
from iotcloud.devices.interfaces import DeviceRegistry
from iotcloud.devices.model import Device, Role
from iotcloud.errors import InvalidInput, Problem
from iotcloud.histories.model import instant_of, position_of
from iotcloud.pagination import Page, make_cursor, open_cursor
from iotcloud.peripherals.interfaces import Sensors
from iotcloud.peripherals.model import Bus, Sensor
from iotcloud.peripherals.sensor_registration import find_input
from iotcloud.readings.interfaces import DeviceStates, ReadingLog
from iotcloud.readings.model import Number, Sample, Value, is_number, measured_by
from iotcloud.readings.reading_order import SamplesInOrder

MAX_REQUESTS = 8
"""Requests to the log that one page may take, of a megabyte each; a page that ends there is short."""
DEFAULT_PERIOD = timedelta(days=1)
MAX_POSITION = 200
"""Characters of a position in a cursor."""
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 what clocks on walls show


@dataclass(frozen=True)
class SeriesQuestion:
    """The requested range of a series: from one instant, inclusive, to another, exclusive."""

    begins_at: datetime | None = None
    """None: a day before the end."""
    ends_at: datetime | None = None
    """None: now."""
    interval: timedelta | None = None
    """The interval of aggregation; None for single readings."""
    zone: tzinfo = UTC
    """Where intervals begin: days at midnight there."""


@dataclass(frozen=True)
class Aggregate:
    """Statistics of values."""

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
    """The values of a sensor at one time, or over the interval from then on."""

    at: datetime
    value: Aggregate
    subvalue: Aggregate | None = None

    def __add__(self, other: "SeriesPoint") -> "SeriesPoint":
        return SeriesPoint(self.at, self.value + other.value, _sum(self.subvalue, other.subvalue))


@dataclass(frozen=True)
class SeriesService:
    """The series of a user's sensors."""

    devices: DeviceRegistry
    sensors: Sensors
    log: ReadingLog
    states: DeviceStates
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
        """Return a sensor's points, oldest first, at most `limit`, without deleted readings.

        They are in order of measurement, including late ones. A page ends after eight requests, even if short. Raise
        SensorNotRegistered, or SensorTypeInvalid for an output.
        """
        device = self.devices.find_device(username, devicename, Role.VIEWER)
        sensor = find_input(self.sensors, device, bus, number, sensorname)
        state = self.states.find({device.deviceid: device.registration})[device.deviceid].state
        scope = f"series of {username} {device.registration} {sensor.slot} {asked}"
        place = _Place.read(open_cursor(scope, cursor)) if cursor else _Place.first(asked, self.clock())
        collector = _Collector(sensor, asked, state.of(sensor.slot).cleared, limit, place)
        rest = self._collect(device, collector, place, limit + 1)
        return Page(collector.points, None if rest is None else make_cursor(scope, rest.write()))

    def _collect(self, device: Device, collector: "_Collector", place: "_Place", size: int) -> "_Place | None":
        """Read on until the collector is full. Return the start of the next page, None at the end of the series."""
        last = position_of(place.ends_at)
        if place.after >= last:
            return None
        samples = SamplesInOrder(self.log, device.deviceid, device.registration, place.after, last)
        for chunk in samples.chunks(MAX_REQUESTS, size):
            for sample in chunk.samples:
                if not collector.take(sample):
                    return replace(place, unfinished=None)
                place = replace(place, after=sample.position)
            if chunk.reached is None:
                return None
            place = replace(place, after=chunk.reached)
        return replace(place, unfinished=collector.interrupt())


@dataclass(frozen=True)
class _Place:
    """Where a page begins: after a sample, and with a point of which the first part was read before."""

    begins_at: datetime
    ends_at: datetime
    after: str
    unfinished: SeriesPoint | None = None

    @classmethod
    def first(cls, asked: SeriesQuestion, now: datetime) -> "_Place":
        """Begin the first page; the instants that were left open are settled for all pages."""
        ends_at = asked.ends_at or now
        begins_at = asked.begins_at or ends_at - DEFAULT_PERIOD
        return cls(begins_at, ends_at, position_of(begins_at))

    def write(self) -> str:
        unfinished = None if self.unfinished is None else _write_point(self.unfinished)
        return json.dumps([self.begins_at.timestamp(), self.ends_at.timestamp(), self.after, unfinished])

    @classmethod
    def read(cls, text: str) -> "_Place":
        """Decode the text of `write`. Raise InvalidInput, since a cursor can be forged."""
        try:
            begin, end, after, unfinished = json.loads(text)
            point = None if unfinished is None else _read_point(*unfinished)
            return cls(_read_instant(begin), _read_instant(end), checked_position(after), point)
        except (ValueError, TypeError, OverflowError, OSError):
            raise InvalidInput(detail=[Problem("cursor", "unknown")]) from None


def checked_position(position: object) -> str:
    """Parse a cursor's position. Raise ValueError or OverflowError when malformed."""
    if not isinstance(position, str) or len(position) > MAX_POSITION:
        raise ValueError(position)
    instant_of(position)
    return position


class _Collector:
    """Makes points of samples until there are enough."""

    def __init__(self, sensor: Sensor, asked: SeriesQuestion, cleared: str, limit: int, place: _Place) -> None:
        self.points = [] if place.unfinished is None else [place.unfinished]
        self._sensor, self._asked, self._cleared, self._limit, self._place = sensor, asked, cleared, limit, place

    def take(self, sample: Sample) -> bool:
        """Take the next sample; False when it would be a point too many."""
        value = measured_by(self._sensor, sample)
        is_wanted = self._place.begins_at <= sample.at < self._place.ends_at and sample.position >= self._cleared
        if value is None or not is_wanted:
            return True
        point = self._point(sample.at, value)
        if self._asked.interval is not None and self.points and self.points[-1].at == point.at:
            self.points[-1] += point
        elif len(self.points) == self._limit:
            return False
        else:
            self.points.append(point)
        return True

    def interrupt(self) -> SeriesPoint | None:
        """Stop in the middle: the last point of a series of intervals is left to the next page."""
        return self.points.pop() if self._asked.interval is not None and self.points else None

    def _point(self, at: datetime, value: Value) -> SeriesPoint:
        if self._asked.interval is not None:
            at = begin_of_interval(at, self._asked.interval, self._asked.zone)
        return SeriesPoint(at, _single(value.value), None if value.subvalue is None else _single(value.subvalue))


def begin_of_interval(at: datetime, interval: timedelta, zone: tzinfo) -> datetime:
    """Return the start of the interval around an instant. Intervals count from local midnight of the zone.

    So days start at local midnight, including days of 23 or 25 hours.
    """
    local = at.astimezone(zone)
    shown = local.replace(tzinfo=None)
    return (shown - (shown - _EPOCH) % interval).replace(tzinfo=zone, fold=local.fold).astimezone(UTC)


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

"""Shows readings: the latest with their extremes, and the newest points of a chart."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter

from iotcloud.commands.interfaces import DeviceLink
from iotcloud.devices.interfaces import DeviceRegistry
from iotcloud.devices.model import Device, Role
from iotcloud.errors import DeviceUnreachable
from iotcloud.histories.model import NEWEST, OLDEST, Lane, Window, just_before, position_of
from iotcloud.peripherals.interfaces import Sensors
from iotcloud.peripherals.model import Bus, Sensor, Slot
from iotcloud.peripherals.sensor_registration import find_input, reconcile_with_device
from iotcloud.readings.interfaces import DeviceStates, ReadingLog, SlotLister, StateResetter
from iotcloud.readings.model import Extremes, Sample, Value, measured_by, widen
from iotcloud.readings.reading_order import ReadMessage, without_repetitions
from iotcloud.readings.state.model import DeviceState

DATASET_POINTS = 25
"""Points of a chart (contract 3.5)."""
FIRST_CHUNK = 25
"""Messages that are read first: as many as a chart has points."""
GROWTH = 8
LAST_CHUNK = 1600
"""Messages of the largest request, the third; 1825 in all, in which a sensor of every 73rd message has 25 points."""


@dataclass(frozen=True)
class Point:
    """One reading in a chart."""

    at: datetime
    value: Value


@dataclass(frozen=True)
class SensorReadings:
    """The newest readings of a sensor, oldest first, and the extremes since the last deletion."""

    points: Sequence[Point] = ()
    extremes: Extremes | None = None
    subextremes: Extremes | None = None

    @property
    def latest(self) -> Value | None:
        return self.points[-1].value if self.points else None


NOTHING = SensorReadings()


@dataclass(frozen=True)
class SlotReadings:
    """The sensors of a slot; enabled inputs have readings."""

    joined: Sequence[tuple[Sensor, SensorReadings]]
    is_device_reachable: bool


@dataclass(frozen=True)
class ReadingService:
    """The readings of a user's devices."""

    devices: DeviceRegistry
    sensors: Sensors
    log: ReadingLog
    states: DeviceStates
    forgetter: StateResetter
    slots: SlotLister
    link: DeviceLink

    def list_readings(self, username: str, devicename: str, points: int = 1) -> list[tuple[Sensor, SensorReadings]]:
        """Return the enabled inputs of a device, as it reports them, with up to so many of their newest readings.

        Empty while the device does not answer, since then no sensor is known to be enabled.
        """
        device = self.devices.find_device(username, devicename, Role.VIEWER)
        try:
            reply = self.link.request(device, "get_devs", {})
        except DeviceUnreachable:
            return []
        value = reply.get("value")
        reported = value if isinstance(value, dict) else {}
        sensors = reconcile_with_device(self.sensors, device, self.sensors.list(device.deviceid), reported)
        measuring = [sensor for sensor in sensors if sensor.is_input and sensor.is_enabled]
        return self.join_readings(device, measuring, points)

    def list_slot(self, username: str, devicename: str, bus: Bus, number: int) -> SlotReadings:
        """Return the sensors of a slot in the state that the device reports, switched off while it does not answer."""
        listing = self.slots.list_slot(username, devicename, bus, number)
        measuring = [sensor for sensor in listing.sensors if sensor.is_input and sensor.is_enabled]
        readings = {sensor.slot: found for sensor, found in self.join_readings(listing.device, measuring)}
        joined = [(sensor, readings.get(sensor.slot, NOTHING)) for sensor in listing.sensors]
        return SlotReadings(joined, listing.is_device_reachable)

    def get_readings(self, username: str, devicename: str, bus: Bus, number: int, sensorname: str) -> SensorReadings:
        """Return the readings of one sensor; raise SensorNotRegistered, or SensorTypeInvalid for an output."""
        device, sensor = self._find_input(username, devicename, bus, number, sensorname, Role.VIEWER)
        return self._read(device, [sensor], 1)[sensor.slot]

    def list_slot_readings(
        self, username: str, devicename: str, bus: Bus, number: int
    ) -> list[tuple[Sensor, SensorReadings]]:
        """Return the enabled inputs of a slot with their readings, without asking the device."""
        device = self.devices.find_device(username, devicename, Role.VIEWER)
        return self.join_readings(device, [one for one in self._inputs(device, bus, number) if one.is_enabled])

    def delete_readings(self, username: str, devicename: str, bus: Bus, number: int, sensorname: str) -> None:
        """Delete the readings of one sensor; raise SensorNotRegistered, or SensorTypeInvalid for an output."""
        device, sensor = self._find_input(username, devicename, bus, number, sensorname, Role.OWNER)
        self.forgetter.clear_slots(device.deviceid, [sensor.slot])

    def delete_slot_readings(self, username: str, devicename: str, bus: Bus, number: int) -> None:
        """Delete the readings of all inputs of a slot."""
        device = self.devices.find_device(username, devicename, Role.OWNER)
        self.forgetter.clear_slots(device.deviceid, [one.slot for one in self._inputs(device, bus, number)])

    def delete_device_readings(self, username: str, devicename: str) -> list[Sensor]:
        """Delete the readings of all inputs of a device, and return these."""
        device = self.devices.find_device(username, devicename, Role.OWNER)
        inputs = [sensor for sensor in self.sensors.list(device.deviceid) if sensor.is_input]
        self.forgetter.clear_slots(device.deviceid, [sensor.slot for sensor in inputs])
        return inputs

    def join_readings(
        self, device: Device, sensors: Sequence[Sensor], points: int = 1
    ) -> list[tuple[Sensor, SensorReadings]]:
        """Add to each sensor up to so many of its newest readings."""
        if not sensors:
            return []
        readings = self._read(device, sensors, points)
        return [(sensor, readings[sensor.slot]) for sensor in sensors]

    def _find_input(
        self, username: str, devicename: str, bus: Bus, number: int, sensorname: str, required: Role
    ) -> tuple[Device, Sensor]:
        device = self.devices.find_device(username, devicename, required)
        return device, find_input(self.sensors, device, bus, number, sensorname)

    def _inputs(self, device: Device, bus: Bus, number: int) -> list[Sensor]:
        place = Slot(bus.name, bus.check_number(number))
        return [one for one in self.sensors.list(device.deviceid) if one.is_input and one.slot.source == place.source]

    def _read(self, device: Device, sensors: Sequence[Sensor], points: int) -> dict[Slot, SensorReadings]:
        """Read the newest readings of sensors, so many of each.

        Of a sensor of which the device sends no more, the newest lie before the point from which on it is missing.
        """
        state = self.states.find({device.deviceid: device.registration})[device.deviceid].state
        recent = _Newest(self.log, device, state, points)
        recent.read_for(sensors, FIRST_CHUNK)
        older: dict[str, _Newest] = {}
        found = {}
        for sensor in sensors:
            missing_since = state.of(sensor.slot).missing_since
            newest = recent
            if not recent.points_of(sensor) and missing_since is not None and missing_since < recent.reached:
                newest = older.setdefault(
                    missing_since, _Newest(self.log, device, state, points, just_before(missing_since))
                )
            elif sensor.slot not in state.slots:
                found[sensor.slot] = _with_extremes(recent.points_of(sensor), sensor.slot, state)
                continue
            newest.read_for([sensor])
            found[sensor.slot] = _with_extremes(newest.points_of(sensor), sensor.slot, state)
        return found


class _Newest:
    """The newest samples of a device, read backwards from a position until there are enough."""

    def __init__(self, log: ReadingLog, device: Device, state: DeviceState, points: int, newest: str = NEWEST) -> None:
        self._log, self._device, self._memory, self._points = log, device, state, points
        self._messages: list[ReadMessage] = []
        self._samples: Sequence[Sample] = ()
        self._next: str | None = newest
        self._size = FIRST_CHUNK
        self.reached = NEWEST
        """From here on all samples are known."""

    def read_for(self, sensors: Iterable[Sensor], most: int = LAST_CHUNK) -> None:
        """Read on, in requests of growing size up to `most`, until there are enough points of these sensors."""
        wanted = list(sensors)
        while self._next is not None and self._size <= most and any(not self._is_enough(one) for one in wanted):
            window = Window(OLDEST, self._next, self._size)
            found = self._log.read_device(self._device.deviceid, self._device.registration, Lane.READINGS, window)
            self._messages[:0] = map(ReadMessage.of, reversed(found.messages))
            samples = (sample for one in without_repetitions(self._messages) for sample in one.samples)
            self._samples = sorted(samples, key=attrgetter("position"))
            self.reached = OLDEST if found.reached is None else found.reached
            self._next = None if found.reached is None else just_before(found.reached)
            self._size *= GROWTH

    def points_of(self, sensor: Sensor) -> tuple[Point, ...]:
        """Return the newest points of a sensor that were read, oldest first."""
        cleared = self._memory.of(sensor.slot).cleared
        measured = ((one, measured_by(sensor, one)) for one in self._samples if one.position >= cleared)
        return tuple(Point(one.at, value) for one, value in measured if value is not None)[-self._points :]

    def _is_enough(self, sensor: Sensor) -> bool:
        """Whether older messages cannot hold a newer point: no sample is newer than its message."""
        cleared = self._memory.of(sensor.slot).cleared
        if self.reached <= max(cleared, position_of(sensor.registered_at)):
            return True
        measured = (one for one in self._samples if one.position >= max(self.reached, cleared))
        return sum(measured_by(sensor, one) is not None for one in measured) >= self._points


def _with_extremes(points: Sequence[Point], slot: Slot, state: DeviceState) -> SensorReadings:
    """Extend the extremes by the points: the state may lag behind the newest."""
    known = state.of(slot)
    extremes, subextremes = known.extremes, known.subextremes
    for point in points:
        extremes, subextremes = widen(extremes, point.value.value), widen(subextremes, point.value.subvalue)
    return SensorReadings(points, extremes, subextremes)

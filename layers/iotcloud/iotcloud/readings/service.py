"""Shows readings: the latest with their extremes, and the newest points of a chart."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from iotcloud.devices.model import Device, Role
from iotcloud.errors import DeviceUnreachable
from iotcloud.histories.model import NEWEST, OLDEST, Lane, Stretch, Window, just_before
from iotcloud.peripherals.model import Bus, Sensor, Slot
from iotcloud.peripherals.ports import DeviceLink, Devices, Sensors
from iotcloud.peripherals.registration import SlotListing, find_input, reconcile_with_device
from iotcloud.readings.model import DeviceMemory, Extremes, KeptMemory, Sample, Value, read_samples, widen

DATASET_POINTS = 25
"""Points of a chart (contract 3.5)."""


class Log(Protocol):
    """The messages of devices."""

    def read_device(self, deviceid: str, registration: str, lane: Lane, window: Window) -> Stretch: ...


class KnownMemories(Protocol):
    """What is remembered of devices' sensors."""

    def find(self, registrations: Mapping[str, str]) -> Mapping[str, KeptMemory]: ...


class SlotLister(Protocol):
    """Knows the sensors of slots as their devices report them."""

    def list_slot(self, username: str, devicename: str, bus: Bus, number: int) -> SlotListing: ...


class Forgetter(Protocol):
    """Lets readings count no more."""

    def clear_slots(self, deviceid: str, slots: Iterable[Slot]) -> None: ...


@dataclass(frozen=True)
class Point:
    """One reading in a chart."""

    at: datetime
    value: Value


@dataclass(frozen=True)
class SensorReadings:
    """What a sensor measured: its newest readings, oldest first, and their extremes since they were last deleted."""

    points: Sequence[Point] = ()
    extremes: Extremes | None = None
    subextremes: Extremes | None = None

    @property
    def latest(self) -> Value | None:
        return self.points[-1].value if self.points else None


NOTHING = SensorReadings()


@dataclass(frozen=True)
class SlotReadings:
    """The sensors of a slot; those that are enabled inputs with their readings, the others with none."""

    joined: Sequence[tuple[Sensor, SensorReadings]]
    is_device_reachable: bool


@dataclass(frozen=True)
class ReadingService:
    """The readings of a user's devices."""

    devices: Devices
    sensors: Sensors
    log: Log
    memories: KnownMemories
    forgetter: Forgetter
    slots: SlotLister
    link: DeviceLink

    def list_readings(self, username: str, devicename: str) -> list[tuple[Sensor, SensorReadings]]:
        """Return the enabled inputs of a device, in the state that it reports, with their readings.

        None while the device does not answer, as nothing is enabled then that one could see.
        """
        device = self.devices.find_device(username, devicename, Role.VIEWER)
        try:
            reply = self.link.request(device, "get_devs", {})
        except DeviceUnreachable:
            return []
        value = reply.get("value")
        reported = value if isinstance(value, dict) else {}
        sensors = reconcile_with_device(self.sensors, device, self.sensors.list(device.deviceid), reported)
        return self.join_readings(device, [sensor for sensor in sensors if sensor.is_input and sensor.is_enabled])

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
        return self._read(device, [sensor.slot])[sensor.slot]

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

    def join_readings(self, device: Device, sensors: Sequence[Sensor]) -> list[tuple[Sensor, SensorReadings]]:
        """Put beside each sensor what it measured."""
        if not sensors:
            return []
        readings = self._read(device, [sensor.slot for sensor in sensors])
        return [(sensor, readings[sensor.slot]) for sensor in sensors]

    def _find_input(
        self, username: str, devicename: str, bus: Bus, number: int, sensorname: str, required: Role
    ) -> tuple[Device, Sensor]:
        device = self.devices.find_device(username, devicename, required)
        return device, find_input(self.sensors, device, bus, number, sensorname)

    def _inputs(self, device: Device, bus: Bus, number: int) -> list[Sensor]:
        place = Slot(bus.name, bus.check_number(number))
        return [one for one in self.sensors.list(device.deviceid) if one.is_input and one.slot.source == place.source]

    def _read(self, device: Device, slots: Sequence[Slot]) -> dict[Slot, SensorReadings]:
        """Read the newest readings of slots: in one request if the device still sends of all of them.

        Of a sensor of which it sends no more, the newest lie before the point from which on it is missing.
        """
        memory = self.memories.find({device.deviceid: device.registration})[device.deviceid].memory
        newest = self._samples(device, NEWEST)
        older: dict[str, list[Sample]] = {}
        found = {}
        for slot in slots:
            points = _points(newest, slot, memory)
            missing_since = memory.of(slot).missing_since
            if not points and missing_since is not None:
                if missing_since not in older:
                    older[missing_since] = self._samples(device, just_before(missing_since))
                points = _points(older[missing_since], slot, memory)
            found[slot] = _with_extremes(points, slot, memory)
        return found

    def _samples(self, device: Device, before: str) -> list[Sample]:
        """Return the newest samples up to a position, oldest first."""
        window = Window(OLDEST, before, DATASET_POINTS)
        found = self.log.read_device(device.deviceid, device.registration, Lane.READINGS, window)
        samples = [
            sample
            for message in found.messages
            for sample in read_samples(message.payload, message.received_at, message.message_id)[0]
        ]
        return sorted(samples, key=lambda sample: sample.position)


def _points(samples: Iterable[Sample], slot: Slot, memory: DeviceMemory) -> tuple[Point, ...]:
    cleared = memory.of(slot).cleared
    points = [
        Point(sample.at, sample.values[slot])
        for sample in samples
        if slot in sample.values and sample.position >= cleared
    ]
    return tuple(points[-DATASET_POINTS:])


def _with_extremes(points: Sequence[Point], slot: Slot, memory: DeviceMemory) -> SensorReadings:
    """Take the points into the extremes: the newest may not have been remembered yet."""
    known = memory.of(slot)
    extremes, subextremes = known.extremes, known.subextremes
    for point in points:
        extremes, subextremes = widen(extremes, point.value.value), widen(subextremes, point.value.subvalue)
    return SensorReadings(points, extremes, subextremes)

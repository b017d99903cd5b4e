"""Shows a page of a user's devices at a glance: ports in use, latest values, alarms and the points of small charts.

Devices are not asked: sensors are as they were last known. Besides the page itself, a page takes one request for the
names of sensors, one for each hundred sensors, two for ports, one for states, and one to the log for each device that
measures. Neither the number of a user's devices nor the length of their histories changes that.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from operator import attrgetter

from iotcloud.devices.model import Device
from iotcloud.histories.model import NEWEST, OLDEST, Lane, Window
from iotcloud.pagination import Page
from iotcloud.parallel import run_together
from iotcloud.peripherals.model import Configuration, Sensor
from iotcloud.readings.interfaces import DeviceStates, ListedDevices, Ports, ReadingLog, SensorsOfDevices
from iotcloud.readings.model import Sample, measured_by
from iotcloud.readings.reading_order import ReadMessage, without_repetitions
from iotcloud.readings.service import Point
from iotcloud.readings.state.model import DeviceState

DEVICES_PER_PAGE = 25
CHART_POINTS = 25
"""Messages that are read of a device, and so the most points of a chart."""
CHARTS = 2
"""Inputs of a device whose points are shown."""


@dataclass(frozen=True)
class SensorOverview:
    """One sensor with its newest points, oldest first."""

    sensor: Sensor
    points: Sequence[Point] = ()
    """Of the device's newest 25 messages; empty when none of them has a value of this sensor."""
    is_alarming: bool = False
    """Whether its last reading was beyond its threshold, that of either class."""
    is_inactive: bool = False
    """Whether it has been silent for longer than its owner set."""
    is_charted: bool = False
    """Whether its points are to be shown: true of the first two inputs that have some."""


@dataclass(frozen=True)
class DeviceOverview:
    """One device at a glance."""

    device: Device
    ports: Sequence[Configuration]
    """UART and GPIO as they were last set."""
    sensors: Sequence[SensorOverview]

    @property
    def is_alarming(self) -> bool:
        return any(one.is_alarming or one.is_inactive for one in self.sensors)


@dataclass(frozen=True)
class OverviewService:
    """A user's devices at a glance."""

    devices: ListedDevices
    sensors: SensorsOfDevices
    ports: Ports
    states: DeviceStates
    log: ReadingLog

    def list_overview(self, username: str, limit: int, cursor: str | None = None) -> Page[DeviceOverview]:
        """Return the next devices of a user in the order of their names; raise InvalidInput for a foreign cursor."""
        page = self.devices.list_devices(username, limit, cursor)
        ids = [device.deviceid for device in page.items]
        if not ids:
            return Page([], page.cursor)
        registrations = {device.deviceid: device.registration for device in page.items}
        sensors, ports, states = self.sensors.list_all(ids), self.ports.find_ports(ids), self.states.find(registrations)
        measuring = [device for device in page.items if any(one.is_input for one in sensors.get(device.deviceid, ()))]
        reads: list[Callable[[], Sequence[Sample]]] = [partial(self._read_newest, device) for device in measuring]
        samples = dict(zip((device.deviceid for device in measuring), run_together(reads), strict=True))
        return Page(
            [
                DeviceOverview(
                    device,
                    ports.get(device.deviceid, ()),
                    _overviews(
                        sensors.get(device.deviceid, ()),
                        samples.get(device.deviceid, ()),
                        states[device.deviceid].state,
                    ),
                )
                for device in page.items
            ],
            page.cursor,
        )

    def _read_newest(self, device: Device) -> Sequence[Sample]:
        window = Window(OLDEST, NEWEST, CHART_POINTS)
        found = self.log.read_device(device.deviceid, device.registration, Lane.READINGS, window)
        read = map(ReadMessage.of, reversed(found.messages))
        samples = (sample for one in without_repetitions(read) for sample in one.samples)
        return sorted(samples, key=attrgetter("position"))


def _overviews(sensors: Sequence[Sensor], samples: Sequence[Sample], state: DeviceState) -> list[SensorOverview]:
    points = {one.slot: _points(one, samples, state) for one in sensors if one.is_input}
    charted = [slot for slot, found in points.items() if found][:CHARTS]
    return [_overview(one, points.get(one.slot, ()), state, is_charted=one.slot in charted) for one in sensors]


def _points(sensor: Sensor, samples: Sequence[Sample], state: DeviceState) -> Sequence[Point]:
    cleared = state.of(sensor.slot).cleared
    measured = ((one.at, measured_by(sensor, one)) for one in samples if one.position >= cleared)
    return [Point(at, value) for at, value in measured if value is not None][-CHART_POINTS:]


def _overview(sensor: Sensor, points: Sequence[Point], state: DeviceState, *, is_charted: bool) -> SensorOverview:
    known = state.of(sensor.slot)
    return SensorOverview(
        sensor,
        points,
        is_alarming=known.threshold_state.is_active or known.subthreshold_state.is_active,
        is_inactive=known.inactivity is not None and known.inactivity.is_inactive,
        is_charted=is_charted,
    )

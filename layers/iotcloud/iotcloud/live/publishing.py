"""Publishes what happens to a device to the users who watch it now, and to nobody else.

The watchers stand on the device's row, which is read anyway: while nobody watches, nothing more is asked of AWS. Live
data is a hint; the REST API has the truth. So a message that the broker did not take is lost, and fails nothing.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from iotcloud.clock import Clock
from iotcloud.devices.model import RegisteredDevice
from iotcloud.errors import CommunicationFailed
from iotcloud.live.interfaces import DevicesById, LivePublisher, SensorsOfDevice
from iotcloud.live.model import MAX_SAMPLES, LiveKind, topic_of
from iotcloud.peripherals.model import Sensor, Slot
from iotcloud.readings.model import Sample, measured_by
from iotcloud.readings.state.model import DeviceState


@dataclass(frozen=True)
class LiveUpdates:
    """Tell those who watch a device."""

    publisher: Callable[[], LivePublisher]
    sensors: SensorsOfDevice
    devices: DevicesById
    clock: Clock

    def tell_readings(self, device: RegisteredDevice, samples: Sequence[Sample], state: DeviceState) -> None:
        """Publish samples, oldest first, with the names of their sensors: one query of sensors, if somebody watches."""
        if not self._watchers(device):
            return
        by_slot = {sensor.slot: sensor for sensor in self.sensors.list(device.deviceid)}
        for sample in samples[-MAX_SAMPLES:]:
            if found := _sensors(by_slot, sample, state):
                self.tell(device, LiveKind.READINGS, {"sensors": found}, sample.at)

    def tell_presence(self, device: RegisteredDevice) -> None:
        """Publish whether a device is connected."""
        connected = device.presence.connected
        members: dict[str, object] = {"online": device.is_online}
        if connected is not None:
            members["connected_at"] = _epoch(connected.at)
        self.tell(device, LiveKind.PRESENCE, members)

    def tell_notice(self, deviceid: str, registration: str, notice_id: str, state: str) -> None:
        """Publish the state of a notice; reads the device's row."""
        device = self.devices.find_devices([deviceid]).get(deviceid)
        if device is not None and device.registration == registration:
            self.tell(device, LiveKind.NOTICES, {"noticeid": notice_id, "state": state})

    def tell_change(self, device: RegisteredDevice, what: str) -> None:
        """Publish that something was set: a port (`gpio2`), `sensors`, `settings`, `status` or `users`."""
        self.tell(device, LiveKind.CHANGES, {"what": what})

    def tell_firmware(self, device: RegisteredDevice, state: str, percent: int | None = None) -> None:
        """Publish the progress of a firmware update."""
        self.tell(
            device, LiveKind.FIRMWARE, {"state": state} if percent is None else {"state": state, "percent": percent}
        )

    def tell(
        self, device: RegisteredDevice, kind: LiveKind, members: Mapping[str, object], at: datetime | None = None
    ) -> None:
        """Publish to everybody who watches the device now."""
        watchers = self._watchers(device)
        if not watchers:
            return
        payload = {"at": _epoch(at or self.clock()), **members}
        for username in watchers:
            try:
                self.publisher().publish_live(topic_of(username, device.deviceid, kind), payload)
            except CommunicationFailed:
                # The app reads the REST API after a gap; a failure here must not repeat what a batch did.
                return

    def _watchers(self, device: RegisteredDevice) -> list[str]:
        now = self.clock()
        return [watcher.username for watcher in device.watchers if watcher.until > now]


def _sensors(by_slot: Mapping[Slot, Sensor], sample: Sample, state: DeviceState) -> list[dict[str, Any]]:
    found = []
    for slot in sorted(sample.values, key=lambda one: (one.source, one.address or 0)):
        sensor = by_slot.get(slot)
        value = None if sensor is None else measured_by(sensor, sample)
        if sensor is None or value is None:
            continue
        known = state.of(slot)
        members: dict[str, Any] = {"source": slot.peripheral, "number": slot.number}
        if slot.address is not None:
            members["address"] = slot.address
        members |= {"sensorname": sensor.sensorname, "value": value.value}
        if value.subvalue is not None:
            members["subvalue"] = value.subvalue
        found.append({**members, "state": int(known.threshold_state.is_active or known.subthreshold_state.is_active)})
    return found


def _epoch(at: datetime) -> int:
    return int(at.timestamp())

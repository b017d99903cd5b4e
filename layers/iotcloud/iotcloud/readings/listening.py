"""By the clock: looks for sensors that were silent for too long, and has their owners told."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from iotcloud.batches import Failures
from iotcloud.clock import Clock
from iotcloud.devices.model import RegisteredDevice
from iotcloud.peripherals.model import Configuration, Sensor
from iotcloud.readings.model import DeviceMemory, KeptMemory, MemoryChanged
from iotcloud.readings.remembering import Batch, Rememberer
from iotcloud.readings.watches import find_watches

MAX_ATTENDED = 1000
"""Devices that one run looks at; more wait for the next."""
LATENESS = timedelta(seconds=30)
"""How long a reading may be on its way through rule, queue and sensorian without being missed."""


class Devices(Protocol):
    """The device registry."""

    def find_devices(self, deviceids: Iterable[str]) -> Mapping[str, RegisteredDevice]: ...


class DueMemories(Protocol):
    """What is remembered of devices' sensors, and when somebody has to look at them."""

    def find_due(self, at: datetime, limit: int) -> Sequence[str]: ...
    def find(self, registrations: Mapping[str, str]) -> Mapping[str, KeptMemory]: ...
    def save(self, deviceid: str, registration: str, memory: DeviceMemory, version: int) -> None: ...
    def erase(self, deviceid: str) -> None: ...


class Configurations(Protocol):
    """What slots are set to."""

    def list(self, deviceid: str) -> Iterable[Configuration]: ...


class Sensors(Protocol):
    """What is registered in slots."""

    def list(self, deviceid: str) -> Iterable[Sensor]: ...


@dataclass(frozen=True)
class Attended:
    """What came of one run."""

    devices: int
    told: int
    failed: Sequence[str]
    """The ids of those to look at again."""
    reasons: Mapping[str, int] = field(default_factory=dict)
    """Why, by exception and line."""


@dataclass(frozen=True)
class Listener:
    """Finds silent sensors. Its runs may overlap each other and the sensorian's; nothing is told twice by that."""

    devices: Devices
    memories: DueMemories
    configurations: Configurations
    sensors: Sensors
    rememberer: Rememberer
    clock: Clock

    def attend(self) -> Attended:
        """Look at the devices of which sensors may be silent by now; a device with which that fails stays due."""
        until = self.clock() - LATENESS
        due = self.memories.find_due(until, MAX_ATTENDED)
        devices = self.devices.find_devices(due)
        memories = self.memories.find({deviceid: device.registration for deviceid, device in devices.items()})
        told, failures = 0, Failures()
        for deviceid in due:
            with failures.confined([deviceid]):
                if deviceid in devices:
                    told += self._attend_to(devices[deviceid], memories[deviceid], until)
                else:
                    self.memories.erase(deviceid)
        return Attended(len(due), told, failures.ids, failures.reasons)

    def _attend_to(self, device: RegisteredDevice, kept: KeptMemory, until: datetime) -> int:
        if kept.memory.due_at is None:
            self._forget_former_life(device, kept)
            return 0
        watches = find_watches(self.configurations.list(device.deviceid), self.sensors.list(device.deviceid))
        return self.rememberer.check(
            Batch(device.owner, device.deviceid, device.registration, ()), watches, kept, until
        )

    def _forget_former_life(self, device: RegisteredDevice, kept: KeptMemory) -> None:
        """Write a memory in which nothing is due over one of the device's former registration, if that still stands."""
        try:
            self.memories.save(device.deviceid, device.registration, kept.memory, kept.version)
        except MemoryChanged:
            return

"""The stores of sensors, configurations and blocks in memory; shared suites run against these and the real stores."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from iotcloud.clock import Clock, utc_now
from iotcloud.devices.model import Device, DeviceName, RegisteredDevice, Role
from iotcloud.errors import DeviceNotRegistered, NotPermitted
from iotcloud.notification_blocks.model import NotificationBlock
from iotcloud.peripherals.model import (
    BUSES,
    MAX_SENSORS,
    PORT_SLOTS,
    Configuration,
    Sensor,
    SensorAddressTaken,
    SensorNameTaken,
    Slot,
    SlotTaken,
    TooManySensors,
    words_of,
)
from iotcloud.users.model import Contact


@dataclass
class FakeDevices:
    """Devices by (username, devicename)."""

    known: dict[tuple[str, str], Device] = field(default_factory=dict)

    def find_device(self, username: str, devicename: str, required: Role = Role.OWNER) -> Device:
        device = self.known.get((username, devicename))
        if device is None:
            raise DeviceNotRegistered
        if not device.role.permits(required):
            raise NotPermitted
        return device

    def find_all(self, username: str, devicenames: Sequence[str]) -> list[Device]:
        return [self.known[username, name] for name in devicenames if (username, name) in self.known]

    def find_devices(self, deviceids: Iterable[str]) -> dict[str, RegisteredDevice]:
        wanted = set(deviceids)
        return {device.deviceid: device for device in self.known.values() if device.deviceid in wanted}

    def find_names(self, username: str, devicenames: Mapping[str, str]) -> list[DeviceName]:
        return [
            DeviceName(username, name, device.deviceid, device.registration, device.role)
            for (user, name), device in self.known.items()
            if user == username and device.deviceid in devicenames
        ]

    def register(self, device: Device) -> None:
        """Let a user call a device by its name."""
        self.known[device.username, device.devicename] = device

    def rename(self, device: Device, new_devicename: str) -> Device:
        """Let its user call a device otherwise."""
        del self.known[device.username, device.devicename]
        renamed = replace(device, devicename=new_devicename)
        self.register(renamed)
        return renamed


@dataclass
class FakeSensors:
    """See iotcloud.peripherals.store.SensorStore."""

    kept: dict[tuple[str, str], Sensor] = field(default_factory=dict)

    def add(self, deviceid: str, sensor: Sensor) -> None:
        if (deviceid, sensor.sensorname) in self.kept:
            raise SensorNameTaken
        if any(one.slot == sensor.slot for one in self.list(deviceid)):
            raise SensorAddressTaken if BUSES[sensor.slot.peripheral].is_addressed else SlotTaken
        if len(self.list(deviceid)) == MAX_SENSORS:
            raise TooManySensors
        self.kept[deviceid, sensor.sensorname] = sensor

    def find(self, deviceid: str, sensorname: str) -> Sensor | None:
        return self.kept.get((deviceid, sensorname))

    def list(self, deviceid: str) -> tuple[Sensor, ...]:
        mine = (sensor for (owner, _), sensor in self.kept.items() if owner == deviceid)
        return tuple(sorted(mine, key=lambda sensor: (sensor.slot.source, sensor.slot.address or 0)))

    def list_all(self, deviceids: Iterable[str]) -> dict[str, tuple[Sensor, ...]]:
        return {deviceid: self.list(deviceid) for deviceid in deviceids if self.list(deviceid)}

    def switch(self, deviceid: str, sensors: Iterable[Sensor]) -> None:
        for sensor in sensors:
            known = self.kept.get((deviceid, sensor.sensorname))
            if known is not None:
                self.kept[deviceid, sensor.sensorname] = known.switched(
                    is_enabled=sensor.is_enabled, is_configured=sensor.is_configured
                )

    def delete(self, deviceid: str, sensor: Sensor) -> None:
        self.kept.pop((deviceid, sensor.sensorname), None)

    def find_words(self, deviceids: Iterable[str]) -> dict[str, frozenset[str]]:
        return {
            deviceid: frozenset(words_of(sensor) for sensor in self.list(deviceid))
            for deviceid in deviceids
            if self.list(deviceid)
        }

    def erase(self, deviceid: str) -> None:
        self.kept = {key: sensor for key, sensor in self.kept.items() if key[0] != deviceid}


@dataclass
class FakeConfigurations:
    """See iotcloud.peripherals.store.ConfigurationStore."""

    kept: dict[tuple[str, Slot], Configuration] = field(default_factory=dict)
    set_at: dict[tuple[str, Slot], datetime] = field(default_factory=dict)
    clock: Clock = utc_now

    def save(self, deviceid: str, configuration: Configuration) -> None:
        self.kept[deviceid, configuration.slot] = configuration
        self.set_at[deviceid, configuration.slot] = self.clock()

    def replace(self, deviceid: str, configuration: Configuration, said_at: datetime) -> bool:
        place = deviceid, configuration.slot
        if place in self.kept and self.set_at[place] > said_at:
            return False
        self.kept[place], self.set_at[place] = configuration, said_at
        return True

    def withdraw(self, deviceid: str, slot: Slot, said_at: datetime) -> bool:
        if (deviceid, slot) in self.kept and self.set_at[deviceid, slot] > said_at:
            return False
        self.kept.pop((deviceid, slot), None)
        return True

    def enable(self, deviceid: str, slot: Slot, *, is_enabled: bool) -> None:
        if (deviceid, slot) in self.kept:
            self.set_at[deviceid, slot] = self.clock()
            self.kept[deviceid, slot] = replace(self.kept[deviceid, slot], is_enabled=is_enabled)

    def list(self, deviceid: str) -> tuple[Configuration, ...]:
        mine = (one for (owner, _), one in self.kept.items() if owner == deviceid)
        return tuple(sorted(mine, key=lambda one: (one.slot.source, one.slot.address or 0)))

    def find_ports(self, deviceids: Iterable[str]) -> dict[str, tuple[Configuration, ...]]:
        found = {
            deviceid: tuple(self.kept[deviceid, slot] for slot in PORT_SLOTS if (deviceid, slot) in self.kept)
            for deviceid in deviceids
        }
        return {deviceid: kept for deviceid, kept in found.items() if kept}

    def delete(self, deviceid: str, slots: Iterable[Slot]) -> None:
        for slot in slots:
            self.kept.pop((deviceid, slot), None)

    def erase(self, deviceid: str) -> None:
        self.kept = {key: one for key, one in self.kept.items() if key[0] != deviceid}


@dataclass
class FakeBlocks:
    """See iotcloud.notices.store.NotificationBlockStore."""

    kept: dict[tuple[str, str], NotificationBlock] = field(default_factory=dict)

    def find(self, deviceid: str, source: str) -> NotificationBlock | None:
        return self.kept.get((deviceid, source))

    def save(self, deviceid: str, source: str, block: NotificationBlock) -> None:
        self.kept[deviceid, source] = block

    def delete(self, deviceid: str, *sources: str) -> None:
        for source in sources:
            self.kept.pop((deviceid, source), None)

    def erase(self, deviceid: str) -> None:
        self.kept = {key: block for key, block in self.kept.items() if key[0] != deviceid}


@dataclass
class FakeContacts:
    """Everybody can be reached in the same way."""

    contact: Contact = field(default_factory=lambda: Contact("user@example.com", True, "+6500000000", False))

    def find_contact(self, username: str) -> Contact:
        return self.contact


@dataclass
class FakeSlotMemory:
    """Records the requested resets."""

    forgotten: list[tuple[str, Slot]] = field(default_factory=list)
    rearmed: list[tuple[str, Slot]] = field(default_factory=list)
    expected: list[tuple[str, Slot, int]] = field(default_factory=list)
    begun: list[tuple[str, Sensor]] = field(default_factory=list)

    def begin_slot(self, deviceid: str, sensor: Sensor) -> None:
        self.begun.append((deviceid, sensor))

    def reset_slots(self, deviceid: str, slots: Iterable[Slot]) -> None:
        self.forgotten += [(deviceid, slot) for slot in slots]

    def rearm_slot(self, deviceid: str, slot: Slot) -> None:
        self.rearmed.append((deviceid, slot))

    def expect_data(self, deviceid: str, slot: Slot, seconds: int) -> None:
        self.expected.append((deviceid, slot, seconds))

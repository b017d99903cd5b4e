"""Interfaces (Protocols) that this feature's services need. Wiring provides them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

from iotcloud.devices.model import Device, DeviceName, RegisteredDevice
from iotcloud.notification_blocks.model import NotificationBlock
from iotcloud.peripherals.model import (
    Configuration,
    Sensor,
    Slot,
)

if TYPE_CHECKING:
    from iotcloud.peripherals.references import Resolved


class Blocks(Protocol):
    """The notification blocks of ports."""

    def find(self, deviceid: str, source: str) -> NotificationBlock | None: ...
    def save(self, deviceid: str, source: str, block: NotificationBlock) -> None: ...
    def delete(self, deviceid: str, *sources: str) -> None: ...


class Configurations(Protocol):
    """The last configuration of each slot, for the device's next start."""

    def list(self, deviceid: str) -> tuple[Configuration, ...]: ...

    def replace(self, deviceid: str, configuration: Configuration, said_at: datetime) -> bool:
        """Store what a device reported at that time. False when the slot was set since."""
        ...

    def withdraw(self, deviceid: str, slot: Slot, said_at: datetime) -> bool:
        """Delete a slot's configuration as a device reported at that time. False when the slot was set since."""
        ...

    def save(self, deviceid: str, configuration: Configuration) -> None: ...
    def enable(self, deviceid: str, slot: Slot, *, is_enabled: bool) -> None: ...
    def delete(self, deviceid: str, slots: Iterable[Slot]) -> None: ...
    def erase(self, deviceid: str) -> None: ...


class ReferencedDevices(Protocol):
    """Devices, and users' names for them."""

    def find_all(self, username: str, devicenames: Sequence[str]) -> Sequence[Device]:
        """Return devices by the user's names, without unknown ones."""
        ...

    def find_devices(self, deviceids: Iterable[str]) -> Mapping[str, RegisteredDevice]:
        """Return the registered devices, by id, without those being deleted."""
        ...

    def find_names(self, username: str, devicenames: Mapping[str, str]) -> Sequence[DeviceName]:
        """Return the user's current names of devices, by id, given their names at an earlier time."""
        ...


class References(Protocol):
    """The devices that properties and blocks name; see iotcloud.peripherals.references."""

    def resolve_said(self, owner: str, named: Collection[str], known: Mapping[str, str]) -> dict[str, str]: ...

    def resolve(
        self, device: Device, attributes: Mapping[str, Any], shown: Mapping[str, str] | None = None
    ) -> Resolved: ...

    def shown_ids(self, device: Device, references: Mapping[str, str]) -> Mapping[str, str]: ...

    def show(
        self, device: Device, attributes: Mapping[str, Any], references: Mapping[str, str]
    ) -> Mapping[str, Any]: ...

    def resolve_block(self, device: Device, block: NotificationBlock) -> NotificationBlock: ...
    def show_block(self, device: Device, block: NotificationBlock) -> NotificationBlock: ...


class SensorState(Protocol):
    """What other rooms remember of a slot: its readings, its dataset, the state of its threshold."""

    def begin_slot(self, deviceid: str, sensor: Sensor) -> None: ...
    def reset_slots(self, deviceid: str, slots: Iterable[Slot]) -> None: ...
    def rearm_slot(self, deviceid: str, slot: Slot) -> None: ...
    def expect_data(self, deviceid: str, slot: Slot, seconds: int) -> None: ...


class Sensors(Protocol):
    """The registered sensors of devices."""

    def list(self, deviceid: str) -> tuple[Sensor, ...]: ...
    def add(self, deviceid: str, sensor: Sensor) -> None: ...
    def find(self, deviceid: str, sensorname: str) -> Sensor | None: ...
    def switch(self, deviceid: str, sensors: Iterable[Sensor]) -> None: ...
    def delete(self, deviceid: str, sensor: Sensor) -> None: ...


class StoredBlocks(Protocol):
    """The stored blocks."""

    def find(self, deviceid: str, source: str) -> NotificationBlock | None: ...

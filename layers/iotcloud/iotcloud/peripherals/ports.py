"""What the services of this room need from others, as Protocols; wiring fills them."""

from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from iotcloud.devices.model import Device, Role
from iotcloud.notices.model import Contact, NotificationBlock
from iotcloud.peripherals.model import Configuration, Sensor, Slot


class Devices(Protocol):
    """The device registry: the one place where access is decided."""

    def find_device(self, username: str, devicename: str, required: Role = ...) -> Device: ...


class DeviceLink(Protocol):
    """A command and its reply; raises DeviceUnreachable or CommunicationFailed."""

    def request(self, device: Device, api: str, payload: Mapping[str, object]) -> Mapping[str, Any]: ...


class Sensors(Protocol):
    """The registered sensors of devices."""

    def add(self, deviceid: str, sensor: Sensor) -> None: ...
    def find(self, deviceid: str, sensorname: str) -> Sensor | None: ...
    def list(self, deviceid: str) -> tuple[Sensor, ...]: ...
    def switch(self, deviceid: str, sensors: Iterable[Sensor]) -> None: ...
    def delete(self, deviceid: str, sensor: Sensor) -> None: ...


class Configurations(Protocol):
    """What each slot was last told, for the device's next start."""

    def save(self, deviceid: str, configuration: Configuration) -> None: ...
    def enable(self, deviceid: str, slot: Slot, *, is_enabled: bool) -> None: ...
    def list(self, deviceid: str) -> tuple[Configuration, ...]: ...
    def delete(self, deviceid: str, slots: Iterable[Slot]) -> None: ...
    def erase(self, deviceid: str) -> None: ...


class Blocks(Protocol):
    """The notification blocks of ports."""

    def find(self, deviceid: str, source: str) -> NotificationBlock | None: ...
    def save(self, deviceid: str, source: str, block: NotificationBlock) -> None: ...
    def delete(self, deviceid: str, *sources: str) -> None: ...


class Contacts(Protocol):
    """How an account can be reached."""

    def find_contact(self, username: str) -> Contact: ...


class SlotMemory(Protocol):
    """What other rooms remember of a slot: its readings, its dataset, the state of its threshold."""

    def forget_slots(self, deviceid: str, slots: Iterable[Slot]) -> None: ...
    def rearm_slot(self, deviceid: str, slot: Slot) -> None: ...

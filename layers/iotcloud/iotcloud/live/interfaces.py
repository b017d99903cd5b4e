"""What live data needs from other features and adapters."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from iotcloud.devices.model import Device, RegisteredDevice, Role
from iotcloud.peripherals.model import Sensor


class LivePublisher(Protocol):
    """The way to the broker."""

    def publish_live(self, topic: str, payload: Mapping[str, object]) -> None:
        """Publish with QoS 0; raise CommunicationFailed."""
        ...


class DevicesById(Protocol):
    """The device rows."""

    def find_devices(self, deviceids: Iterable[str]) -> Mapping[str, RegisteredDevice]: ...


class SensorsOfDevice(Protocol):
    """The registered sensors of a device."""

    def list(self, deviceid: str) -> Sequence[Sensor]: ...


class LiveBroker(Protocol):
    """Opens the broker to a user under a policy."""

    @property
    def arn_prefix(self) -> str:
        """How the broker's resources begin: `arn:aws:iot:REGION:ACCOUNT`."""
        ...

    def open_session(self, session_name: str, policy: Mapping[str, object], seconds: int) -> str:
        """Return a signed WebSocket URL whose credentials last so long; raise DependencyFailed, CommunicationFailed."""
        ...


class PermittedDevices(Protocol):
    """A user's devices, with the rights that the user has now."""

    def find_permitted(self, username: str, devicenames: Sequence[str], required: Role) -> list[Device]:
        """Return those of the devices with which the user may do so much; the others are left out."""
        ...


class Watchers(Protocol):
    """Keeps who watches devices."""

    def watch(self, device: Device, until: datetime, now: datetime) -> bool:
        """Note that the device's user watches it; False when it has as many watchers as it can have."""
        ...

    def unwatch(self, deviceid: str, username: str) -> None: ...

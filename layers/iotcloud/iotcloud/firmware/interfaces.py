"""What the services of this feature need from others, as Protocols; wiring fills them."""

from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from iotcloud.devices.model import Device, RegisteredDevice, Role
from iotcloud.firmware.model import Catalogue
from iotcloud.firmware.updates import DeviceFirmware


class Catalogues(Protocol):
    """The catalogue and the images behind it."""

    def read(self) -> Catalogue:
        """Return the catalogue, an empty one before the first release; raise DocumentUnavailable."""
        ...


class Images(Protocol):
    """The images of releases, by location."""

    def put(self, location: str, image: bytes) -> None: ...

    def delete(self, location: str) -> None:
        """Delete an image; nothing to do when it is not there."""
        ...


class ChangeableCatalogue(Catalogues, Protocol):
    """The catalogue as publishers need it."""

    def read_for_change(self) -> tuple[Catalogue, str]:
        """Return the catalogue and the mark of its state."""
        ...

    def replace(self, catalogue: Catalogue, mark: str) -> bool:
        """Write a catalogue in place of the one with that mark; False when another was written meanwhile."""
        ...


class Signer(Protocol):
    """The private key, which nobody sees."""

    @property
    def key(self) -> str:
        """The key's short name: see Release.key."""
        ...

    def sign(self, manifest: bytes) -> bytes:
        """Return the ECDSA signature (P-256, SHA-256, DER) of a manifest; raise DependencyFailed."""
        ...


class Devices(Protocol):
    """The device registry: the one place where access is decided."""

    def find_device(self, username: str, devicename: str, required: Role = ...) -> Device: ...


class RegisteredDevices(Protocol):
    """The device registry as devices' messages need it."""

    def find_devices(self, deviceids: Iterable[str]) -> Mapping[str, RegisteredDevice]: ...

    def record_version(self, deviceid: str, version: str) -> None: ...


class DeviceLink(Protocol):
    """A command and its reply; raises DeviceUnreachable or CommunicationFailed."""

    def request(self, device: Device, api: str, payload: Mapping[str, object]) -> Mapping[str, Any]: ...


class Publisher(Protocol):
    """Hands a message for a device to the broker; raises CommunicationFailed."""

    def publish(self, deviceid: str, api: str, payload: Mapping[str, object]) -> None: ...


class FirmwareRecords(Protocol):
    """What is kept of devices' firmware."""

    def find(self, deviceid: str) -> DeviceFirmware | None: ...

    def find_all(self, deviceids: Iterable[str]) -> Mapping[str, DeviceFirmware]: ...

    def save(self, firmware: DeviceFirmware) -> DeviceFirmware | None:
        """Keep this in place of what it was made of; None when somebody else wrote meanwhile."""
        ...


class ImageSource(Protocol):
    """The images of releases."""

    def get(self, location: str) -> bytes | None:
        """Return an image; None when it is not there."""
        ...

"""What the services of devices need from stores, adapters and other features."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Protocol

from iotcloud.devices.model import (
    Certificate,
    Device,
    DeviceName,
    Location,
    RegisteredDevice,
    Role,
)
from iotcloud.pagination import Page

if TYPE_CHECKING:
    from iotcloud.devices.presence import PresenceEvent
    from iotcloud.devices.registration import Broker, Patience, SignedCertificate


class Brokers(Protocol):
    """Finds the endpoint of devices."""

    def describe(self) -> Broker: ...


class CertificateUse(Protocol):
    """Receives the certificate that a device connects with."""

    def note_use(self, device: RegisteredDevice, certificate_id: str) -> None: ...


class CertifiedDevices(Protocol):
    """The device registry's rows that this service needs."""

    def set_certificate(self, device: RegisteredDevice, certificate: Certificate, due_at: datetime | None) -> None: ...
    def set_successor(self, device: RegisteredDevice, successor: Certificate, due_at: datetime | None) -> None: ...
    def promote(self, device: RegisteredDevice, due_at: datetime | None) -> None: ...
    def forget_certificate(self, device: RegisteredDevice, certificate: Certificate) -> None: ...
    def find_due(self, now: datetime, limit: int) -> Sequence[RegisteredDevice]: ...
    def set_due(self, device: RegisteredDevice, due_at: datetime | None) -> None: ...


class Connections(Protocol):
    """The connections of devices to the broker."""

    def disconnect(self, deviceid: str) -> None:
        """End the device's connection and session, if it has one."""
        ...


class DeviceData(Protocol):
    """A device's data in one feature."""

    def erase(self, deviceid: str) -> None:
        """Delete all of it. Idempotent."""
        ...


class DeviceNames(Protocol):
    """A user's names for devices."""

    def list_names(self, username: str) -> Sequence[DeviceName]:
        """Return the user's names for devices, in one request per megabyte of names."""
        ...


class DeviceRegistry(Protocol):
    """Finds a device by the user's name for it, and checks the user's role."""

    def find_device(self, username: str, devicename: str, required: Role) -> Device:
        """Return the device, if the user may do what `required` may; raise DeviceNotRegistered, NotPermitted."""
        ...


class DeviceStore(Protocol):
    """The device registry's rows that this service needs."""

    def find(self, username: str, devicename: str) -> Device: ...
    def find_all(self, username: str, devicenames: Sequence[str]) -> list[Device]: ...
    def page(self, username: str, limit: int, cursor: str | None = None) -> Page[Device]: ...
    def rename(self, device: Device, new_devicename: str) -> Device: ...
    def set_location(self, device: Device, location: Location | None) -> None: ...
    def set_locations(self, placed: Sequence[tuple[Device, Location | None]]) -> None: ...


class DevicesById(Protocol):
    """The part of the device registry that the sync needs."""

    def find_devices(self, deviceids: Iterable[str]) -> Mapping[str, RegisteredDevice]: ...


class ExpiryNotices(Protocol):
    """Notifies an owner of a certificate's expiry."""

    def announce_expiry(self, device: RegisteredDevice, certificate: Certificate, days: int) -> None:
        """Send one notice per certificate and number of days. Idempotent."""
        ...


class KeyMaker(Protocol):
    """Makes and checks certificate signing requests."""

    def make(self, deviceid: str) -> tuple[str, str]:
        """Return a new private key and its signing request, both PEM."""
        ...

    def check(self, csr_pem: str) -> str:
        """Return the request alone, PEM.

        Raise InvalidInput unless this is a signing request that its key signed and the broker can take.
        """
        ...


class Origins(Protocol):
    """The maker's list of devices."""

    def prove(self, username: str, deviceid: str, serialnumber: str) -> Certificate | None:
        """Return the certificate that the device has already; raise when the serial number is not the device's."""
        ...

    def adopt(self, deviceid: str, certificate_id: str | None) -> None:
        """Keep that the device has an owner; raise when it has got another certificate meanwhile."""
        ...

    def release(self, deviceid: str) -> None:
        """Mark it as unowned again."""
        ...


class OwnedNames(Protocol):
    """Users' names for devices, and the devices themselves."""

    def list_names(self, username: str) -> Sequence[DeviceName]: ...

    def forget_name(self, name: DeviceName) -> None:
        """Remove a user's name for a device; the device itself stays."""
        ...

    def find_devices(self, deviceids: Iterable[str]) -> Mapping[str, RegisteredDevice]: ...


class Parking(Protocol):
    """Dead-letter queue for unusable messages."""

    def park(self, bodies: Mapping[str, str]) -> None:
        """Store bodies, each with the reason why it is unusable. Raise when that fails."""
        ...


class PresenceStore(Protocol):
    """The device registry's rows that this service needs."""

    def record_presence(self, event: PresenceEvent) -> RegisteredDevice | None: ...


class Publisher(Protocol):
    """Sends messages to devices."""

    def publish(self, deviceid: str, api: str, payload: Mapping[str, object]) -> None:
        """Hand a message to the broker, which delivers it at least once; raise CommunicationFailed."""
        ...


class Registration(Protocol):
    """Deletes devices."""

    def delete_device(self, owner: str, devicename: str) -> None: ...


class RegistrationStore(Protocol):
    """The device registry's rows that this service needs."""

    def count_owned(self, username: str, at_most: int) -> int:
        """Return how many devices a user owns, among the first `at_most` names."""
        ...

    def add(self, device: Device) -> None: ...
    def find(self, username: str, devicename: str) -> Device: ...
    def leave(self, device: Device, now: datetime, within: timedelta) -> RegisteredDevice: ...
    def stay(self, device: Device, now: datetime) -> None: ...
    def remove(self, device: Device) -> None: ...
    def set_certificate(self, device: Device, certificate: Certificate, due_at: datetime | None) -> None: ...


class Registrations(Protocol):
    """Looks up registrations of devices."""

    def find_registration(self, deviceid: str) -> str | None:
        """Return the registration of a device, also during its deletion, or None."""
        ...


class Rights(Protocol):
    """Current roles of invited users."""

    def find_roles(self, devices: Sequence[Device]) -> Sequence[Role | None]:
        """Return the role of each device's user, None where access was withdrawn. One request per hundred rows."""
        ...


class SensorWords(Protocol):
    """Search texts of devices' sensors."""

    def find_words(self, deviceids: Iterable[str]) -> Mapping[str, frozenset[str]]: ...


class Sharing(Protocol):
    """Takes users off the devices that others shared with them."""

    def leave_device(self, username: str, devicename: str) -> None: ...


class ThingRegistry(Protocol):
    """The registry of things and certificates of the broker. Deletions are idempotent."""

    def create_thing(self, deviceid: str) -> None: ...
    def delete_thing(self, deviceid: str, patience: Patience) -> None: ...

    def sign(self, csr_pem: str) -> SignedCertificate:
        """Issue an inactive certificate."""
        ...

    def allow(self, certificate_id: str) -> None:
        """Give the certificate the rights of a device."""
        ...

    def bind(self, certificate_id: str, deviceid: str) -> None:
        """Make the certificate that of one thing, and of no other."""
        ...

    def activate(self, certificate_id: str) -> None: ...
    def deactivate(self, certificate_id: str) -> None: ...

    def discard(self, certificate_ids: Sequence[str], deviceid: str, patience: Patience) -> None:
        """Revoke the certificates, take their rights and their thing, and delete them."""
        ...


class LiveChanges(Protocol):
    """Tells the users who watch a device that something was set."""

    def tell_change(self, device: RegisteredDevice, what: str) -> None: ...


class LivePresence(Protocol):
    """Tells the users who watch a device whether it is connected."""

    def tell_presence(self, device: RegisteredDevice) -> None: ...

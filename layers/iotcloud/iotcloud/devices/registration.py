"""Devices come and go: a name, an id, a thing and a certificate appear together, and disappear together."""

import secrets
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

from iotcloud.clock import Clock
from iotcloud.devices.model import (
    Certificate,
    Device,
    RegisteredDevice,
    Role,
    checked_deviceid,
    checked_devicename,
    checked_serialnumber,
    next_duty_at,
)
from iotcloud.errors import DeviceNotRegistered, InvalidInput, NotPermitted, TooManyDevices

DELETION_LEASE = timedelta(seconds=60)
"""After this a deletion that was cut short may be called again; longer than any invocation of the API lasts."""


@dataclass
class Patience:
    """Seconds that one call may wait for the registry in all, however many things and certificates it deletes."""

    seconds: float = 5.0
    """The API's function has 20 s, the gateway 29 s; AWS IoT detaches within several seconds."""

    def spend(self, seconds: float) -> float:
        """Take so many seconds, or what is left of them; 0 when nothing is."""
        taken = min(seconds, self.seconds)
        self.seconds -= taken
        return taken


@dataclass(frozen=True)
class SignedCertificate:
    """A certificate just issued: what is kept of it, and its text for the device."""

    certificate: Certificate
    pem: str


@dataclass(frozen=True)
class Broker:
    """Where devices connect, and whose certificate they will meet there."""

    host: str
    port: int
    ca_pem: str


@dataclass(frozen=True)
class Enrolment:
    """All that a device needs to connect, never kept; without what it has already: its key, or certificate and key."""

    device: Device
    certificate_pem: str | None
    key_pem: str | None
    broker: Broker


class Devices(Protocol):
    """The registry's rows, as far as this service asks for them."""

    def count_owned(self, username: str, at_most: int) -> int:
        """Return how many devices a user owns, among the first `at_most` names."""
        ...

    def add(self, device: Device) -> None: ...

    def find(self, username: str, devicename: str) -> Device: ...

    def leave(self, device: Device, now: datetime, within: timedelta) -> RegisteredDevice: ...

    def stay(self, device: Device, now: datetime) -> None: ...

    def remove(self, device: Device) -> None: ...

    def set_certificate(self, device: Device, certificate: Certificate, due_at: datetime | None) -> None: ...


class ThingRegistry(Protocol):
    """Things and certificates, where the broker looks them up. What undoes is content to find nothing."""

    def create_thing(self, deviceid: str) -> None: ...

    def delete_thing(self, deviceid: str, patience: Patience) -> None: ...

    def sign(self, csr_pem: str) -> SignedCertificate:
        """Issue a certificate, not yet good for anything."""
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


class KeyMaker(Protocol):
    """Makes and checks what a certificate is asked for with."""

    def make(self, deviceid: str) -> tuple[str, str]:
        """Return a new private key and its signing request, both PEM."""
        ...

    def check(self, csr_pem: str) -> str:
        """Return the request alone, PEM.

        Raise InvalidInput unless this is a signing request that its key signed and the broker can take.
        """
        ...


class Brokers(Protocol):
    """Knows where devices connect."""

    def describe(self) -> Broker: ...


class Connections(Protocol):
    """The connections of devices to the broker."""

    def disconnect(self, deviceid: str) -> None:
        """End the device's connection and forget its session, if it has one."""
        ...


class Origins(Protocol):
    """Knows what makers told us of their devices."""

    def prove(self, username: str, deviceid: str, serialnumber: str) -> Certificate | None:
        """Return the certificate that the device has already; raise when the serial number is not the device's."""
        ...

    def adopt(self, deviceid: str, certificate_id: str | None) -> None:
        """Keep that the device has an owner; raise when it has got another certificate meanwhile."""
        ...

    def release(self, deviceid: str) -> None:
        """Keep that it has none after all."""
        ...


class DeviceData(Protocol):
    """What a feature keeps under a device's id."""

    def erase(self, deviceid: str) -> None:
        """Delete all of it; once more changes nothing."""
        ...


@dataclass(frozen=True)
class RegistrationService:
    """Register devices and delete them, completely or not at all."""

    devices: Devices
    things: ThingRegistry
    keys: KeyMaker
    brokers: Brokers
    connections: Connections
    origins: Origins
    data: tuple[DeviceData, ...]
    clock: Clock
    devices_per_user: int = 1000
    """Whoever has more already keeps them, and registers no more."""

    def add_device(
        self, owner: str, devicename: str, deviceid: str, serialnumber: str, csr_pem: str | None = None
    ) -> Enrolment:
        """Register a device and give it a certificate, for the key behind `csr_pem` or for one made here.

        A device that got its certificate on a claim keeps it, and is let in. The serial number of a device that its
        maker told us of must be right.
        The row comes first, so that whoever comes second is refused before anything is made. It knows the certificate
        before that has any rights, and the certificate is activated last. A failure takes back what was made, latest
        first; if even that is cut short, the device is there to be seen and deleted.
        Raise InvalidInput, TooManyDevices, DeviceNameTaken or DeviceIdTaken.
        """
        device = Device(
            deviceid=checked_deviceid(deviceid),
            owner=owner,
            devicename=checked_devicename(devicename),
            serialnumber=checked_serialnumber(serialnumber),
            registered_at=self.clock(),
            registration=secrets.token_hex(8),
            username=owner,
        )
        if csr_pem is not None:
            csr_pem = self.keys.check(csr_pem)
        if self.devices.count_owned(owner, self.devices_per_user) >= self.devices_per_user:
            raise TooManyDevices(detail=[f"at most {self.devices_per_user} devices of an account"])
        provisioned = self.origins.prove(owner, device.deviceid, device.serialnumber)
        broker = self.brokers.describe()
        if provisioned is not None:
            return Enrolment(self._adopt(device, provisioned), None, None, broker)
        patience = Patience()
        with ExitStack() as undo:
            undo.callback(self.devices.remove, device)
            self.devices.add(device)
            undo.callback(self.things.delete_thing, device.deviceid, patience)
            self.things.create_thing(device.deviceid)
            key_pem, request = (None, csr_pem) if csr_pem is not None else self.keys.make(device.deviceid)
            signed = self.things.sign(request)
            certificate_id = signed.certificate.certificate_id
            undo.callback(self.things.discard, (certificate_id,), device.deviceid, patience)
            self._keep(device, signed.certificate)
            self.things.allow(certificate_id)
            self.things.bind(certificate_id, device.deviceid)
            undo.callback(self.origins.release, device.deviceid)
            self.origins.adopt(device.deviceid, None)
            self.things.activate(certificate_id)
            undo.pop_all()
        return Enrolment(replace(device, certificate=signed.certificate), signed.pem, key_pem, broker)

    def _adopt(self, device: Device, certificate: Certificate) -> Device:
        """Give an owner to a device that has its certificate already, and let it connect."""
        with ExitStack() as undo:
            undo.callback(self.devices.remove, device)
            self.devices.add(device)
            undo.callback(self.things.deactivate, certificate.certificate_id)
            self._keep(device, certificate)
            undo.callback(self.origins.release, device.deviceid)
            self.origins.adopt(device.deviceid, certificate.certificate_id)
            self.things.activate(certificate.certificate_id)
            undo.pop_all()
        return replace(device, certificate=certificate)

    def _keep(self, device: Device, certificate: Certificate) -> None:
        due_at = next_duty_at(certificate, None, timedelta(0), device.registered_at)
        self.devices.set_certificate(device, certificate, due_at)

    def delete_device(self, owner: str, devicename: str) -> None:
        """Revoke a device's certificates, disconnect it, and delete it with all data kept for it.

        The rows go last: a deletion that failed on its way can be called again, and does the rest.
        Raise DeviceNotRegistered, NotPermitted to all but the owner, DeletionInProgress while another call is at it.
        """
        try:
            device = self.devices.find(owner, checked_devicename(devicename))
        except InvalidInput:
            raise DeviceNotRegistered from None
        if not device.role.permits(Role.OWNER):
            raise NotPermitted
        with ExitStack() as undo:
            leaving = self.devices.leave(device, self.clock(), DELETION_LEASE)
            undo.callback(self.devices.stay, device, self.clock())
            self._take_down(leaving)
            self.devices.remove(device)
            undo.pop_all()

    def _take_down(self, device: RegisteredDevice) -> None:
        patience = Patience()
        self.things.discard([one.certificate_id for one in device.certificates], device.deviceid, patience)
        self.connections.disconnect(device.deviceid)
        self.things.delete_thing(device.deviceid, patience)
        for feature in self.data:
            feature.erase(device.deviceid)

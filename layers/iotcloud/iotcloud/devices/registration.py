"""Devices come and go: a name, an id, a thing and a certificate appear together, and disappear together."""

import secrets
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import timedelta

from iotcloud.clock import Clock
from iotcloud.devices.interfaces import (
    Brokers,
    Connections,
    DeviceData,
    KeyMaker,
    Origins,
    RegistrationStore,
    ThingRegistry,
)
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
from iotcloud.errors import DeviceNotRegistered, InvalidInput, NotPermitted, Problem, TooManyDevices

DELETION_LEASE = timedelta(seconds=60)
"""Lease of a deletion: an interrupted one may be repeated after this. Longer than any invocation of the API."""


@dataclass
class Patience:
    """Total seconds that one call may wait for the registry, for any number of things and certificates."""

    seconds: float = 5.0
    """The API's function has 20 s, the gateway 29 s; AWS IoT detaches within several seconds."""

    def spend(self, seconds: float) -> float:
        """Take up to so many seconds of what is left."""
        taken = min(seconds, self.seconds)
        self.seconds -= taken
        return taken


@dataclass(frozen=True)
class SignedCertificate:
    """A new certificate: the stored record, and the text for the device."""

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
    """Everything a device needs to connect, never stored. It lacks what the device has already: its key, or certificate
    and key."""

    device: Device
    certificate_pem: str | None
    key_pem: str | None
    broker: Broker


@dataclass(frozen=True)
class RegistrationService:
    """Register devices and delete them, completely or not at all."""

    devices: RegistrationStore
    things: ThingRegistry
    keys: KeyMaker
    brokers: Brokers
    connections: Connections
    origins: Origins
    data: tuple[DeviceData, ...]
    clock: Clock
    devices_per_user: int = 1000
    """A user above the limit keeps the devices and registers no more."""

    def add_device(
        self, owner: str, devicename: str, deviceid: str, serialnumber: str, csr_pem: str | None = None
    ) -> Enrolment:
        """Register a device and give it a certificate, for the key behind `csr_pem` or for one made here.

        A device that was provisioned by a claim keeps its certificate and is admitted. The serial number of a device on
        its maker's list must match.
        The row is written first, so a concurrent second call is refused before it creates anything. The row names the
        certificate before that has any rights, and the certificate is activated last. A failure is rolled back in
        reverse order; if the rollback is interrupted, the device is listed and can be deleted.
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
            raise TooManyDevices(detail=[Problem("", f"at most {self.devices_per_user} devices of an account")])
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
        """Revoke a device's certificates, disconnect it, and delete it with all its data.

        The rows are deleted last, so a failed deletion can be repeated and completes.
        Raise DeviceNotRegistered, NotPermitted to all but the owner, DeletionInProgress during another call.
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

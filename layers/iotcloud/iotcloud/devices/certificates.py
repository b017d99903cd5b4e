"""The lifecycle of a device's certificate after registration: renewal, first use, revocation, notice of expiry."""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from iotcloud.batches import Failures
from iotcloud.clock import Clock
from iotcloud.devices.interfaces import (
    Brokers,
    CertifiedDevices,
    Connections,
    DeviceRegistry,
    ExpiryNotices,
    KeyMaker,
    ThingRegistry,
)
from iotcloud.devices.model import Certificate, Device, RegisteredDevice, Role, next_duty_at, notice_days
from iotcloud.devices.registration import Enrolment, Patience

RUN_TAKES_AT_MOST = timedelta(seconds=240)
"""After this a run begins with no further device: the function has 300 s, and one device takes some seconds at most."""
MAX_DEVICES = 1000
"""Devices that one run attends to; more wait for the next."""


@dataclass(frozen=True)
class Attended:
    """The outcome of one run over the due certificates."""

    devices: int
    failed: Sequence[str]
    """Ids of the devices that remain due."""
    reasons: Mapping[str, int] = field(default_factory=dict)
    """Why, by exception and line."""


@dataclass(frozen=True)
class CertificateService:
    """Renew, revoke and watch the certificates of devices."""

    registry: DeviceRegistry
    devices: CertifiedDevices
    things: ThingRegistry
    keys: KeyMaker
    brokers: Brokers
    connections: Connections
    notices: ExpiryNotices
    clock: Clock
    grace: timedelta
    """Grace period: how long the old certificate stays valid beside its successor, unless the device uses that earlier.
    """

    def renew_certificate(self, username: str, devicename: str, csr_pem: str | None = None) -> Enrolment:
        """Issue a second certificate, for the key behind `csr_pem` or for one made here.

        Both are valid until the device connects with the new one or the grace period ends; then the old one is revoked.
        An unused successor is replaced. A failure is rolled back.
        """
        device = self.registry.find_device(username, devicename, Role.OWNER)
        if csr_pem is not None:
            csr_pem = self.keys.check(csr_pem)
        broker = self.brokers.describe()
        if device.successor is not None:
            self._drop(device, device.successor)
        key_pem, request = (None, csr_pem) if csr_pem is not None else self.keys.make(device.deviceid)
        with ExitStack() as undo:
            signed = self.things.sign(request)
            undo.callback(self._drop, device, signed.certificate)
            self._keep(device, signed.certificate)
            self.things.allow(signed.certificate.certificate_id)
            self.things.bind(signed.certificate.certificate_id, device.deviceid)
            self.things.activate(signed.certificate.certificate_id)
            undo.pop_all()
        return Enrolment(device, signed.pem, key_pem, broker)

    def revoke_certificates(self, username: str, devicename: str) -> None:
        """Revoke all certificates of a device and disconnect it; it stays registered, and can be given a new one."""
        device = self.registry.find_device(username, devicename, Role.OWNER)
        for certificate in device.certificates:
            self._drop(device, certificate)
        self.connections.disconnect(device.deviceid)

    def note_use(self, device: RegisteredDevice, certificate_id: str) -> None:
        """Revoke the old certificate of a device that has connected with the new one."""
        if device.successor is not None and device.successor.certificate_id == certificate_id:
            self._promote(device)

    def attend(self) -> Attended:
        """Process due certificates: end grace periods, and notify owners 30, 7 and 1 days before expiry.

        Devices that a run has no time for stay due for the next run.
        """
        now = self.clock()
        attended, failures = 0, Failures()
        for device in self.devices.find_due(now, MAX_DEVICES):
            if self.clock() - now >= RUN_TAKES_AT_MOST:
                break
            attended += 1
            with failures.confined([device.deviceid]):
                self._attend_to(device, now)
        return Attended(attended, failures.ids, failures.reasons)

    def _attend_to(self, device: RegisteredDevice, now: datetime) -> None:
        if device.successor is not None and device.successor.issued_at + self.grace <= now:
            self._promote(device)
            self.connections.disconnect(device.deviceid)
        else:
            self._announce(device, now)

    def _announce(self, device: RegisteredDevice, now: datetime) -> None:
        if device.certificate is not None and (days := notice_days(device.certificate, now)) is not None:
            self.notices.announce_expiry(device, device.certificate, days)
        self.devices.set_due(device, self._next_duty_at(device.certificate, device.successor))

    def _keep(self, device: Device, certificate: Certificate) -> None:
        if device.certificate is None:
            self.devices.set_certificate(device, certificate, self._next_duty_at(certificate, None))
        else:
            self.devices.set_successor(device, certificate, self._next_duty_at(device.certificate, certificate))

    def _promote(self, device: RegisteredDevice) -> None:
        """Revoke the old certificate, then remove it from the row. So an interrupted call can be repeated."""
        if device.certificate is not None:
            self.things.discard((device.certificate.certificate_id,), device.deviceid, Patience())
        self.devices.promote(device, self._next_duty_at(device.successor, None))

    def _drop(self, device: RegisteredDevice, certificate: Certificate) -> None:
        self.things.discard((certificate.certificate_id,), device.deviceid, Patience())
        self.devices.forget_certificate(device, certificate)

    def _next_duty_at(self, certificate: Certificate | None, successor: Certificate | None) -> datetime | None:
        return next_duty_at(certificate, successor, self.grace, self.clock())

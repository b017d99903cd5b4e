"""Known devices get certificates on their claims, and owners on proof of their serial number."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from iotcloud.clock import Clock
from iotcloud.devices.model import Certificate
from iotcloud.devices.registration import Patience
from iotcloud.errors import TooManyRequests
from iotcloud.provisioning.interfaces import CertificateJobs, Certificates, Discarder, KnownDevices
from iotcloud.provisioning.model import Admission, ClaimUnderWay, IdentityNotProven, KnownDevice, RevokedCertificate
from iotcloud.users.interfaces import Attempts
from iotcloud.users.rate_limits import Limit

GUESSES_AT_ONE_DEVICE = Limit(10, 3600)
"""Wrong serial numbers for a known device: of each user who registers it, and of all claims together."""
CLAIM, ADOPTION = "claim device", "adopt device"
"""The purposes under which wrong serial numbers are counted."""
CLAIM_PATIENCE_SECONDS = 2.0
"""How long a claim waits for AWS IoT to detach the certificate before. Its answer is due within five seconds in all,
some of which a cold start may take (AWS IoT Core developer guide, "Pre-provisioning hooks")."""
BATCH = 100


@dataclass(frozen=True)
class Imported:
    """What came of a list."""

    added: int
    known: int
    conflicts: Sequence[str]
    """Ids that are known with another serial number; they stay as they were."""


@dataclass(frozen=True)
class ImportService:
    """Import lists of devices."""

    known: KnownDevices

    def import_devices(self, devices: Sequence[KnownDevice]) -> Imported:
        """Keep the devices of a list. Idempotent."""
        added, seen, conflicts = 0, 0, []
        for begin in range(0, len(devices), BATCH):
            batch = devices[begin : begin + BATCH]
            known = self.known.find_all([device.deviceid for device in batch])
            new = [device for device in batch if device.deviceid not in known]
            self.known.add_all(new)
            added += len(new)
            differing = [
                one for one in batch if one.deviceid in known and not known[one.deviceid].is_proven_by(one.serialnumber)
            ]
            conflicts += [device.deviceid for device in differing]
            seen += len(batch) - len(new) - len(differing)
        return Imported(added, seen, conflicts)


@dataclass(frozen=True)
class ClaimService:
    """Decide on claims: whether a device that presents the shared claim certificate gets one of its own."""

    known: KnownDevices
    certificates: Certificates
    jobs: CertificateJobs
    attempts: Attempts
    read_expiry: Callable[[str], datetime]
    clock: Clock

    def admit_device(self, deviceid: str, serialnumber: str, certificate_id: str, certificate_pem: str) -> bool:
        """Tell whether a device gets the certificate that was just issued to it, and keep that it did.

        It gets one, and within a quarter of an hour another in its place. The certificate is good for nothing before
        somebody adopts the device. The claim certificate is in many hands, so that serial numbers can be guessed with
        it: after ten wrong ones in an hour the device gets nothing until the hour is over.
        """
        now = self.clock()
        device = self.known.find(deviceid)
        if device is None:
            return False
        try:
            self.attempts.require_left(CLAIM, deviceid, GUESSES_AT_ONE_DEVICE)
            if not device.is_proven_by(serialnumber):
                self.attempts.spend(CLAIM, deviceid, GUESSES_AT_ONE_DEVICE)
                return False
        except TooManyRequests:
            return False
        if not device.may_be_provisioned(now):
            return False
        certificate = Certificate(certificate_id, now, self.read_expiry(certificate_pem))
        if not self.known.set_certificate(deviceid, certificate, now):
            return False
        if device.certificate is not None and device.certificate.certificate_id != certificate_id:
            replaced, patience = device.certificate.certificate_id, Patience(CLAIM_PATIENCE_SECONDS)
            if not self.certificates.retire(replaced, deviceid, patience):
                self.jobs.request_certificate(RevokedCertificate(replaced, deviceid))
        return True


@dataclass(frozen=True)
class CertificateCleanup:
    """Deletes certificates that a claim had no time to delete."""

    things: Discarder

    def delete_certificate(self, certificate: RevokedCertificate) -> None:
        """Delete a certificate. Idempotent. Raise DependencyFailed when it is still attached."""
        self.things.discard((certificate.certificate_id,), certificate.deviceid, Patience())


@dataclass(frozen=True)
class AdoptionService:
    """Hold those who register a device to its serial number, where we know it."""

    known: KnownDevices
    attempts: Attempts
    admission: Admission

    def prove(self, username: str, deviceid: str, serialnumber: str) -> Certificate | None:
        """Return the certificate that the device has already, if any.

        Raise IdentityNotProven; TooManyRequests after ten wrong tries of the user on a device in an hour. Each user is
        counted alone, so that no stranger locks its owner out.
        """
        device = self.known.find(deviceid)
        if device is None:
            if self.admission is Admission.KNOWN:
                raise IdentityNotProven
            return None
        subject = f"{deviceid} by {username}"
        self.attempts.require_left(ADOPTION, subject, GUESSES_AT_ONE_DEVICE)
        if not device.is_proven_by(serialnumber):
            self.attempts.spend(ADOPTION, subject, GUESSES_AT_ONE_DEVICE)
            raise IdentityNotProven
        return device.certificate

    def adopt(self, deviceid: str, certificate_id: str | None) -> None:
        """Keep that a device has an owner, if we know it; raise ClaimUnderWay when it got another certificate since."""
        if not self.known.adopt(deviceid, certificate_id) and self.known.find(deviceid) is not None:
            raise ClaimUnderWay

    def release(self, deviceid: str) -> None:
        """Keep that a device has no owner after all."""
        self.known.release(deviceid)

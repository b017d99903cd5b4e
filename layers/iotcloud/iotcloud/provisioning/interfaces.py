"""What the services of provisioning need from stores, adapters and other features."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from iotcloud.devices.model import Certificate
from iotcloud.devices.registration import Patience
from iotcloud.provisioning.model import KnownDevice, RevokedCertificate


class CertificateJobs(Protocol):
    """Jobs that are done later, and again until they succeed."""

    def request_certificate(self, certificate: RevokedCertificate) -> None:
        """Have a certificate deleted; raise DependencyFailed."""
        ...


class Certificates(Protocol):
    """Takes certificates out of the registry."""

    def retire(self, certificate_id: str, deviceid: str, patience: Patience) -> bool:
        """Revoke the certificate, take its rights and its thing, and delete it; or leave it revoked when time is up.

        Answer whether it was deleted.
        """
        ...


class Discarder(Protocol):
    """Takes certificates out of the registry, with the time that a job has."""

    def discard(self, certificate_ids: Sequence[str], deviceid: str, patience: Patience) -> None: ...


class KnownDevices(Protocol):
    """The rows of known devices."""

    def find(self, deviceid: str) -> KnownDevice | None: ...
    def find_all(self, deviceids: Sequence[str]) -> Mapping[str, KnownDevice]: ...
    def add_all(self, devices: Sequence[KnownDevice]) -> None: ...
    def set_certificate(self, deviceid: str, certificate: Certificate, now: datetime) -> bool: ...
    def adopt(self, deviceid: str, certificate_id: str | None) -> bool: ...
    def release(self, deviceid: str) -> None: ...

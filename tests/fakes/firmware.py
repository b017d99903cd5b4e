"""The firmware's bucket and signing key in memory, with readable contents."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from hashlib import sha256

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from iotcloud.firmware.model import Catalogue
from iotcloud.firmware.updates import DeviceFirmware


@dataclass
class FakeCatalogue:
    """Replaces S3FirmwareCatalogue; `others` are written by a concurrent publisher just before the next write."""

    catalogue: Catalogue = field(default_factory=Catalogue)
    images: dict[str, bytes] = field(default_factory=dict)
    others: list[Catalogue] = field(default_factory=list)
    writes: int = 0

    def read(self) -> Catalogue:
        """See S3FirmwareCatalogue."""
        return self.catalogue

    def read_for_change(self) -> tuple[Catalogue, str]:
        """See S3FirmwareCatalogue."""
        return self.catalogue, str(self.writes)

    def replace(self, catalogue: Catalogue, mark: str) -> bool:
        """See S3FirmwareCatalogue."""
        if self.others:
            self.catalogue = self.others.pop(0)
            self.writes += 1
        if mark != str(self.writes):
            return False
        self.catalogue = catalogue
        self.writes += 1
        return True

    def put(self, location: str, image: bytes) -> None:
        """See S3FirmwareCatalogue."""
        self.images[location] = image

    def get(self, location: str) -> bytes | None:
        """See S3FirmwareCatalogue."""
        return self.images.get(location)

    def delete(self, location: str) -> None:
        """See S3FirmwareCatalogue."""
        self.images.pop(location, None)


class LocalSigner:
    """A key on P-256 in this process."""

    def __init__(self) -> None:
        self._private = ec.generate_private_key(ec.SECP256R1())

    @property
    def public_key(self) -> bytes:
        """See KmsSigner."""
        return self._private.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )

    @property
    def key(self) -> str:
        """See KmsSigner."""
        return sha256(self.public_key).hexdigest()[:16]

    def sign(self, manifest: bytes) -> bytes:
        """See KmsSigner."""
        return self._private.sign(manifest, ec.ECDSA(hashes.SHA256()))


def verify(public_key: bytes, signature: bytes, manifest: bytes) -> None:
    """Raise InvalidSignature unless a key signed a manifest."""
    key = serialization.load_der_public_key(public_key)
    assert isinstance(key, ec.EllipticCurvePublicKey)
    key.verify(signature, manifest, ec.ECDSA(hashes.SHA256()))


@dataclass
class FakeRecords:
    """Takes the place of DeviceFirmwareStore; `others` are written by somebody else just before the next write."""

    rows: dict[str, DeviceFirmware] = field(default_factory=dict)
    others: list[DeviceFirmware] = field(default_factory=list)
    writes: int = 0

    def find(self, deviceid: str) -> DeviceFirmware | None:
        """See DeviceFirmwareStore."""
        return self.rows.get(deviceid)

    def find_all(self, deviceids: Iterable[str]) -> dict[str, DeviceFirmware]:
        """See DeviceFirmwareStore."""
        return {deviceid: self.rows[deviceid] for deviceid in deviceids if deviceid in self.rows}

    def save(self, firmware: DeviceFirmware) -> DeviceFirmware | None:
        """See DeviceFirmwareStore."""
        if self.others:
            other = self.others.pop(0)
            self.rows[other.deviceid] = replace(other, revision=self._revision(other.deviceid) + 1)
        if firmware.revision != self._revision(firmware.deviceid):
            return None
        self.writes += 1
        self.rows[firmware.deviceid] = kept = replace(firmware, revision=firmware.revision + 1)
        return kept

    def erase(self, deviceid: str) -> None:
        """See DeviceFirmwareStore."""
        self.rows.pop(deviceid, None)

    def _revision(self, deviceid: str) -> int:
        return self.rows[deviceid].revision if deviceid in self.rows else 0

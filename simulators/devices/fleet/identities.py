"""The devices of a fleet, with their certificates. Their keys are created here and stay here."""

from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import NameOID


@dataclass(frozen=True)
class Identity:
    """One device of a fleet."""

    number: int
    deviceid: str
    folder: Path

    @property
    def devicename(self) -> str:
        return f"Fleet {self.deviceid}"

    @property
    def serialnumber(self) -> str:
        return f"{self.number:05}"

    @property
    def certificate(self) -> Path:
        return self.folder / f"{self.deviceid}.pem"

    @property
    def key(self) -> Path:
        return self.folder / f"{self.deviceid}.key"

    @property
    def is_enrolled(self) -> bool:
        """Whether it has all files that it needs to connect."""
        return self.certificate.is_file() and self.key.is_file()

    def signing_request(self) -> str:
        """Create a P-256 key if there is none, and return a signing request (PKCS #10, PEM)."""
        self.folder.mkdir(parents=True, exist_ok=True)
        if not self.key.is_file():
            made = ec.generate_private_key(ec.SECP256R1())
            self.key.touch(mode=0o600)
            self.key.write_bytes(made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        key = load_pem_private_key(self.key.read_bytes(), password=None)
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise TypeError(f"{self.key} is not a key of an elliptic curve")
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, self.deviceid)])
        request = x509.CertificateSigningRequestBuilder().subject_name(subject).sign(key, hashes.SHA256())
        return request.public_bytes(Encoding.PEM).decode()

    def forget(self) -> None:
        """Remove its files."""
        self.certificate.unlink(missing_ok=True)
        self.key.unlink(missing_ok=True)


def make_identities(prefix: str, count: int, folder: Path) -> list[Identity]:
    """Return the devices of a fleet: the same prefix gives the same devices."""
    return [Identity(number, f"{prefix}{number:05}", folder) for number in range(1, count + 1)]

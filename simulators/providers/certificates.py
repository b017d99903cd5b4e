"""A certificate authority for one run of the stand-ins: the carriers' SDKs use only HTTPS, and verify certificates."""

import datetime
import ipaddress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

DAYS = 7


@dataclass(frozen=True)
class ServerFiles:
    """A server's certificate and key, and the CA that its callers must trust."""

    authority: Path
    certificate: Path
    key: Path

    @classmethod
    def make(cls, folder: Path) -> Self:
        """Create all three as PEM files in a folder."""
        folder.mkdir(parents=True, exist_ok=True)
        authority_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
        issuer, subject = _name("Stand-in authority"), _name("localhost")
        names = x509.SubjectAlternativeName(
            [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
        )
        usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
        files = cls(folder / "authority.pem", folder / "server.pem", folder / "server.key")
        authority = (
            _builder(issuer, issuer, authority_key.public_key())
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(usage, critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(authority_key.public_key()), critical=False)
            .sign(authority_key, hashes.SHA256())
        )
        identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key())
        server = (
            _builder(subject, issuer, key.public_key())
            .add_extension(names, critical=False)
            .add_extension(identifier, critical=False)
            .sign(authority_key, hashes.SHA256())
        )
        files.authority.write_bytes(authority.public_bytes(Encoding.PEM))
        files.certificate.write_bytes(server.public_bytes(Encoding.PEM))
        files.key.touch(0o600)
        files.key.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        return files


def _builder(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(minutes=5))
        .not_valid_after(now + datetime.timedelta(days=DAYS))
    )


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])

"""Keys and signing requests for devices' certificates. `cryptography` is imported where it is used: most calls of the
API do without, and it costs 36 ms."""

from datetime import datetime
from typing import TYPE_CHECKING

from iotcloud.errors import InvalidInput, Problem

if TYPE_CHECKING:
    from cryptography import x509

MIN_RSA_BITS = 2048
CURVES = ("secp256r1", "secp384r1", "secp521r1")
"""Keys that AWS IoT Core signs for (AWS IoT Core developer guide, "X.509 client certificates")."""


class DeviceKeys:
    """Makes P-256 keys: AWS IoT Core accepts them, and the smallest devices can use them."""

    def make(self, deviceid: str) -> tuple[str, str]:
        """Return a new private key (PKCS #8) and its signing request with the device id as common name, both PEM."""
        from cryptography import x509
        from cryptography.hazmat.primitives import hashes, serialization
        from cryptography.hazmat.primitives.asymmetric import ec
        from cryptography.x509.oid import NameOID

        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, deviceid[:64])])
        request = x509.CertificateSigningRequestBuilder().subject_name(subject).sign(key, hashes.SHA256())
        key_pem = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        return key_pem.decode(), request.public_bytes(serialization.Encoding.PEM).decode()

    def check(self, csr_pem: str) -> str:
        """Return only the request, as PEM. Anything beside it, such as a private key, is dropped.

        Raise InvalidInput unless it is readable, signed by its own key, and of a key that AWS signs for.
        """
        from cryptography.hazmat.primitives import serialization

        request = _read_request(csr_pem)
        if not _is_signable(request):
            raise InvalidInput(
                "Certificate signing request is not acceptable", detail=[Problem("csr", "key or signature")]
            )
        return request.public_bytes(serialization.Encoding.PEM).decode()


def read_expiry(certificate_pem: str) -> datetime:
    """Return when a certificate ends."""
    from cryptography import x509

    return x509.load_pem_x509_certificate(certificate_pem.encode()).not_valid_after_utc


def _read_request(csr_pem: str) -> "x509.CertificateSigningRequest":
    from cryptography import x509

    try:
        return x509.load_pem_x509_csr(csr_pem.encode())
    except ValueError:
        raise InvalidInput(
            "Certificate signing request is not readable", detail=[Problem("csr", "PKCS #10, PEM")]
        ) from None


def _is_signable(request: "x509.CertificateSigningRequest") -> bool:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric import ec, rsa

    try:
        key = request.public_key()
        is_own = request.is_signature_valid
    except (UnsupportedAlgorithm, ValueError):
        return False
    match key:
        case rsa.RSAPublicKey():
            return is_own and key.key_size >= MIN_RSA_BITS
        case ec.EllipticCurvePublicKey():
            return is_own and key.curve.name in CURVES
        case _:
            return False

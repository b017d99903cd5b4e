"""Keys and signing requests: what is made can be signed, and what cannot be signed is refused."""

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import NameOID

from iotcloud.adapters.certificate_requests import DeviceKeys
from iotcloud.errors import InvalidInput

NAME = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a secure element")])


def request_of(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey) -> str:
    algorithm = None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256()
    request = x509.CertificateSigningRequestBuilder().subject_name(NAME).sign(key, algorithm)
    return request.public_bytes(serialization.Encoding.PEM).decode()


def test_a_key_and_its_request_belong_together() -> None:
    key_pem, csr_pem = DeviceKeys().make("PH80XXRR1123264F")
    key = serialization.load_pem_private_key(key_pem.encode(), password=None)
    request = x509.load_pem_x509_csr(csr_pem.encode())

    assert isinstance(key, ec.EllipticCurvePrivateKey)
    assert key.curve.name == "secp256r1"
    assert key.public_key() == request.public_key()
    assert request.subject.rfc4514_string() == "CN=PH80XXRR1123264F"
    DeviceKeys().check(csr_pem)


def test_a_long_id_fits_the_common_name() -> None:
    DeviceKeys().check(DeviceKeys().make("x" * 128)[1])


def test_two_keys_are_two() -> None:
    assert DeviceKeys().make("a")[0] != DeviceKeys().make("a")[0]


@pytest.mark.parametrize("curve", [ec.SECP256R1(), ec.SECP384R1(), ec.SECP521R1()])
def test_the_curves_that_aws_signs_for_are_taken(curve: ec.EllipticCurve) -> None:
    DeviceKeys().check(request_of(ec.generate_private_key(curve)))


def test_a_long_rsa_key_is_taken_and_a_short_one_is_not() -> None:
    DeviceKeys().check(request_of(rsa.generate_private_key(65537, 2048)))
    with pytest.raises(InvalidInput):
        DeviceKeys().check(request_of(rsa.generate_private_key(65537, 1024)))


@pytest.mark.parametrize("key", [ec.generate_private_key(ec.SECP256K1()), ed25519.Ed25519PrivateKey.generate()])
def test_keys_that_aws_does_not_sign_for_are_refused(
    key: ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey,
) -> None:
    with pytest.raises(InvalidInput):
        DeviceKeys().check(request_of(key))


def test_a_request_that_its_key_did_not_sign_is_refused() -> None:
    request = x509.load_pem_x509_csr(DeviceKeys().make("a")[1].encode())
    signed = request.public_bytes(serialization.Encoding.DER)
    forged = x509.load_der_x509_csr(signed[:-1] + bytes([signed[-1] ^ 1]))
    text = forged.public_bytes(serialization.Encoding.PEM).decode()
    with pytest.raises(InvalidInput):
        DeviceKeys().check(text)


@pytest.mark.parametrize(
    "text",
    ["", "nonsense", "-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----", "\x00", "é"],
)
def test_what_is_no_request_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        DeviceKeys().check(text)


@pytest.mark.parametrize("order", ["before", "after", "both"])
def test_a_private_key_beside_a_request_is_not_sent_on(order: str) -> None:
    key_pem, csr_pem = DeviceKeys().make("PH80XXRR1123264F")
    sent = {
        "before": key_pem + csr_pem,
        "after": csr_pem + key_pem,
        "both": key_pem + csr_pem + "my password" + key_pem,
    }

    kept = DeviceKeys().check(sent[order])

    assert kept == csr_pem

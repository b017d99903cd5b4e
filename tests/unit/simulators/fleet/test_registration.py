"""Registering a fleet through the REST API, and removing it."""

import threading
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from simulators.devices.fleet.identities import Identity, make_identities
from simulators.devices.fleet.registration import Registrar, RegistrationFailed


class FakeApi:
    """As much of the REST API as registration calls."""

    def __init__(self) -> None:
        self.devices: dict[str, dict[str, Any]] = {}
        self.fails_with: tuple[int, dict[str, Any]] | None = None
        self._lock = threading.Lock()

    def call(self, method: str, path: str, body: Any = None) -> tuple[int, dict[str, Any]]:
        name = unquote(path.removeprefix("/devices/device/"))
        with self._lock:
            if self.fails_with is not None:
                return self.fails_with
            if method == "DELETE":
                return (200, {}) if self.devices.pop(name, None) else (404, {"message": "Device is not registered"})
            if name in self.devices:
                return 409, {"message": "Device name is already taken"}
            self.devices[name] = body
            return 200, {"device": {"cert": f"certificate of {body['deviceid']}"}}


@pytest.fixture
def identities(tmp_path: Path) -> list[Identity]:
    return make_identities("UNIT", 12, tmp_path / "fleet")


def test_each_device_is_registered_with_a_key_that_stays_here(identities: list[Identity]) -> None:
    api = FakeApi()
    registered = list(Registrar(api, workers=3).register_devices(identities))
    assert registered == identities
    assert len(api.devices) == 12
    for identity in identities:
        assert identity.is_enrolled
        assert identity.certificate.read_text() == f"certificate of {identity.deviceid}"
        assert identity.key.stat().st_mode & 0o077 == 0
        body = api.devices[identity.devicename]
        assert (body["deviceid"], body["serialnumber"]) == (identity.deviceid, identity.serialnumber)
        request = x509.load_pem_x509_csr(body["csr"].encode())
        assert request.is_signature_valid
        assert isinstance(request.public_key(), ec.EllipticCurvePublicKey)
        assert "PRIVATE" not in str(body)


def test_device_whose_certificate_is_lost_is_registered_anew(identities: list[Identity]) -> None:
    api = FakeApi()
    list(Registrar(api).register_devices(identities))
    identities[3].certificate.unlink()
    list(Registrar(api).register_devices([identities[3]]))
    assert identities[3].is_enrolled
    assert len(api.devices) == 12


def test_refusal_ends_the_registration_with_its_reason(identities: list[Identity]) -> None:
    api = FakeApi()
    api.fails_with = 400, {"message": "Invalid parameters"}
    with pytest.raises(RegistrationFailed, match="UNIT00001: 400 Invalid parameters"):
        list(Registrar(api).register_devices(identities))
    assert not identities[0].is_enrolled


def test_removed_devices_leave_no_files_and_may_be_gone_already(identities: list[Identity]) -> None:
    api = FakeApi()
    list(Registrar(api).register_devices(identities))
    del api.devices[identities[0].devicename]
    assert list(Registrar(api).remove_devices(identities)) == identities
    assert api.devices == {}
    assert not any(identities[0].folder.iterdir())


def test_device_that_cannot_be_removed_keeps_its_files(identities: list[Identity]) -> None:
    api = FakeApi()
    list(Registrar(api).register_devices(identities))
    api.fails_with = 500, {"message": "Request failed"}
    with pytest.raises(RegistrationFailed, match="500 Request failed"):
        list(Registrar(api).remove_devices(identities))
    assert all(identity.is_enrolled for identity in identities)


def test_key_is_kept_when_the_request_is_made_again(identities: list[Identity]) -> None:
    first, second = (x509.load_pem_x509_csr(identities[0].signing_request().encode()) for _ in range(2))
    assert first.public_key() == second.public_key()


def test_same_prefix_names_the_same_devices(tmp_path: Path) -> None:
    few, many = make_identities("UNIT", 2, tmp_path), make_identities("UNIT", 3, tmp_path)
    assert many[:2] == few
    assert [one.deviceid for one in many] == ["UNIT00001", "UNIT00002", "UNIT00003"]

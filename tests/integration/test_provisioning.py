"""Known devices: imported, provisioned on a claim, and registered by the first user with the serial number (moto)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest

from iotcloud.adapters.certificate_requests import DeviceKeys
from iotcloud.provisioning.model import RETRY_WITHIN, KnownDevice
from iotcloud.provisioning.service import GUESSES_AT_ONE_DEVICE, Imported, ImportService
from iotcloud.wiring import Wiring
from tests.fakes.access_tokens import FakeTokens
from tests.fakes.api import ApiAnswer, call_api
from tests.integration.platform import POLICY, REGION, running_platform
from tests.parts import replace_part

DEVICEID, SERIALNUMBER = "FACTORY1", "7K4M-22QX"


@dataclass
class Factory:
    """A platform with one imported device."""

    wired: Wiring
    iot: Any
    now: datetime = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)

    def claim(self, serialnumber: str = SERIALNUMBER, deviceid: str = DEVICEID) -> str | None:
        """Process a claim like AWS IoT: issue, call the hook, and apply the template; None if it is rejected."""
        made = self.iot.create_certificate_from_csr(certificateSigningRequest=DeviceKeys().make(deviceid)[1])
        certificate_id: str = made["certificateId"]
        if not self.wired.provisioning.claims.admit_device(
            deviceid, serialnumber, certificate_id, made["certificatePem"]
        ):
            return None
        self.iot.create_thing(thingName=deviceid)
        self.iot.attach_policy(policyName=POLICY, target=made["certificateArn"])
        self.iot.attach_thing_principal(thingName=deviceid, principal=made["certificateArn"])
        return certificate_id

    def register(self, username: str, serialnumber: str = SERIALNUMBER) -> ApiAnswer:
        """Register the device as its owner would."""
        identity = {"deviceid": DEVICEID, "serialnumber": serialnumber}
        return call_api("POST", "/devices/device/Mine", identity, FakeTokens.issue(username))

    def status(self, certificate_id: str) -> str:
        """Return a certificate's state in the registry; `DELETED` when it is not there."""
        found = {one["certificateId"]: one["status"] for one in self.iot.list_certificates()["certificates"]}
        return str(found.get(certificate_id, "DELETED"))


@pytest.fixture
def factory() -> Iterator[Factory]:
    with running_platform() as wired:
        factory = Factory(wired, boto3.client("iot", region_name=REGION))
        replace_part(wired, "clock", lambda: factory.now)
        ImportService(wired.stores.known_devices).import_devices([KnownDevice(DEVICEID, SERIALNUMBER)])
        yield factory


def test_import_devices_twice_changes_nothing_and_overwrites_nothing(factory: Factory) -> None:
    imports = ImportService(factory.wired.stores.known_devices)
    listed = [KnownDevice(f"PH{number}", "1") for number in range(120)]
    assert imports.import_devices(listed) == Imported(120, 0, [])
    assert imports.import_devices(listed) == Imported(0, 120, [])
    changed = [KnownDevice("PH7", "2"), KnownDevice("PH120", "1")]
    assert imports.import_devices(changed) == Imported(1, 0, ["PH7"])
    kept = factory.wired.stores.known_devices.find("PH7")
    assert kept is not None
    assert kept.serialnumber == "1"


@pytest.mark.parametrize(
    ("deviceid", "serialnumber"), [(DEVICEID, "guessed"), (DEVICEID, ""), ("UNKNOWN", SERIALNUMBER)]
)
def test_a_claim_is_admitted_for_known_serial_numbers_only(factory: Factory, deviceid: str, serialnumber: str) -> None:
    assert factory.claim(serialnumber, deviceid) is None


def test_a_claimed_certificate_is_let_in_when_somebody_proves_the_device(factory: Factory) -> None:
    certificate_id = factory.claim()
    assert certificate_id is not None
    refused = factory.register("eve", "guessed")
    assert (refused.status, refused.body["message"]) == (400, "Device id and serial number do not belong together")
    assert factory.status(certificate_id) == "INACTIVE"

    assert factory.register("ann").status == 200
    assert factory.status(certificate_id) == "ACTIVE"
    assert factory.register("bob").status == 409
    assert factory.wired.stores.devices.find("ann", "Mine").certificate is not None


def test_a_second_claim_replaces_the_first_for_a_while(factory: Factory) -> None:
    first = factory.claim()
    second = factory.claim()
    assert first is not None
    assert second is not None
    assert (factory.status(first), factory.status(second)) == ("DELETED", "INACTIVE")
    factory.now += RETRY_WITHIN
    assert factory.claim() is None
    assert factory.register("ann").status == 200
    assert factory.status(second) == "ACTIVE"


def test_a_device_with_an_owner_gets_nothing_on_a_claim_until_it_is_deleted(factory: Factory) -> None:
    assert factory.register("ann").status == 200
    assert factory.claim() is None
    assert call_api("DELETE", "/devices/device/Mine", token=FakeTokens.issue("ann")).status == 200
    assert factory.claim() is not None


def test_guessing_ends_after_some_tries(factory: Factory) -> None:
    for number in range(GUESSES_AT_ONE_DEVICE.attempts):
        assert factory.register("eve", f"guess {number}").status == 400
    assert factory.register("eve").status == 429
    assert factory.register("ann").status == 200, "the owner is not locked out"


def test_right_serial_numbers_are_no_guesses(factory: Factory) -> None:
    for _ in range(GUESSES_AT_ONE_DEVICE.attempts + 2):
        assert factory.claim() is not None


def test_claims_guess_only_so_often(factory: Factory) -> None:
    for number in range(GUESSES_AT_ONE_DEVICE.attempts):
        assert factory.claim(f"guess {number}") is None

    assert factory.claim() is None, "not even the right one, for the rest of the hour"
    assert factory.register("ann").status == 200, "which does not keep its owner from registering it"


def test_claims_of_unknown_devices_count_nothing(factory: Factory) -> None:
    for number in range(GUESSES_AT_ONE_DEVICE.attempts + 2):
        assert factory.claim(SERIALNUMBER, f"UNKNOWN{number}") is None

    assert factory.claim() is not None


def test_a_device_that_was_released_keeps_its_certificate_and_can_be_adopted_again(factory: Factory) -> None:
    certificate_id, known = factory.claim(), factory.wired.stores.known_devices
    assert known.adopt(DEVICEID, certificate_id)

    known.release(DEVICEID)

    found = known.find(DEVICEID)
    assert found is not None
    assert found.certificate is not None
    assert (found.certificate.certificate_id, found.is_adopted) == (certificate_id, False)
    assert known.adopt(DEVICEID, certificate_id)

"""Certificates and things are deleted although AWS detaches them asynchronously (moto, everything as wired)."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from pynamodb.exceptions import UpdateError

from functions import admit_devices, check_certificates, erase_data
from iotcloud.adapters import thing_registry
from iotcloud.adapters.certificate_requests import DeviceKeys
from iotcloud.errors import DependencyFailed
from iotcloud.jobs import write_certificate, write_erasure
from iotcloud.provisioning.model import KnownDevice, RevokedCertificate
from iotcloud.provisioning.service import ImportService
from iotcloud.users.account_deletion import Erasure
from iotcloud.wiring import Wiring
from tests.integration.platform import REGION, around_requests, make_user, running_platform
from tests.parts import replace_part

DEVICEID = "PH80XXRR1123264F"
REFUSALS = {"DeleteCertificate": "DeleteConflictException", "DeleteThing": "InvalidRequestException"}
"""Error codes of AWS IoT for attached certificates and things (AWS IoT API reference)."""


@dataclass
class SlowDetachment:
    """Detaches when so many seconds of pauses have passed since it was asked to, as AWS does."""

    seconds: float = 1.0
    now: float = 0.0
    detached_at: float = 0.0
    refused: list[str] = field(default_factory=list)
    failing: str = ""
    """An operation that fails altogether."""

    def __call__(self, operation: str, request: Callable[[], Any]) -> Any:
        if operation == self.failing:
            raise ClientError({"Error": {"Code": "InternalFailureException"}}, operation)
        if operation == "DetachThingPrincipal":
            self.detached_at = self.now + self.seconds
        if operation in REFUSALS and self.now < self.detached_at:
            self.refused.append(operation)
            raise ClientError(
                {
                    "Error": {
                        "Code": REFUSALS[operation],
                        "Message": "Thing is still attached to one or more principals",
                    }
                },
                operation,
            )
        return request()

    def pause(self, seconds: float) -> None:
        self.now += seconds


@dataclass
class Registry:
    """A platform with a user and a device whose registry detaches slowly."""

    wired: Wiring
    detachment: SlowDetachment
    now: datetime = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)

    @property
    def left(self) -> tuple[int, int]:
        """How many certificates and how many things there are."""
        iot = boto3.client("iot", region_name=REGION)
        return len(iot.list_certificates()["certificates"]), len(iot.list_things()["things"])

    def add(self) -> None:
        self.wired.devices.registration.add_device("ann", "Mine", DEVICEID, "00079")


@pytest.fixture
def registry() -> Iterator[Registry]:
    with running_platform() as wired, registry_that_detaches(wired, SlowDetachment()) as registry:
        make_user(wired, "ann")
        yield registry


@contextmanager
def registry_that_detaches(wired: Wiring, detachment: SlowDetachment) -> Iterator[Registry]:
    registry = Registry(wired, detachment)
    replace_part(wired, "clock", lambda: registry.now)
    with around_requests(detachment), pytest.MonkeyPatch.context() as patch:
        patch.setattr(thing_registry, "IotThings", partial(thing_registry.IotThings, pause=detachment.pause))
        yield registry


def test_delete_device(registry: Registry) -> None:
    registry.add()
    registry.wired.devices.registration.delete_device("ann", "Mine")

    assert registry.left == (0, 0)
    assert "DeleteCertificate" in registry.detachment.refused


def test_delete_device_with_two_certificates(registry: Registry) -> None:
    registry.add()
    registry.wired.devices.certificates.renew_certificate("ann", "Mine")
    registry.wired.devices.registration.delete_device("ann", "Mine")

    assert registry.left == (0, 0)


def test_delete_device_with_two_certificates_waits_once_for_both() -> None:
    """Four seconds of detaching, begun together: one after the other they would take more than a call has."""
    with running_platform() as wired, registry_that_detaches(wired, SlowDetachment(seconds=4.0)) as registry:
        make_user(wired, "ann")
        registry.add()
        wired.devices.certificates.renew_certificate("ann", "Mine")
        wired.devices.registration.delete_device("ann", "Mine")

        assert registry.left == (0, 0)
        assert registry.detachment.now <= 5.0


def test_renew_certificate_again_before_the_first_successor_was_used(registry: Registry) -> None:
    registry.add()
    registry.wired.devices.certificates.renew_certificate("ann", "Mine")
    registry.wired.devices.certificates.renew_certificate("ann", "Mine")

    assert registry.left == (2, 1)
    assert registry.detachment.refused


def test_revoke_certificates(registry: Registry) -> None:
    registry.add()
    registry.wired.devices.certificates.revoke_certificates("ann", "Mine")

    assert registry.left == (0, 1)
    assert registry.detachment.refused


def test_the_end_of_the_time_of_grace(registry: Registry) -> None:
    registry.add()
    registry.wired.devices.certificates.renew_certificate("ann", "Mine")
    registry.now += timedelta(days=400)
    check_certificates.handler({}, None)

    assert registry.left == (1, 1)
    assert registry.detachment.refused


@pytest.mark.parametrize("failing", ["AttachThingPrincipal", "UpdateItem", "AttachPolicy"])
def test_a_registration_that_failed_is_undone(registry: Registry, failing: str) -> None:
    registry.detachment.failing = failing
    with pytest.raises((DependencyFailed, UpdateError)):
        registry.add()

    assert registry.left == (0, 0)


def test_the_eraser_of_a_closed_account(registry: Registry) -> None:
    registry.add()
    erasure = Erasure("ann", registry.now - timedelta(days=2))
    erase_data.handler({"Records": [{"messageId": "1", "body": write_erasure(erasure)}]}, None)

    assert registry.left == (0, 0)
    assert registry.detachment.refused


def test_a_claim_that_replaces_a_certificate(registry: Registry) -> None:
    claim_twice(registry)

    assert registry.left == (1, 1)
    assert registry.detachment.refused


def test_a_claim_does_not_wait_for_a_certificate_that_is_detached_too_slowly() -> None:
    with running_platform() as wired, registry_that_detaches(wired, SlowDetachment(seconds=30.0)) as registry:
        claim_twice(registry)

        assert registry.detachment.now == pytest.approx(2.0)
        assert registry.left == (2, 1)
        statuses = [
            one["status"] for one in boto3.client("iot", region_name=REGION).list_certificates()["certificates"]
        ]
        assert "REVOKED" in statuses


def test_a_certificate_that_a_claim_left_is_deleted_by_the_eraser() -> None:
    with running_platform() as wired, registry_that_detaches(wired, SlowDetachment(seconds=30.0)) as registry:
        claim_twice(registry)
        iot = boto3.client("iot", region_name=REGION)
        (left,) = (one for one in iot.list_certificates()["certificates"] if one["status"] == "REVOKED")
        job = write_certificate(RevokedCertificate(left["certificateId"], DEVICEID))
        batch = {"Records": [{"messageId": "1", "body": job}]}
        assert delayed_jobs(wired) == 1

        with pytest.raises(DependencyFailed):
            erase_data.handler(batch, None)
        registry.detachment.seconds = 0.0
        registry.detachment.now += 30.0
        erase_data.handler(batch, None)
        erase_data.handler(batch, None)

        assert registry.left == (1, 1)


def test_a_claim_that_could_delete_its_certificate_leaves_no_job(registry: Registry) -> None:
    claim_twice(registry)

    assert delayed_jobs(registry.wired) == 0


def delayed_jobs(wired: Wiring) -> int:
    """How many jobs wait in the eraser's queue for their time."""
    sqs, name = boto3.client("sqs", region_name=REGION), "ApproximateNumberOfMessagesDelayed"
    asked = sqs.get_queue_attributes(QueueUrl=wired.settings.erasures_queue_url, AttributeNames=[name])
    return int(asked["Attributes"][name])


def claim_twice(registry: Registry) -> None:
    """Have a device claim a certificate, and then another in its place."""
    iot = boto3.client("iot", region_name=REGION)
    ImportService(registry.wired.stores.known_devices).import_devices([KnownDevice(DEVICEID, "7K4M")])
    for _ in range(2):
        made = iot.create_certificate_from_csr(certificateSigningRequest=DeviceKeys().make(DEVICEID)[1])
        claim = {
            "certificateId": made["certificateId"],
            "certificatePem": made["certificatePem"],
            "parameters": {"SerialNumber": "7K4M", "DeviceId": DEVICEID},
        }
        assert admit_devices.handler(claim, None)["allowProvisioning"]
        iot.create_thing(thingName=DEVICEID)
        iot.attach_thing_principal(thingName=DEVICEID, principal=made["certificateArn"])


def test_a_detachment_that_takes_too_long_fails_and_can_be_done_later() -> None:
    with running_platform() as wired, registry_that_detaches(wired, SlowDetachment(seconds=30.0)) as registry:
        registry.add()
        with pytest.raises(DependencyFailed):
            wired.devices.registration.delete_device("ann", "Mine")
        assert registry.detachment.now == pytest.approx(5.0)
        assert registry.left == (1, 1)

        registry.detachment.seconds = 0.0
        registry.detachment.now += 30.0
        registry.now += timedelta(minutes=2)
        wired.devices.registration.delete_device("ann", "Mine")
        assert registry.left == (0, 0)


def test_what_is_not_attached_is_deleted_without_a_pause() -> None:
    with running_platform() as wired, registry_that_detaches(wired, SlowDetachment(seconds=0.0)) as registry:
        registry.add()
        wired.devices.registration.delete_device("ann", "Mine")

        assert registry.detachment.now == 0.0
        assert registry.left == (0, 0)

"""Registration and deletion are complete, whichever AWS request fails, before or after its effect (moto)."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, ReadTimeoutError
from moto.core import DEFAULT_ACCOUNT_ID
from moto.dynamodb.models import dynamodb_backends

from functions import erase_data as eraser
from iotcloud.devices.model import Location, Role
from iotcloud.devices.registration import DELETION_LEASE
from iotcloud.groups.model import GroupNameTaken
from iotcloud.histories.model import Lane
from iotcloud.notices.ledger import Notice
from iotcloud.notification_blocks.model import Channel, NotificationBlock, Text
from iotcloud.peripherals.model import Configuration, Sensor, Slot
from iotcloud.readings.state.model import DeviceState
from iotcloud.sharing.model import DeviceUser
from iotcloud.wiring import Wiring
from tests.fakes.messages import NOON, message
from tests.integration.platform import REGION, around_requests, running_platform
from tests.parts import replace_part

pytestmark = pytest.mark.long

SERIALNUMBER = "00079"
EXPIRES = ("attempts", "command_leases", "notice_counters")
"""Tables whose rows say nothing of a device but its id, and go within hours by themselves."""
MOST_STEPS = 100


class Failure(StrEnum):
    """How requests fail."""

    BEFORE = "before it took effect"
    AFTER = "after it took effect"
    KILLED = "as all that follow: the function was killed"


@dataclass
class Outage:
    """Makes the request of a number fail."""

    step: int
    failure: Failure
    asked: int = 0

    def __call__(self, operation: str, request: Callable[[], Any]) -> Any:
        self.asked += 1
        if self.asked == self.step or (self.has_happened and self.failure is Failure.KILLED):
            if self.failure is Failure.AFTER:
                with suppress(ClientError):
                    request()
            raise ReadTimeoutError(endpoint_url=f"https://{operation}.example.com")
        return request()

    @property
    def has_happened(self) -> bool:
        return self.asked >= self.step


@dataclass
class Harness:
    """A platform whose clock the test moves."""

    wired: Wiring
    now: datetime = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)

    def add(self, deviceid: str) -> None:
        """Register a device under its id as its name."""
        self.wired.devices.registration.add_device("ann", deviceid, deviceid, SERIALNUMBER)

    def delete(self, deviceid: str) -> None:
        """Delete a device."""
        self.wired.devices.registration.delete_device("ann", deviceid)

    def erase(self) -> None:
        """Carry out the orders that wait for the eraser."""
        sqs = boto3.client("sqs", region_name=REGION)
        queue = {"QueueUrl": self.wired.settings.erasures_queue_url}
        while orders := sqs.receive_message(**queue, MaxNumberOfMessages=10).get("Messages"):
            for order in orders:
                eraser.handler({"Records": [{"messageId": order["MessageId"], "body": order["Body"]}]}, None)
                sqs.delete_message(**queue, ReceiptHandle=order["ReceiptHandle"])


@pytest.fixture(scope="module")
def harness() -> Iterator[Harness]:
    with running_platform() as wired, pytest.MonkeyPatch.context() as patch:
        harness = Harness(wired)
        replace_part(wired, "clock", lambda: harness.now)
        patch.setattr("iotcloud.adapters.job_queues.ARRIVAL", timedelta())
        yield harness


def fill(wired: Wiring, deviceid: str) -> None:
    """Store one row of each kind under a device."""
    device = wired.stores.devices.find("ann", deviceid)
    wired.stores.devices.set_location(device, Location(1.5, 1.5))
    lanes = [
        message(number, deviceid, registration=device.registration, lane=lane) for lane in Lane for number in range(2)
    ]
    wired.stores.messages.put_messages(lanes)
    slot = Slot("i2c", 1, 72)
    wired.stores.sensors.add(deviceid, Sensor(slot, "Thermometer", "temperature", "input", NOON))
    wired.stores.configurations.save(deviceid, Configuration(slot, {"mode": 1}))
    wired.stores.notification_blocks.save(deviceid, "uart", NotificationBlock((Text("Hello"),)))
    wired.stores.device_states.save(deviceid, device.registration, DeviceState(), 0)
    user = DeviceUser(deviceid, device.registration, "vic@example.com", Role.VIEWER, NOON, deviceid, "ann@example.com")
    wired.stores.device_users.invite(user)
    wired.stores.device_users.admit(user, "vic")
    wired.stores.devices.add_name(device, "vic", deviceid, Role.VIEWER, user.email)
    with suppress(GroupNameTaken):
        wired.stores.groups.add("ann", "Barns")
    wired.stores.groups.add_member("ann", "Barns", device)
    for channel in (Channel.STORAGE, Channel.EMAIL):
        notice = Notice(
            channel.value, "ann", deviceid, NOON, channel, "", "", "Hot", 3, "I2C1", registration=device.registration
        )
        wired.stores.ledger.enter(notice)
        if channel is Channel.STORAGE:
            wired.clients.stored_notices.send(notice)


@contextmanager
def failing(step: int, failure: Failure) -> Iterator[Outage]:
    outage = Outage(step, failure)
    with around_requests(outage), suppress(Exception):
        yield outage


def rows_of(deviceid: str) -> list[str]:
    """Search every table for rows of a device, except tables whose rows expire."""
    tables = dynamodb_backends[DEFAULT_ACCOUNT_ID][REGION].tables.values()
    rows = [
        json.dumps(item.to_json(), sort_keys=True, default=str)
        for table in tables
        if table.name.removeprefix("test-") not in EXPIRES
        for item in table.all_items()
    ]
    return [row for row in rows if re.search(rf"\b{deviceid}\b", row)]


def certificates() -> list[tuple[str, bool, bool]]:
    """Read the registry of things: of each certificate its status, and whether it has a policy and a thing."""
    iot = boto3.client("iot", region_name=REGION)
    found = iot.list_certificates()["certificates"]
    return [
        (
            one["status"],
            bool(iot.list_attached_policies(target=one["certificateArn"])["policies"]),
            bool(iot.list_principal_things(principal=one["certificateArn"])["things"]),
        )
        for one in found
    ]


def things() -> list[str]:
    return [thing["thingName"] for thing in boto3.client("iot", region_name=REGION).list_things()["things"]]


def check_gone(deviceid: str) -> None:
    """Nothing of the device is left. A certificate whose issue was never answered has no rights and no thing."""
    assert rows_of(deviceid) == []
    assert deviceid not in things()
    assert set(certificates()) <= {("INACTIVE", False, False)}


@pytest.mark.parametrize("failure", Failure)
def test_a_registration_that_fails_anywhere_can_be_taken_back_or_made_again(harness: Harness, failure: Failure) -> None:
    for step in range(1, MOST_STEPS):
        deviceid = f"{failure.name}{step}"
        with failing(step, failure) as outage:
            harness.add(deviceid)
        if outage.has_happened and rows_of(deviceid):
            assert failure is Failure.KILLED
            harness.delete(deviceid)
        if outage.has_happened:
            check_gone(deviceid)
            harness.add(deviceid)
        harness.delete(deviceid)
        if not outage.has_happened:
            break
    assert 10 < step < MOST_STEPS


@pytest.mark.parametrize("failure", [Failure.AFTER, Failure.KILLED])
def test_a_deletion_that_fails_anywhere_is_completed_when_it_is_called_again(
    harness: Harness, failure: Failure
) -> None:
    for step in range(1, MOST_STEPS):
        deviceid = f"{failure.name}{step}"
        harness.add(deviceid)
        fill(harness.wired, deviceid)
        with failing(step, failure) as outage:
            harness.delete(deviceid)
        harness.now += DELETION_LEASE
        if outage.has_happened and harness.wired.stores.devices.list_names("ann"):
            harness.delete(deviceid)
        harness.erase()
        check_gone(deviceid)
        if not outage.has_happened:
            break
    assert 10 < step < MOST_STEPS


def test_a_deleted_device_leaves_nothing_and_takes_nothing_of_others(harness: Harness) -> None:
    for deviceid in ("GONE", "STAYS"):
        harness.add(deviceid)
        fill(harness.wired, deviceid)
    before = rows_of("STAYS")
    assert len(rows_of("GONE")) == len(before) > 10

    harness.delete("GONE")
    harness.erase()

    assert rows_of("GONE") == []
    assert rows_of("STAYS") == before
    s3 = boto3.client("s3", region_name=REGION)
    kept = s3.list_objects_v2(Bucket=harness.wired.settings.notices_bucket)["Contents"]
    assert ["STAYS" in one["Key"] for one in kept] == [True]
    harness.delete("STAYS")

"""The certificate check as the scheduler invokes it, with moto."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest

from functions import check_certificates as certificates
from iotcloud.devices.model import RegisteredDevice
from iotcloud.errors import DependencyFailed
from iotcloud.notices.ledger import Notice
from iotcloud.notices.system_notices import EXPIRY_SOURCE
from iotcloud.wiring import Wiring
from tests.integration.platform import REGION, make_user, running_platform
from tests.parts import replace_part

SCHEDULE = json.loads((Path(__file__).parents[2] / "events" / "schedule.json").read_text())
DEVICEID = "PH80XXRR1123264F"
DAY = timedelta(days=1)


@dataclass
class Harness:
    """A platform with a user's device, whose clock the test moves."""

    wired: Wiring
    now: datetime = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)

    @property
    def device(self) -> RegisteredDevice:
        """The device as it is now."""
        return self.wired.stores.devices.find_devices([DEVICEID])[DEVICEID]

    @property
    def ends_at(self) -> datetime:
        """When its certificate ends."""
        assert self.device.certificate is not None
        return self.device.certificate.expires_at

    def run(self, before_end: timedelta) -> None:
        """Let the scheduler call so long before a certificate's end."""
        self.now = self.ends_at - before_end
        certificates.handler(SCHEDULE, None)

    def told(self) -> list[Notice]:
        """The owner's notices in the ledger."""
        return list(self.wired.stores.ledger.list_all("ann"))

    def waiting(self) -> list[Any]:
        """Receive the messages of the courier's queue."""
        sqs = boto3.client("sqs", region_name=REGION)
        found = sqs.receive_message(QueueUrl=self.wired.settings.deliveries_queue_url, MaxNumberOfMessages=10)
        return found.get("Messages", [])

    def statuses(self) -> list[str]:
        """The states of all certificates."""
        listed = boto3.client("iot", region_name=REGION).list_certificates()["certificates"]
        return [one["status"] for one in listed]


@pytest.fixture
def harness() -> Iterator[Harness]:
    with running_platform() as wired:
        harness = Harness(wired)
        replace_part(wired, "clock", lambda: harness.now)
        make_user(wired, "ann")
        wired.devices.registration.add_device("ann", "Barn unit", DEVICEID, "00079")
        yield harness


def test_an_owner_is_told_once_30_7_and_1_days_ahead(harness: Harness) -> None:
    for before_end in (31, 30, 30, 29, 8, 7, 6.9, 2, 1, 0.5, -1):
        harness.run(before_end * DAY)
        harness.run(before_end * DAY)
    notices = harness.told()
    assert [notice.notice_id.rpartition("-")[2] for notice in notices] == ["30", "7", "1"]
    assert {(notice.recipient, notice.source) for notice in notices} == {("ann@example.com", EXPIRY_SOURCE)}
    assert "Barn unit" in notices[0].text
    assert len(harness.waiting()) == 3


def test_of_a_revoked_certificate_nobody_is_told(harness: Harness) -> None:
    ends_at = harness.ends_at
    harness.wired.devices.certificates.revoke_certificates("ann", "Barn unit")
    for before_end in (30, 7, 1):
        harness.now = ends_at - before_end * DAY
        certificates.handler(SCHEDULE, None)
    assert harness.told() == []


def test_of_a_deleted_device_nobody_is_told(harness: Harness) -> None:
    harness.now = harness.ends_at - DAY
    harness.wired.devices.registration.delete_device("ann", "Barn unit")
    certificates.handler(SCHEDULE, None)
    assert harness.told() == []


def test_grace_ends(harness: Harness) -> None:
    harness.wired.devices.certificates.renew_certificate("ann", "Barn unit")
    harness.now += harness.wired.devices.certificates.grace
    certificates.handler(SCHEDULE, None)
    assert harness.statuses() == ["ACTIVE"]
    assert harness.device.successor is None


def test_a_run_that_leaves_some_fails_and_does_them_next_time(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(deviceid: str) -> None:
        raise DependencyFailed

    harness.wired.devices.certificates.renew_certificate("ann", "Barn unit")
    harness.now += harness.wired.devices.certificates.grace
    with monkeypatch.context() as patch:
        patch.setattr(
            harness.wired.clients.things, "discard", lambda certificate_ids, deviceid, patience: fail(deviceid)
        )
        with pytest.raises(DependencyFailed):
            certificates.handler(SCHEDULE, None)
    certificates.handler(SCHEDULE, None)
    assert harness.device.successor is None

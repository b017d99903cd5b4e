"""The historian as Lambda invokes it, with its tables and its queue of unusable messages in moto."""

import base64
import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from functions.historian import handler
from iotcloud.devices.store import DeviceNameRow, DeviceRow
from iotcloud.histories.model import HistoryFilter
from iotcloud.histories.store import MessageRow
from iotcloud.wiring import Wiring
from tests.fakes.messages import device

RECEIVED_MS = 1583200000123


@pytest.fixture
def platform(wired: Wiring, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Wiring]:
    with mock_aws():
        sqs = boto3.client("sqs", region_name=environment["AWS_REGION"])
        parking = sqs.create_queue(QueueName="unusable")["QueueUrl"]
        object.__setattr__(wired.settings, "unusable_messages_queue_url", parking)
        store, _ = wired.stores.devices, wired.stores.messages
        for row in (DeviceRow, DeviceNameRow, MessageRow):
            row.create_table(billing_mode="PAY_PER_REQUEST", wait=True)
        store.add(device("PH80XXRR03042017", "Barn unit"))
        yield wired


def record(number: int, topic: str, payload: bytes = b"{}") -> dict[str, str]:
    body = {
        "payload": base64.b64encode(payload).decode(),
        "topic": topic,
        "received_at": RECEIVED_MS + number,
        "message_id": f"m{number}",
    }
    return {"messageId": f"sqs-{number}", "body": json.dumps(body)}


def parked(platform: Wiring) -> list[tuple[str, str]]:
    sqs = boto3.client("sqs", region_name=platform.settings.aws_region)
    messages: list[tuple[str, str]] = []
    while found := sqs.receive_message(
        QueueUrl=platform.settings.unusable_messages_queue_url, MaxNumberOfMessages=10, MessageAttributeNames=["All"]
    ).get("Messages"):
        messages += [(each["Body"], each["MessageAttributes"]["reason"]["StringValue"]) for each in found]
    return messages


def history(platform: Wiring) -> list[tuple[str, str]]:
    page = platform.histories.service.list_histories("ann", HistoryFilter(), 100)
    return [(entry.message.lane.direction, entry.message.payload) for entry in page.items]


def test_handler_keeps_what_was_said_and_when_the_device_was_heard(platform: Wiring) -> None:
    topic = "PH80XXRR03042017/get_status"
    batch: Any = {"Records": [record(1, topic), record(2, f"server/{topic}", b'{"value": 1}')]}

    assert handler(batch, None) == {"batchItemFailures": []}

    assert history(platform) == [("From", '{"value": 1}'), ("To", "{}")]
    (found,) = platform.stores.devices.find_devices(["PH80XXRR03042017"]).values()
    assert found.heartbeat_at is not None
    assert found.heartbeat_at.timestamp() == (RECEIVED_MS + 2) / 1000


def test_handler_keeps_the_largest_payload_that_aws_iot_lets_through(platform: Wiring) -> None:
    topic = "server/PH80XXRR03042017/get_status"
    batch: Any = {
        "Records": [record(1, topic, b"x" * 128 * 1024), record(2, topic, b"\xff" * 128 * 1024), record(3, topic, b"")]
    }

    assert handler(batch, None) == {"batchItemFailures": []}

    assert [len(payload) for _, payload in history(platform)] == [0, 174764, 131072]


def test_handler_changes_nothing_when_the_batch_comes_again(platform: Wiring) -> None:
    batch: Any = {"Records": [record(n, "server/PH80XXRR03042017/get_status") for n in range(60)]}

    handler(batch, None)
    handler(batch, None)

    assert len(history(platform)) == 60


def test_handler_parks_what_it_cannot_use_and_reports_it_as_done(platform: Wiring) -> None:
    nonsense = {"messageId": "sqs-9", "body": "not what a rule makes"}
    unknown = record(2, "server/GONE/get_status")
    many = [record(100 + n, "server/GONE/get_status", b"x" * 100_000) for n in range(12)]

    assert handler({"Records": [record(1, "PH80XXRR03042017/a"), unknown, nonsense, *many]}, None) == {
        "batchItemFailures": []
    }

    reasons = dict(parked(platform))
    assert reasons[nonsense["body"]] == "body is not JSON"
    assert reasons[unknown["body"]] == "device is not registered"
    assert len(reasons) == 14
    assert len(history(platform)) == 1


def test_handler_reports_what_could_not_be_written(platform: Wiring) -> None:
    MessageRow.delete_table()

    answer = handler({"Records": [record(1, "server/PH80XXRR03042017/a"), record(2, "server/GONE/a")]}, None)

    assert answer == {"batchItemFailures": [{"itemIdentifier": "sqs-1"}]}


def test_handler_reports_every_record_when_devices_cannot_be_looked_up(
    platform: Wiring, caplog: pytest.LogCaptureFixture
) -> None:
    DeviceRow.delete_table()
    records = [record(number, "server/PH80XXRR03042017/a") for number in range(1, 6)]

    answer = handler({"Records": records}, None)

    failed = {one["itemIdentifier"] for one in answer["batchItemFailures"]}
    assert failed == {one["messageId"] for one in records}
    (logged,) = caplog.records
    assert sum(vars(logged)["reasons"].values()) == 5


def test_handler_logs_why_messages_were_parked_and_nothing_of_them(
    platform: Wiring, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    parked = record(1, "server/GONE/a", b"a-secret-word")

    handler({"Records": [parked, {"messageId": "2", "body": "a-secret-word"}]}, None)

    (logged,) = caplog.records
    assert vars(logged)["parked"] == {"device is not registered": 1, "body is not JSON": 1}
    for text in ("a-secret-word", json.loads(parked["body"])["payload"]):
        assert text not in str(vars(logged)) + capsys.readouterr().out

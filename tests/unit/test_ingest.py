"""The body that an IoT rule creates from a device message: parsed exactly, or rejected with a reason."""

import base64
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iotcloud import ingest
from iotcloud.topics import DeviceTopic, Direction

EVENT = json.loads((Path(__file__).parents[1] / "events" / "sqs_device_messages.json").read_text())
BODY = {
    "payload": base64.b64encode(b'{"value": 1}').decode(),
    "topic": "server/PH80XXRR03042017/get_status",
    "received_at": 1583200000123,
    "message_id": "0fb5d9a6-9d1e-4b0e-8f3a-52d0c1a2b3c4",
}


def body(**changes: object) -> str:
    return json.dumps({name: value for name, value in (BODY | changes).items() if value is not ...})


def test_read_message_takes_what_the_rule_made() -> None:
    message = ingest.read_message(body())

    assert message == ingest.DeviceMessage(
        topic=DeviceTopic(Direction.FROM, "PH80XXRR03042017", "get_status"),
        payload=b'{"value": 1}',
        received_at=datetime(2020, 3, 3, 1, 46, 40, 123000, UTC),
        message_id="0fb5d9a6-9d1e-4b0e-8f3a-52d0c1a2b3c4",
    )


@given(st.binary(max_size=300))
def test_read_message_returns_any_payload_byte_for_byte(payload: bytes) -> None:
    assert ingest.read_message(body(payload=base64.b64encode(payload).decode())).payload == payload


@pytest.mark.parametrize("absent", [..., None])
def test_read_message_takes_an_absent_payload_for_an_empty_one(absent: object) -> None:
    assert ingest.read_message(body(payload=absent)).payload == b""


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "body is not JSON"),
        ("{", "body is not JSON"),
        ("[" * 100_000, "body is not JSON"),
        ("[]", "body is not an object"),
        ("null", "body is not an object"),
        (body(topic=...), "topic is absent"),
        (body(topic=7), "topic is absent"),
        (body(topic="server/PH80//x"), "topic is not of the grammar"),
        (body(topic="server"), "topic is not of the grammar"),
        (body(payload=7), "payload is not text"),
        (body(payload="not base64!"), "payload is not base64"),
        (body(payload="YQ"), "payload is not base64"),
        (body(payload="äöü="), "payload is not base64"),
        (body(received_at=...), "received_at is not epoch milliseconds"),
        (body(received_at="1583200000123"), "received_at is not epoch milliseconds"),
        (body(received_at=True), "received_at is not epoch milliseconds"),
        (body(received_at=-1), "received_at is not epoch milliseconds"),
        (body(received_at=10**13), "received_at is not epoch milliseconds"),
        (body(message_id=...), "message_id is none"),
        (body(message_id=""), "message_id is none"),
        (body(message_id="a#b"), "message_id is none"),
        (body(message_id="x" * 65), "message_id is none"),
    ],
)
def test_read_message_refuses_what_no_rule_makes(text: str, reason: str) -> None:
    with pytest.raises(ingest.UnreadableBody) as refused:
        ingest.read_message(text)

    assert str(refused.value) == reason


@given(st.binary(max_size=50), st.integers(0, 9_999_999_999_999))
def test_read_message_reads_what_write_message_writes(payload: bytes, ms: int) -> None:
    message = ingest.DeviceMessage(
        DeviceTopic(Direction.FROM, "PH80", "trigger_notification/adc1/default"),
        payload,
        datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=ms),
        "m1",
    )

    assert ingest.read_message(ingest.write_message(message)) == message


def test_read_deliveries_keeps_bodies_that_cannot_be_read() -> None:
    event = {"Records": [{"messageId": "1", "body": body()}, {"messageId": "2", "body": "nonsense"}]}

    readable, unreadable = ingest.read_deliveries(event)

    assert readable.message is not None
    assert unreadable == ingest.Delivery("2", "nonsense", None, "body is not JSON")


def test_read_deliveries_takes_an_event_as_lambda_makes_it() -> None:
    (delivery,) = ingest.read_deliveries(EVENT)

    assert delivery.delivery_id == EVENT["Records"][0]["messageId"]
    assert delivery.message is not None
    assert delivery.message.payload == b'{"value": {"status": 1, "version": "0.1"}}'


def test_report_failures_names_the_records_to_deliver_again() -> None:
    assert ingest.report_failures(["a", "b"]) == {
        "batchItemFailures": [{"itemIdentifier": "a"}, {"itemIdentifier": "b"}]
    }

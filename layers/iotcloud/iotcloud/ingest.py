"""Parses the records that IoT rules put into queues. The one place that knows the body made by the SELECT of
iot_rules/rules.yaml, and the partial batch response of SQS."""

import base64
import binascii
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from iotcloud import topics
from iotcloud.topics import DeviceTopic

Event = Mapping[str, Any]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LAST_MS = 9_999_999_999_999
"""The largest instant of 13 digits (year 2286), the width of time in the keys of stored messages."""
_MESSAGE_ID = re.compile(r"[0-9A-Za-z_-]{1,64}")


class UnreadableBody(ValueError):
    """The body is not one that the rule makes. The text is the reason, without any part of the payload."""


@dataclass(frozen=True)
class DeviceMessage:
    """One MQTT message between a device and the server, as the rules engine saw it."""

    topic: DeviceTopic
    payload: bytes
    received_at: datetime
    """The time at the rules engine, in milliseconds. Devices send no time of their own."""
    message_id: str
    """Drawn once by the rule; the same in every delivery of the message."""


@dataclass(frozen=True)
class Delivery:
    """One record of a queue batch, with its SQS message id."""

    delivery_id: str
    body: str
    message: DeviceMessage | None
    """None when the body cannot be parsed."""
    fault: str = ""
    """Why it cannot be read."""


def read_deliveries(event: Event) -> list[Delivery]:
    """Parse the batch of an SQS event."""
    return [_read_delivery(record["messageId"], record["body"]) for record in event["Records"]]


def report_failures(delivery_ids: Iterable[str]) -> dict[str, list[dict[str, str]]]:
    """Return the partial batch response: SQS redelivers these records and deletes the others."""
    return {"batchItemFailures": [{"itemIdentifier": delivery_id} for delivery_id in delivery_ids]}


def read_message(body: str) -> DeviceMessage:
    """Read the body of one record; raise UnreadableBody."""
    try:
        members = json.loads(body)
    except (ValueError, RecursionError):
        raise UnreadableBody("body is not JSON") from None
    if not isinstance(members, dict):
        raise UnreadableBody("body is not an object")
    return DeviceMessage(
        topic=_topic(members.get("topic")),
        payload=_payload(members.get("payload")),
        received_at=_received_at(members.get("received_at")),
        message_id=_message_id(members.get("message_id")),
    )


def write_message(message: DeviceMessage) -> str:
    """Make the body of a message that did not come through a rule, as a rule would have made it."""
    members = {
        "payload": base64.b64encode(message.payload).decode(),
        "topic": str(message.topic),
        "received_at": (message.received_at - _EPOCH) // timedelta(milliseconds=1),
        "message_id": message.message_id,
    }
    return json.dumps(members)


def _read_delivery(delivery_id: str, body: str) -> Delivery:
    try:
        return Delivery(delivery_id, body, read_message(body))
    except UnreadableBody as unreadable:
        return Delivery(delivery_id, body, None, str(unreadable))


def _topic(topic: object) -> DeviceTopic:
    if not isinstance(topic, str):
        raise UnreadableBody("topic is absent")
    try:
        return topics.parse(topic)
    except topics.TopicError:
        raise UnreadableBody("topic is not of the grammar") from None


def _payload(payload: object) -> bytes:
    if payload is None:
        # A rule leaves out members that its SQL finds undefined, and an empty payload may be one.
        return b""
    if not isinstance(payload, str):
        raise UnreadableBody("payload is not text")
    try:
        return base64.b64decode(payload, validate=True)
    except (binascii.Error, ValueError):
        raise UnreadableBody("payload is not base64") from None


def _received_at(epoch_ms: object) -> datetime:
    if not isinstance(epoch_ms, int) or isinstance(epoch_ms, bool) or not 0 <= epoch_ms <= _LAST_MS:
        raise UnreadableBody("received_at is not epoch milliseconds")
    return _EPOCH + timedelta(milliseconds=epoch_ms)


def _message_id(message_id: object) -> str:
    if not isinstance(message_id, str) or not _MESSAGE_ID.fullmatch(message_id):
        raise UnreadableBody("message_id is none")
    return message_id

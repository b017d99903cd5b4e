"""Builders of device messages; a test gives only the relevant values."""

from datetime import UTC, datetime, timedelta

from iotcloud.devices.model import Device, Role
from iotcloud.histories.model import Lane, Message
from iotcloud.ingest import Delivery, DeviceMessage
from iotcloud.topics import parse

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)


def after(seconds: float) -> datetime:
    """Return the instant so many seconds after noon."""
    return NOON + timedelta(seconds=seconds)


def device(
    deviceid: str = "PH80",
    devicename: str = "Barn unit",
    owner: str = "ann",
    *,
    registration: str | None = None,
    username: str | None = None,
    role: Role = Role.OWNER,
    heartbeat_at: datetime | None = None,
) -> Device:
    """Make a device; its registration is its id's unless the test says otherwise."""
    return Device(
        deviceid=deviceid,
        owner=owner,
        serialnumber="00023",
        registered_at=NOON,
        registration=registration or f"r{deviceid}",
        username=username or owner,
        devicename=devicename,
        role=role,
        heartbeat_at=heartbeat_at,
    )


def message(
    number: int,
    deviceid: str = "PH80",
    *,
    owner: str = "ann",
    lane: Lane = Lane.FROM,
    topic: str = "get_status",
    payload: str = "{}",
    registration: str | None = None,
    seconds: float | None = None,
) -> Message:
    """Make the kept message of that number, received so many seconds after noon."""
    return Message(
        owner=owner,
        deviceid=deviceid,
        registration=registration or f"r{deviceid}",
        lane=lane,
        topic="sensor_reading" if lane is Lane.READINGS else topic,
        payload=payload,
        is_base64=False,
        received_at=after(number if seconds is None else seconds),
        message_id=f"m{number:05d}",
    )


def delivery(
    number: int, topic: str = "server/PH80/get_status", payload: bytes = b"{}", seconds: float = 0, again: str = ""
) -> Delivery:
    """Make the delivery of that number's message; `again` marks a second delivery."""
    return Delivery(
        delivery_id=f"d{number}{again}",
        body=f"body {number}",
        message=DeviceMessage(parse(topic), payload, after(seconds), f"m{number:05d}"),
    )

"""Triggers of notices, parsed from a device's topic and payload, or made by the server for a threshold."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from iotcloud.device_input import UnusableInput, read_object
from iotcloud.errors import InvalidInput
from iotcloud.notification_blocks.addresses import is_number, normal_addresses
from iotcloud.notification_blocks.model import Channel
from iotcloud.peripherals.model import GPIO, UART, Slot

API = "trigger_notification"
DEFAULT = "default"
"""In a topic's place for a channel: all that the block enables."""
MAX_RECIPIENT = 1024
"""Octets; as much as a sort key of a table holds (Amazon DynamoDB quotas), where a device is looked up by it."""
MAX_MESSAGE = 1600
"""Characters."""


class UnusableTrigger(ValueError):
    """The topic or the payload is not a trigger's. The text is the reason reported to the device."""


@dataclass(frozen=True)
class Trigger:
    """One request for notices."""

    trigger_id: str
    """The same in every delivery of the same trigger, so that it counts once."""
    deviceid: str
    slot: Slot
    """The port; its address is None unless the port is an addressed sensor."""
    at: datetime
    channel: Channel | None
    """None for every channel that the block enables."""
    is_activation: bool | None = None
    """None when the trigger does not carry it, like a UART's."""
    recipient: str | None = None
    message: str | None = None
    condition: str | None = None
    is_subclass: bool = False
    """Whether the trigger concerns the second class of a two-class sensor. Only the server's own triggers set it."""


def read_trigger(trigger_id: str, deviceid: str, api: str, payload: bytes, at: datetime) -> Trigger:
    """Read a device's trigger (device protocol, 7.1); raise UnusableTrigger.

    `api` is the topic behind the device id: `trigger_notification/{source}/{channel}[/{address}]`.
    """
    levels = api.split("/")
    if levels[0] != API or len(levels) not in (3, 4):
        raise UnusableTrigger("the topic is not one of a trigger")
    members = _object(payload)
    channel = _channel(levels[2])
    return Trigger(
        trigger_id=trigger_id,
        deviceid=deviceid,
        slot=_slot(levels[1], levels[3] if len(levels) == 4 else None),
        at=at,
        channel=channel,
        is_activation=_activation(members.get("activate")),
        recipient=_recipient(members, channel),
        message=_text(members, "message", MAX_MESSAGE),
        condition=_text(members, "condition", MAX_MESSAGE),
        is_subclass=members.get("subclass") is True,
    )


def has_activation(slot: Slot) -> bool:
    """Whether triggers of this port carry an activation state: all but the UART's do."""
    return slot.peripheral != UART.name


def is_sensor(slot: Slot) -> bool:
    """Whether the port is one to which a sensor is attached."""
    return slot.peripheral not in (UART.name, GPIO.name)


def _object(payload: bytes) -> Mapping[str, Any]:
    try:
        return read_object(payload or b"{}")
    except UnusableInput as unusable:
        raise UnusableTrigger(str(unusable)) from None


def _slot(source: str, address: str | None) -> Slot:
    if address is not None and not (address.isascii() and address.isdigit() and len(address) <= 3):
        raise UnusableTrigger("address is not a number")
    try:
        return Slot.from_source(source, None if address is None else int(address))
    except InvalidInput:
        if source.startswith("i2c") and address is None:
            raise UnusableTrigger("address is not included in the topic") from None
        raise UnusableTrigger("source is unknown") from None


def _channel(level: str) -> Channel | None:
    if level == DEFAULT:
        return None
    try:
        return Channel(level)
    except ValueError:
        raise UnusableTrigger("channel is unknown") from None


def _activation(activate: object) -> bool | None:
    if activate is None:
        return None
    if isinstance(activate, bool) or activate not in (0, 1):
        raise UnusableTrigger("activate is neither 0 nor 1")
    return activate == 1


def _recipient(members: Mapping[str, Any], channel: Channel | None) -> str | None:
    recipient = _text(members, "recipient", MAX_RECIPIENT)
    if recipient is not None and len(recipient.encode()) > MAX_RECIPIENT:
        raise UnusableTrigger(f"recipient is not a text of at most {MAX_RECIPIENT} octets")
    numbers = normal_addresses(channel, recipient or "") if channel is Channel.MOBILE else ()
    if not all(is_number(number) for number in numbers):
        raise UnusableTrigger("recipient is not a telephone number")
    return recipient


def _text(members: Mapping[str, Any], name: str, longest: int) -> str | None:
    text = members.get(name)
    if text is None or text == "":
        return None
    if not isinstance(text, str) or len(text) > longest:
        raise UnusableTrigger(f"{name} is not a text of at most {longest} characters")
    return text

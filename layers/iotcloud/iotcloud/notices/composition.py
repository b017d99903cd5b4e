"""Who is told what when a port triggers: from the trigger and the port's block to notices, or to the reason why not.

Pure rules; the words of the reasons are those that devices are told (device protocol, 7.3).
"""

import hashlib
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from iotcloud.notices.model import Channel, Contact, NotificationBlock, Text
from iotcloud.notices.triggers import Trigger, has_activation
from iotcloud.peripherals.model import Sensor

LINE = "\r\n"


@dataclass(frozen=True)
class Recipient:
    """One addressee on one channel."""

    channel: Channel
    address: str
    """Phone number, e-mail address, device name or id; empty for push, which goes to the owner's phones."""
    deviceid: str = ""
    """The device that a block means, whose name may be another by now; then there is no address."""


@dataclass(frozen=True)
class Draft:
    """A notice that shall be sent, or that cannot be and why."""

    recipient: Recipient
    text: str = ""
    """As it is sent: message, condition, origin and time."""
    message_length: int = 0
    """Characters of the message alone."""
    refusal: str = ""
    """Empty when it shall be sent."""


@dataclass(frozen=True)
class Origin:
    """Where a trigger comes from, in the owner's words."""

    devicename: str
    sensor: Sensor | None = None


def notice_id(trigger: Trigger, channel: Channel, target: str) -> str:
    """The idempotency key of a notice: the same trigger tells the same target once."""
    return hashlib.sha256("\x00".join((trigger.trigger_id, channel.value, target)).encode()).hexdigest()[:32]


def draft_notices(
    trigger: Trigger,
    block: NotificationBlock,
    origin: Origin,
    owner: Contact,
    allowed: Collection[str] = frozenset(),
) -> tuple[Draft, ...]:
    """Make the notices of a trigger, in the order of the channels, one for each recipient.

    An address that the trigger names itself is taken only if the owner uses it too, in the block or as their own, or
    has `allowed` it. Otherwise a stolen device could write to anybody. Modem recipients are held against the owner's
    devices later.
    """
    recipients = tuple(_recipients(trigger, block))
    if not recipients:
        return ()
    text, refusal = _text(trigger, block)
    return tuple(
        Draft(
            recipient,
            text=compose(text, trigger, origin) if text else "",
            message_length=len(text),
            refusal=refusal or _objection(recipient, trigger, block, owner, allowed),
        )
        for recipient in recipients
    )


def compose(message: str, trigger: Trigger, origin: Origin) -> str:
    """The text that is sent: the message, the condition if there is one, and where and when it happened."""
    place = [origin.devicename, trigger.slot.source.upper()]
    if origin.sensor is not None:
        place.append(origin.sensor.sensorname)
    lines = [message]
    if trigger.condition:
        lines.append(f"- condition triggered: {trigger.condition}")
    lines.append(f"- from {':'.join(place)} [{trigger.at:%Y-%m-%d %H:%M:%S} UTC]")
    return LINE.join(lines)


def addresses(recipients: str) -> tuple[str, ...]:
    """Split a block's recipients, which commas separate; each counts once."""
    return tuple(dict.fromkeys(part.strip() for part in recipients.split(",") if part.strip()))


def normal_address(channel: Channel, address: str) -> str:
    """The address as providers take it: a phone number begins with `+`."""
    if channel is not Channel.MOBILE:
        return address
    number = "".join(character for character in address if character not in " -()")
    return number if number.startswith("+") else f"+{number}"


def _recipients(trigger: Trigger, block: NotificationBlock) -> Iterator[Recipient]:
    channels = (trigger.channel,) if trigger.channel is not None else tuple(Channel)
    for channel in channels:
        endpoint = block.endpoint(channel)
        if trigger.recipient is not None and trigger.channel is not None:
            named: tuple[str, ...] = addresses(trigger.recipient)
        elif trigger.channel is None and not endpoint.is_enabled:
            continue
        elif channel in (Channel.NOTIFICATION, Channel.STORAGE):
            named = ("",)
        elif channel is Channel.MODEM and endpoint.targets:
            yield from (Recipient(channel, "", target) for target in endpoint.targets)
            continue
        else:
            named = addresses(endpoint.recipients) or ("",)
        for address in named:
            yield Recipient(channel, normal_address(channel, address) if address else "")


def _objection(
    recipient: Recipient, trigger: Trigger, block: NotificationBlock, owner: Contact, allowed: Collection[str]
) -> str:
    endpoint = block.endpoint(recipient.channel)
    if trigger.recipient is None or trigger.channel is None:
        if not endpoint.is_enabled:
            return f"{recipient.channel.value} recipient is not enabled"
        if not (recipient.address or recipient.deviceid) and recipient.channel in _NEEDS_ADDRESS:
            return f"{recipient.channel.value} recipient is empty"
        return ""
    known = {normal_address(recipient.channel, one) for one in (*addresses(endpoint.recipients), *allowed)}
    known |= {normal_address(Channel.MOBILE, owner.phone_number)} if owner.phone_number else set()
    known |= {owner.email}
    if recipient.channel in _OUTSIDE and recipient.address not in known:
        return f"{recipient.channel.value} recipient is not one of the owner's"
    return ""


_NEEDS_ADDRESS = (Channel.MOBILE, Channel.EMAIL, Channel.MODEM)
_OUTSIDE = (Channel.MOBILE, Channel.EMAIL)


def _text(trigger: Trigger, block: NotificationBlock) -> tuple[str, str]:
    """The message, and why there is none."""
    if trigger.message is not None:
        return trigger.message, ""
    if not has_activation(trigger.slot):
        chosen = block.texts[0] if block.texts else Text("")
        return (chosen.message, "") if chosen.message else ("", "message is empty")
    if trigger.is_activation is None:
        return "", "activate parameter is not present"
    index = 0 if trigger.is_activation else 1
    chosen = block.texts[index] if len(block.texts) > index else Text("", is_enabled=False)
    if not chosen.is_enabled:
        return "", f"message on {'activation' if trigger.is_activation else 'deactivation'} is disabled"
    return (chosen.message, "") if chosen.message else ("", "message is empty")

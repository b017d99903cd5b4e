"""Composes notices from a trigger and the port's notification block, or gives the reason for refusing.

Pure rules. The reasons are the texts of the device protocol (7.3).
"""

import hashlib
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from iotcloud.notices.triggers import Trigger, has_activation
from iotcloud.notification_blocks.addresses import (
    is_email,
    is_number,
    normal_address,
    normal_addresses,
    split_addresses,
    within_limit,
)
from iotcloud.notification_blocks.model import Channel, NotificationBlock, Text
from iotcloud.peripherals.model import Sensor
from iotcloud.telephone import objection_to
from iotcloud.users.model import MAX_RECIPIENTS, Contact

LINE = "\r\n"


@dataclass(frozen=True)
class Recipient:
    """One addressee on one channel."""

    channel: Channel
    address: str
    """Phone number, e-mail address, device name or id; empty for push, which goes to the owner's phones."""
    deviceid: str = ""
    """The device that a block refers to. Its name may have changed; then there is no address."""


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
    is_own: bool = False
    """Whether the address is the owner's own and verified."""
    cut: int = 0
    """Recipients beyond the limit of a channel, for all of which this draft stands; it is refused then."""


@dataclass(frozen=True)
class Origin:
    """Where a trigger comes from, in the owner's words."""

    devicename: str
    sensor: Sensor | None = None


def notice_id(trigger: Trigger, channel: Channel, target: str) -> str:
    """The idempotency key of a notice: one per trigger and target."""
    return hashlib.sha256("\x00".join((trigger.trigger_id, channel.value, target)).encode()).hexdigest()[:32]


def draft_notices(
    trigger: Trigger,
    block: NotificationBlock,
    origin: Origin,
    owner: Contact,
    allowed: Collection[str] = frozenset(),
    countries: Collection[str] = frozenset(),
) -> tuple[Draft, ...]:
    """Compose the notices of a trigger, in the order of the channels, one per recipient.

    An address in the trigger is accepted only if the owner uses it too, in the block or as their own, or `allowed` it.
    Otherwise a stolen device could write to any address. Text messages go only to `countries` (ISO 3166; empty: all),
    and never to premium numbers. Modem recipients are checked against the owner's devices later. Each channel uses the
    first MAX_RECIPIENTS; one refused draft represents the rest.
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
            refusal=_too_many(cut)
            if cut
            else refusal or _objection(recipient, trigger, block, owner, allowed, countries),
            is_own=is_own(recipient, owner),
            cut=cut,
        )
        for recipient, cut in recipients
    )


def is_own(recipient: Recipient, owner: Contact) -> bool:
    """Whether a recipient is the owner: their verified e-mail address or telephone number, or their phones."""
    if recipient.channel is Channel.EMAIL:
        return owner.is_email_verified and recipient.address == normal_address(Channel.EMAIL, owner.email)
    if recipient.channel is Channel.MOBILE:
        own = normal_address(Channel.MOBILE, owner.phone_number)
        return owner.is_phone_number_verified and recipient.address == own
    return recipient.channel is Channel.NOTIFICATION


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


def _recipients(trigger: Trigger, block: NotificationBlock) -> Iterator[tuple[Recipient, int]]:
    """Each recipient with 0, and for each channel with too many one more, without address, with their number."""
    for channel in (trigger.channel,) if trigger.channel is not None else tuple(Channel):
        kept, cut = within_limit(_recipients_of(channel, trigger, block))
        yield from ((recipient, 0) for recipient in kept)
        if cut:
            yield Recipient(channel, ""), cut


def _recipients_of(channel: Channel, trigger: Trigger, block: NotificationBlock) -> Sequence[Recipient]:
    """All recipients of a channel; one without address where an address is missing or not needed."""
    endpoint = block.endpoint(channel)
    if trigger.recipient is not None and trigger.channel is not None:
        return [Recipient(channel, address) for address in normal_addresses(channel, trigger.recipient)]
    if trigger.channel is None and not endpoint.is_enabled:
        return ()
    if channel is Channel.MODEM and endpoint.targets:
        return [Recipient(channel, "", target) for target in endpoint.targets]
    is_addressed = channel in _NEEDS_ADDRESS
    addresses = normal_addresses(channel, endpoint.recipients) if is_addressed else ()
    return [Recipient(channel, address) for address in addresses or ("",)]


def _too_many(cut: int) -> str:
    return f"{cut} more recipients: at most {MAX_RECIPIENTS} on a channel"


def _objection(
    recipient: Recipient,
    trigger: Trigger,
    block: NotificationBlock,
    owner: Contact,
    allowed: Collection[str],
    countries: Collection[str],
) -> str:
    channel, endpoint = recipient.channel, block.endpoint(recipient.channel)
    is_named = trigger.recipient is not None and trigger.channel is not None
    if not is_named and not endpoint.is_enabled:
        return f"{channel.value} recipient is not enabled"
    if not is_named and not (recipient.address or recipient.deviceid) and channel in _NEEDS_ADDRESS:
        return f"{channel.value} recipient is empty"
    if channel is Channel.EMAIL and not is_email(recipient.address):
        return "email recipient is not an address"
    if channel is Channel.MOBILE:
        is_it = is_number(recipient.address)
        objection = (
            objection_to(recipient.address, countries) if is_it else "mobile recipient is not a telephone number"
        )
        if objection:
            return objection
    if not is_named or channel not in _OUTSIDE:
        return ""
    known = (*split_addresses(endpoint.recipients), *allowed, owner.phone_number, owner.email)
    if recipient.address not in {normal_address(channel, one) for one in known if one}:
        return f"{channel.value} recipient is not one of the owner's"
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

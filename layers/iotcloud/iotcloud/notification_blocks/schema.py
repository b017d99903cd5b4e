"""Notification blocks as they cross the wire (contract 3.3)."""

import json
from typing import Annotated, Any

from pydantic import AfterValidator, Field, StringConstraints

from iotcloud.errors import InvalidInput, Problem
from iotcloud.notification_blocks.addresses import is_email, normal_addresses, split_addresses
from iotcloud.notification_blocks.model import Channel, Endpoint, NotificationBlock, Text
from iotcloud.schema import Body
from iotcloud.telephone import checked_number
from iotcloud.users.model import MAX_RECIPIENTS

MAX_TEXT = 1600
"""Characters of a message: the maximum of one request (AWS End User Messaging, SendTextMessage)."""
MAX_RECIPIENTS_TEXT = 1024
"""Characters of the recipients of a channel."""
MAX_LISTED = 512
"""Characters of one entry of an address book, as JSON: a block must fit into one item of 400 KB."""


def _checked_entry(entry: dict[str, Any]) -> dict[str, Any]:
    if len(json.dumps(entry)) > MAX_LISTED:
        raise ValueError(f"more than {MAX_LISTED} characters")
    return entry


class TextSchema(Body):
    """One message of a block."""

    message: Annotated[str, StringConstraints(max_length=MAX_TEXT)] = Field(description="What is written.")
    enable: bool = Field(description="Whether it is sent.")


class EndpointSchema(Body):
    """One channel of a block; `recipients` may name several, separated by commas."""

    recipients: Annotated[str, StringConstraints(max_length=MAX_RECIPIENTS_TEXT)] = Field(
        default="", description="Telephone numbers, addresses or devices, separated by commas."
    )
    enable: bool = Field(default=False, description="Whether the channel is used.")
    recipients_list: list[Annotated[dict[str, Any], AfterValidator(_checked_entry)]] = Field(
        default_factory=list,
        max_length=64,
        description="An address book of the client's; the platform does not use it.",
    )


class EndpointsSchema(Body):
    """All five channels; clients index them without testing."""

    mobile: EndpointSchema = Field(default=EndpointSchema(), description="Text messages.")
    email: EndpointSchema = Field(default=EndpointSchema(), description="E-mails.")
    notification: EndpointSchema = Field(default=EndpointSchema(), description="Push messages to the owner's phones.")
    modem: EndpointSchema = Field(default=EndpointSchema(), description="Messages to other devices of the owner.")
    storage: EndpointSchema = Field(default=EndpointSchema(), description="Files that the owner can fetch.")


class NotificationSchema(Body):
    """A notification block: one text for UART, two (activation, deactivation) for all else."""

    messages: Annotated[list[TextSchema], Field(min_length=1, max_length=2)] = Field(
        description="Of UART one text; else two, of activation and deactivation."
    )
    endpoints: EndpointsSchema = Field(description="To whom they go.")

    def to_model(self) -> NotificationBlock:
        """The block that is kept, with telephone numbers in E.164.

        Raise InvalidInput for too many recipients, one that is no e-mail address or telephone number, and a number to
        which no text messages go. A block from before these limits can still be shown.
        """
        return NotificationBlock(
            texts=tuple(Text(text.message, text.enable) for text in self.messages),
            endpoints={
                channel: Endpoint(
                    _checked_recipients(channel, shown.recipients), shown.enable, tuple(shown.recipients_list)
                )
                for channel in Channel
                for shown in (getattr(self.endpoints, channel.value),)
            },
        )

    @classmethod
    def from_model(cls, block: NotificationBlock) -> "NotificationSchema":
        """The block as clients see it: all five channels, and no recipient for push, which is not theirs to edit."""
        return cls(
            messages=[TextSchema(message=text.message, enable=text.is_enabled) for text in block.texts],
            endpoints=EndpointsSchema(**{channel.value: _shown(block, channel) for channel in Channel}),
        )


def _checked_recipients(channel: Channel, recipients: str) -> str:
    if channel is Channel.MOBILE:
        try:
            recipients = ", ".join(dict.fromkeys(checked_number(one) for one in split_addresses(recipients)))
        except InvalidInput as refused:
            raise InvalidInput(detail=[Problem(f"{channel.value}.recipients", f"{refused.message}")]) from None
    found = normal_addresses(channel, recipients)
    if len(found) > MAX_RECIPIENTS:
        raise InvalidInput(
            detail=[Problem(f"{channel.value}.recipients", f"at most {MAX_RECIPIENTS}, not {len(found)}")]
        )
    if channel is Channel.EMAIL and not all(is_email(address) for address in found):
        raise InvalidInput(
            detail=[Problem(f"{channel.value}.recipients", "e-mail addresses alone, as user@example.com")]
        )
    return recipients


def _shown(block: NotificationBlock, channel: Channel) -> EndpointSchema:
    endpoint = block.endpoint(channel)
    return EndpointSchema(
        recipients="" if channel is Channel.NOTIFICATION else endpoint.recipients,
        enable=endpoint.is_enabled,
        recipients_list=[dict(entry) for entry in endpoint.recipients_list],
    )

"""The notification block as it crosses the wire (contract 3.3)."""

from typing import Annotated, Any

from pydantic import Field, StringConstraints

from iotcloud.notices.model import Channel, Endpoint, NotificationBlock, Text
from iotcloud.schema import Body

MAX_TEXT = 1600
"""Characters of a message: what one SMS request takes (AWS End User Messaging, SendTextMessage)."""
MAX_RECIPIENTS = 1024


class TextSchema(Body):
    """One message of a block."""

    message: Annotated[str, StringConstraints(max_length=MAX_TEXT)]
    enable: bool


class EndpointSchema(Body):
    """One channel of a block; `recipients` may name several, separated by commas."""

    recipients: Annotated[str, StringConstraints(max_length=MAX_RECIPIENTS)] = ""
    enable: bool = False
    recipients_list: list[dict[str, Any]] = Field(default_factory=list, max_length=64)


class EndpointsSchema(Body):
    """All five channels; clients index them without testing."""

    mobile: EndpointSchema = EndpointSchema()
    email: EndpointSchema = EndpointSchema()
    notification: EndpointSchema = EndpointSchema()
    modem: EndpointSchema = EndpointSchema()
    storage: EndpointSchema = EndpointSchema()


class NotificationSchema(Body):
    """A notification block: one text for UART, two (activation, deactivation) for all else."""

    messages: Annotated[list[TextSchema], Field(min_length=1, max_length=2)]
    endpoints: EndpointsSchema

    def to_model(self) -> NotificationBlock:
        """The block that is kept."""
        return NotificationBlock(
            texts=tuple(Text(text.message, text.enable) for text in self.messages),
            endpoints={
                channel: Endpoint(shown.recipients, shown.enable, tuple(shown.recipients_list))
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


def _shown(block: NotificationBlock, channel: Channel) -> EndpointSchema:
    endpoint = block.endpoint(channel)
    return EndpointSchema(
        recipients="" if channel is Channel.NOTIFICATION else endpoint.recipients,
        enable=endpoint.is_enabled,
        recipients_list=[dict(entry) for entry in endpoint.recipients_list],
    )

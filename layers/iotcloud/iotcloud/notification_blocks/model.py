"""Notification blocks: which texts go to whom when a port asks for it. Pure rules, no I/O."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from iotcloud.users.model import Contact


class Channel(StrEnum):
    """The ways a notice leaves (MENOS), in the order in which `default` uses them."""

    MOBILE = "mobile"
    EMAIL = "email"
    NOTIFICATION = "notification"
    MODEM = "modem"
    STORAGE = "storage"


@dataclass(frozen=True)
class Text:
    """One of a block's messages, and whether it is sent at all."""

    message: str
    is_enabled: bool = True


@dataclass(frozen=True)
class Endpoint:
    """Where one channel of a block goes."""

    recipients: str = ""
    is_enabled: bool = False
    recipients_list: tuple[Mapping[str, Any], ...] = ()
    """Kept for the clients, which store their address book here; the platform does not read it."""
    targets: tuple[str, ...] = ()
    """Modem only: the ids of the devices that `recipients` named when the block was set. Empty in blocks stored before
    ids were kept: their names are resolved at the time of use."""


@dataclass(frozen=True)
class NotificationBlock:
    """A port's texts and endpoints. UART has one text, all else two: on activation and on deactivation."""

    texts: tuple[Text, ...]
    endpoints: Mapping[Channel, Endpoint] = field(default_factory=dict)

    def endpoint(self, channel: Channel) -> Endpoint:
        """The endpoint of a channel; one that was never set is empty and disabled."""
        return self.endpoints.get(channel, Endpoint())

    def without_recipients(self) -> "NotificationBlock":
        """The block with its texts and switches, without recipients."""
        endpoints = {
            channel: replace(one, recipients="", recipients_list=(), targets=())
            for channel, one in self.endpoints.items()
        }
        return replace(self, endpoints=endpoints)

    def says_the_same(self, other: "NotificationBlock") -> bool:
        """Whether clients see no difference: recipients of push are never shown."""
        return self.texts == other.texts and all(
            _shown(channel, self.endpoint(channel)) == _shown(channel, other.endpoint(channel)) for channel in Channel
        )


def _shown(channel: Channel, endpoint: Endpoint) -> Endpoint:
    recipients = "" if channel is Channel.NOTIFICATION else endpoint.recipients
    return replace(endpoint, recipients=recipients, targets=())


DEFAULT_TEXTS: Mapping[str, tuple[Text, ...]] = {
    "uart": (Text("Hello World"),),
    "gpio": (Text("Hello World"), Text("Hi World")),
}
SENSOR_TEXTS = (Text("Sensor threshold activated"), Text("Sensor threshold deactivated"))


def default_block(source: str, owner: Contact) -> NotificationBlock:
    """The default block of a port: it writes to the owner's verified e-mail address.

    Only the UART, where a person types the command, also sends to the owner's verified telephone number.
    """
    is_uart = source == "uart"
    kind = source if is_uart else source.rstrip("0123456789")
    return NotificationBlock(
        texts=DEFAULT_TEXTS.get(kind, SENSOR_TEXTS),
        endpoints={
            Channel.MOBILE: Endpoint(owner.phone_number, is_enabled=is_uart and owner.is_phone_number_verified),
            Channel.EMAIL: Endpoint(owner.email, is_enabled=owner.is_email_verified),
        },
    )

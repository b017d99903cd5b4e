"""A telephone number that its owner verified: from then on the owner's devices write to it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from iotcloud.devices.interfaces import DeviceNames
from iotcloud.devices.model import Role
from iotcloud.notices.interfaces import NotificationBlocks
from iotcloud.notification_blocks.model import Channel, Endpoint, NotificationBlock

SOURCE = "uart"
"""The one port whose notices a person sends off by hand."""


@dataclass(frozen=True)
class VerifiedNumber:
    """A user's number, just verified."""

    username: str
    phone_number: str


@dataclass(frozen=True)
class VerifiedNumberService:
    """Pass a verified number on to the owner's devices."""

    names: DeviceNames
    blocks: NotificationBlocks

    def adopt_number(self, phone: VerifiedNumber) -> None:
        """Let the UART of each device of the user send to the number by SMS instead of push.

        Devices with the default block follow the account's number anyway. Idempotent.
        """
        for name in self.names.list_names(phone.username):
            block = self.blocks.find(name.deviceid, SOURCE) if name.role is Role.OWNER else None
            if block is not None:
                self.blocks.save(name.deviceid, SOURCE, _writing_to(phone.phone_number, block))


def _writing_to(phone_number: str, block: NotificationBlock) -> NotificationBlock:
    endpoints: Mapping[Channel, Endpoint] = {
        **block.endpoints,
        Channel.MOBILE: replace(block.endpoint(Channel.MOBILE), recipients=phone_number, is_enabled=True),
        Channel.NOTIFICATION: replace(block.endpoint(Channel.NOTIFICATION), is_enabled=False),
    }
    return replace(block, endpoints=endpoints)

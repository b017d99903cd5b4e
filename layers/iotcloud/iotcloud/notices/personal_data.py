"""The notices of a user as personal data: erased with the account or the device, and included in the export."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from iotcloud.devices.interfaces import DeviceNames
from iotcloud.devices.model import DeviceName, Role
from iotcloud.notices.interfaces import Confirmations, NoticeLedger, NotificationBlocks, StoredNotices
from iotcloud.notification_blocks.model import Channel, NotificationBlock


@dataclass(frozen=True)
class NoticesData:
    """Erase and show a user's notices."""

    ledger: NoticeLedger
    stored: StoredNotices

    def erase(self, username: str) -> None:
        """Delete the objects, then the rows. Idempotent."""
        self.stored.erase(username)
        self.ledger.erase(username)

    def export(self, username: str) -> Iterable[Mapping[str, object]]:
        """Return each notice, oldest first."""
        for notice in self.ledger.list_all(username):
            yield {
                "notice": notice.notice_id,
                "deviceid": notice.deviceid,
                "at": notice.at.isoformat(),
                "channel": notice.channel.value,
                "recipient": notice.recipient,
                "source": notice.source,
                "sensorname": notice.sensorname,
                "condition": notice.condition,
                "state": notice.state.value,
                "reason": notice.reason,
            }


@dataclass(frozen=True)
class ConfirmationsData:
    """Exports the recipients that a user's notices asked; they are erased with the user's other rows."""

    confirmations: Confirmations

    def export(self, username: str) -> Iterable[Mapping[str, object]]:
        """Return each recipient, and when it confirmed."""
        for one in self.confirmations.list_all(username):
            yield {
                "channel": one.channel.value,
                "recipient": one.address,
                "asked_at": one.asked_at.isoformat(),
                "confirmed_at": one.confirmed_at and one.confirmed_at.isoformat(),
            }


@dataclass(frozen=True)
class NoticesOfDevices:
    """Erase the notices of a deleted device."""

    ledger: NoticeLedger
    stored: StoredNotices

    def erase(self, deviceid: str, registration: str) -> None:
        """Delete the objects, then the rows. Idempotent."""
        notices = list(self.ledger.list_device(deviceid, registration))
        self.stored.forget([notice for notice in notices if notice.channel is Channel.STORAGE])
        self.ledger.forget(notices)


@dataclass(frozen=True)
class BlocksData:
    """Show whom a user's devices write to; blocks are erased with their devices."""

    names: DeviceNames
    blocks: NotificationBlocks

    def export(self, username: str) -> Iterable[Mapping[str, object]]:
        """Return each port's block."""
        for name in self.names.list_names(username):
            if name.role is Role.OWNER:
                for source, block in self.blocks.find_all(name.deviceid).items():
                    yield _record(name, source, block)


def _record(name: DeviceName, source: str, block: NotificationBlock) -> Mapping[str, object]:
    return {
        "devicename": name.devicename,
        "deviceid": name.deviceid,
        "source": source,
        "messages": [{"message": text.message, "is_enabled": text.is_enabled} for text in block.texts],
        "endpoints": {
            channel.value: {
                "recipients": endpoint.recipients,
                "is_enabled": endpoint.is_enabled,
                "recipients_list": list(endpoint.recipients_list),
            }
            for channel, endpoint in block.endpoints.items()
        },
    }

"""The notices of a user as personal data: erased with the account or the device, and included in the export."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from iotcloud.devices.model import DeviceName, Role
from iotcloud.notices.confirmations import Confirmation
from iotcloud.notices.ledger import Notice
from iotcloud.notices.model import Channel, NotificationBlock


class Ledger(Protocol):
    """The notices of all owners."""

    def list_all(self, owner: str) -> Iterable[Notice]: ...

    def erase(self, owner: str) -> None: ...


class StoredNotices(Protocol):
    """The notices whose channel is storage."""

    def erase(self, owner: str) -> None: ...


@dataclass(frozen=True)
class NoticesData:
    """Erase and show a user's notices."""

    ledger: Ledger
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


class Confirmations(Protocol):
    """Which recipients were asked, and confirmed."""

    def list_all(self, owner: str) -> Iterable[Confirmation]: ...


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


class LedgerOfDevices(Protocol):
    """The notices of all devices."""

    def list_device(self, deviceid: str, registration: str) -> Iterable[Notice]: ...

    def forget(self, notices: Sequence[Notice]) -> None: ...


class StoredNoticesOfDevices(Protocol):
    """Their objects, where their channel is storage."""

    def forget(self, notices: Sequence[Notice]) -> None: ...


@dataclass(frozen=True)
class NoticesOfDevices:
    """Erase the notices of a deleted device."""

    ledger: LedgerOfDevices
    stored: StoredNoticesOfDevices

    def erase(self, deviceid: str, registration: str) -> None:
        """Delete the objects, then the rows. Idempotent."""
        notices = list(self.ledger.list_device(deviceid, registration))
        self.stored.forget([notice for notice in notices if notice.channel is Channel.STORAGE])
        self.ledger.forget(notices)


class Names(Protocol):
    """Users' names for devices."""

    def list_names(self, username: str) -> Sequence[DeviceName]: ...


class Blocks(Protocol):
    """Each port's notification block."""

    def find_all(self, deviceid: str) -> Mapping[str, NotificationBlock]: ...


@dataclass(frozen=True)
class BlocksData:
    """Show whom a user's devices write to; blocks are erased with their devices."""

    names: Names
    blocks: Blocks

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

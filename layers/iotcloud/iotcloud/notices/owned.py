"""A user's notices as part of what the user owns: erased with the account, and shown in its archive."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from iotcloud.notices.ledger import Notice


class Ledger(Protocol):
    """The notices of all owners."""

    def list_all(self, owner: str) -> Iterable[Notice]: ...

    def erase(self, owner: str) -> None: ...


class StoredNotices(Protocol):
    """The notices whose channel is storage."""

    def erase(self, owner: str) -> None: ...


@dataclass(frozen=True)
class OwnedNotices:
    """Erase and show a user's notices."""

    ledger: Ledger
    stored: StoredNotices

    def erase(self, username: str) -> None:
        """Delete the objects, then the rows; once more changes nothing."""
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

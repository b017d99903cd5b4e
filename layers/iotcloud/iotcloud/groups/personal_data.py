"""The groups of a user as personal data: erased with the account and included in its export."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from iotcloud.groups.model import Group, Member
from iotcloud.pagination import MAX_LIMIT, Page


class Groups(Protocol):
    """The groups of all users."""

    def list_groups(self, username: str) -> Sequence[Group]: ...

    def page(self, username: str, groupname: str, limit: int, cursor: str | None = None) -> Page[Member]: ...

    def erase_user(self, username: str) -> None: ...


@dataclass(frozen=True)
class GroupsData:
    """Erase and show a user's groups."""

    groups: Groups

    def erase(self, username: str) -> None:
        """Delete every group of the user. Idempotent."""
        self.groups.erase_user(username)

    def export(self, username: str) -> Iterable[Mapping[str, object]]:
        """Return each group with the ids of its devices."""
        for group in self.groups.list_groups(username):
            yield {"groupname": group.groupname, "devices": list(self._members(username, group.groupname))}

    def _members(self, username: str, groupname: str) -> Iterable[str]:
        cursor = None
        while True:
            page = self.groups.page(username, groupname, MAX_LIMIT, cursor)
            yield from (member.deviceid for member in page.items)
            if page.cursor is None:
                return
            cursor = page.cursor

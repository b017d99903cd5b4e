"""The groups of a user as personal data: erased with the account and included in its export."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from iotcloud.groups.interfaces import Groups
from iotcloud.pagination import MAX_LIMIT


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

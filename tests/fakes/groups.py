"""Groups of devices in memory."""

from dataclasses import dataclass, field

from iotcloud.devices.model import Device
from iotcloud.groups.model import MAX_MEMBERS, Group, GroupFull, GroupNameTaken, GroupNotRegistered, Member
from iotcloud.pagination import Page, make_cursor, open_cursor


@dataclass
class FakeGroups:
    """Replaces DeviceGroupStore."""

    kept: dict[tuple[str, str], dict[str, Member]] = field(default_factory=dict)

    def add(self, username: str, groupname: str) -> None:
        """See DeviceGroupStore."""
        if (username, groupname) in self.kept:
            raise GroupNameTaken
        self.kept[username, groupname] = {}

    def list_groups(self, username: str) -> list[Group]:
        """See DeviceGroupStore."""
        return [Group(name, len(members)) for (owner, name), members in sorted(self.kept.items()) if owner == username]

    def add_member(self, username: str, groupname: str, device: Device) -> None:
        """See DeviceGroupStore."""
        members = self._members(username, groupname)
        if len(members) >= MAX_MEMBERS:
            raise GroupFull
        members[device.deviceid] = Member(device.deviceid, device.registration, device.devicename)

    def remove_member(self, username: str, groupname: str, deviceid: str) -> None:
        """See DeviceGroupStore."""
        self.kept.get((username, groupname), {}).pop(deviceid, None)

    def page(self, username: str, groupname: str, limit: int, cursor: str | None = None) -> Page[Member]:
        """See DeviceGroupStore."""
        scope = f"group {groupname} of {username}"
        after = open_cursor(scope, cursor) if cursor else ""
        members = [
            member for deviceid, member in sorted(self._members(username, groupname).items()) if deviceid > after
        ]
        shown = members[:limit]
        return Page(shown, make_cursor(scope, shown[-1].deviceid) if len(members) > limit else None)

    def delete(self, username: str, groupname: str) -> None:
        """See DeviceGroupStore."""
        self._members(username, groupname)
        del self.kept[username, groupname]

    def erase(self, deviceid: str) -> None:
        """See DeviceGroupStore."""
        for members in self.kept.values():
            members.pop(deviceid, None)

    def erase_user(self, username: str) -> None:
        """See DeviceGroupStore."""
        self.kept = {key: members for key, members in self.kept.items() if key[0] != username}

    def _members(self, username: str, groupname: str) -> dict[str, Member]:
        try:
            return self.kept[username, groupname]
        except KeyError:
            raise GroupNotRegistered from None

"""Users put devices that they may use into groups of their own, to mean them together later."""

from collections.abc import Sequence
from dataclasses import dataclass

from iotcloud.devices.interfaces import DeviceRegistry
from iotcloud.devices.model import DeviceName, Role
from iotcloud.groups.interfaces import DeviceNamesById, Groups
from iotcloud.groups.model import MAX_GROUPS, Group, Member, TooManyGroups, checked_groupname
from iotcloud.names import normal_name
from iotcloud.pagination import Page


@dataclass(frozen=True)
class GroupService:
    """Keep groups of devices."""

    registry: DeviceRegistry
    names: DeviceNamesById
    groups: Groups

    def add_group(self, username: str, groupname: str) -> None:
        """Make a group; raise GroupNameTaken or TooManyGroups."""
        kept_name = checked_groupname(groupname)
        if len(self.groups.list_groups(username)) >= MAX_GROUPS:
            raise TooManyGroups
        self.groups.add(username, kept_name)

    def list_groups(self, username: str) -> Sequence[Group]:
        """Return a user's groups by name."""
        return self.groups.list_groups(username)

    def delete_group(self, username: str, groupname: str) -> None:
        """Delete a group, not its devices; raise GroupNotRegistered."""
        self.groups.delete(username, normal_name(groupname))

    def add_device(self, username: str, groupname: str, devicename: str) -> None:
        """Put a device into a group; raise GroupNotRegistered, GroupFull or DeviceNotRegistered."""
        device = self.registry.find_device(username, devicename, Role.VIEWER)
        self.groups.add_member(username, normal_name(groupname), device)

    def remove_device(self, username: str, groupname: str, devicename: str) -> None:
        """Take a device out of a group."""
        device = self.registry.find_device(username, devicename, Role.VIEWER)
        self.groups.remove_member(username, normal_name(groupname), device.deviceid)

    def list_devices(self, username: str, groupname: str, limit: int, cursor: str | None = None) -> Page[DeviceName]:
        """Return a group's devices, by id, without those the user has lost. Raise GroupNotRegistered."""
        page = self.groups.page(username, normal_name(groupname), limit, cursor)
        names = self.names.find_names(username, {member.deviceid: member.devicename for member in page.items})
        known = {Member(name.deviceid, name.registration): name for name in names}
        return Page([known[member] for member in page.items if member in known], page.cursor)

"""Users put devices that they may use into groups of their own, to mean them together later."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from iotcloud.devices.model import Device, DeviceName, Role
from iotcloud.groups.model import MAX_GROUPS, MAX_MEMBERS, Group, Member, TooManyGroups, checked_groupname
from iotcloud.pages import Page


class Registry(Protocol):
    """Finds the device that a user calls so, if they may do with it what the role may."""

    def find_device(self, username: str, devicename: str, required: Role = ...) -> Device: ...


class Names(Protocol):
    """What users call devices."""

    def list_names(self, username: str) -> Sequence[DeviceName]: ...


class Groups(Protocol):
    """The rows of groups."""

    def add(self, username: str, groupname: str) -> None: ...

    def list_groups(self, username: str) -> Sequence[Group]: ...

    def add_member(self, username: str, groupname: str, device: Device) -> None: ...

    def remove_member(self, username: str, groupname: str, deviceid: str) -> None: ...

    def page(self, username: str, groupname: str, limit: int, cursor: str | None = None) -> Page[Member]: ...

    def delete(self, username: str, groupname: str) -> None: ...

    def erase_user(self, username: str) -> None: ...


@dataclass(frozen=True)
class GroupService:
    """Keep groups of devices."""

    registry: Registry
    names: Names
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
        self.groups.delete(username, checked_groupname(groupname))

    def add_device(self, username: str, groupname: str, devicename: str) -> None:
        """Put a device into a group; raise GroupNotRegistered, GroupFull or DeviceNotRegistered."""
        device = self.registry.find_device(username, devicename, Role.VIEWER)
        self.groups.add_member(username, checked_groupname(groupname), device)

    def remove_device(self, username: str, groupname: str, devicename: str) -> None:
        """Take a device out of a group."""
        device = self.registry.find_device(username, devicename, Role.VIEWER)
        self.groups.remove_member(username, checked_groupname(groupname), device.deviceid)

    def list_devices(self, username: str, groupname: str, limit: int, cursor: str | None = None) -> Page[DeviceName]:
        """Return a group's devices, by id; those that the user has no more are left out. Raise GroupNotRegistered."""
        page = self.groups.page(username, checked_groupname(groupname), limit, cursor)
        known = {Member(name.deviceid, name.registration): name for name in self.names.list_names(username)}
        return Page([known[member] for member in page.items if member in known], page.cursor)

    def erase(self, username: str) -> None:
        """Delete all groups of a user whose account was closed."""
        self.groups.erase_user(username)

    def export(self, username: str) -> Iterable[Mapping[str, object]]:
        """Return a user's groups for them to take away."""
        for group in self.groups.list_groups(username):
            members = self.list_devices(username, group.groupname, MAX_MEMBERS).items
            yield {"groupname": group.groupname, "devices": [member.devicename for member in members]}

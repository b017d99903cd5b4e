"""What the services of groups need from stores, adapters and other features."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from iotcloud.devices.model import Device, DeviceName
from iotcloud.groups.model import Group, Member
from iotcloud.pagination import Page


class DeviceNamesById(Protocol):
    """Users' names for devices."""

    def find_names(self, username: str, devicenames: Mapping[str, str]) -> Sequence[DeviceName]:
        """Return the user's current names of devices, by id, given their names at an earlier time."""
        ...


class Groups(Protocol):
    """The groups of all users."""

    def list_groups(self, username: str) -> Sequence[Group]: ...
    def page(self, username: str, groupname: str, limit: int, cursor: str | None = None) -> Page[Member]: ...
    def erase_user(self, username: str) -> None: ...
    def add(self, username: str, groupname: str) -> None: ...
    def add_member(self, username: str, groupname: str, device: Device) -> None: ...
    def remove_member(self, username: str, groupname: str, deviceid: str) -> None: ...
    def delete(self, username: str, groupname: str) -> None: ...

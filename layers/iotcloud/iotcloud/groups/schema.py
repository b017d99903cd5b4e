"""Request and response bodies of the group operations."""

from collections.abc import Sequence
from typing import Self

from pydantic import Field

from iotcloud.devices.model import DeviceName, Role
from iotcloud.groups.model import Group
from iotcloud.pagination import Page
from iotcloud.schema import Answer, Shape


class GroupRecord(Shape):
    """A group of devices."""

    groupname: str = Field(examples=["Barns"], description="The caller's own name for the group.")
    size: int = Field(description="How many devices are in it.", examples=[3])


class GroupsAnswer(Answer):
    """The caller's groups, by name."""

    groups: list[GroupRecord] = Field(description="By name.")

    @classmethod
    def from_models(cls, groups: Sequence[Group]) -> Self:
        """Answer with groups."""
        return cls(groups=[GroupRecord(groupname=group.groupname, size=group.size) for group in groups])


class GroupedDevice(Shape):
    """A device in a group."""

    devicename: str = Field(examples=["Barn unit"], description="The caller's own name for the device.")
    deviceid: str = Field(examples=["PH80XXRR1123264F"], description="The device's id.")
    role: Role = Field(description="What the caller may do with it.", examples=["owner"])


class GroupAnswer(Answer):
    """The devices of a group, by id."""

    devices: list[GroupedDevice] = Field(description="By id.")
    cursor: str | None = Field(None, description="Leads to the next devices; absent when there are no more.")

    @classmethod
    def from_page(cls, page: Page[DeviceName]) -> Self:
        """Answer with some devices."""
        devices = [
            GroupedDevice(devicename=name.devicename, deviceid=name.deviceid, role=name.role.value)
            for name in page.items
        ]
        return cls(devices=devices, cursor=page.cursor)

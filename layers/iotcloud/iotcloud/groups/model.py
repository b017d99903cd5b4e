"""Groups of devices. Pure rules, no I/O."""

from dataclasses import dataclass, field

from iotcloud.devices.model import checked_devicename
from iotcloud.errors import AlreadyExists, NotFound

MAX_GROUPS = 100
"""Groups per user: as many as one answer lists."""

MAX_MEMBERS = 1000
"""Devices per group: as many as one answer lists."""


class GroupNameTaken(AlreadyExists):
    message = "Group name is already taken"


class GroupNotRegistered(NotFound):
    message = "Group is not registered"


class TooManyGroups(AlreadyExists):
    message = "User has as many groups as they can have"


class GroupFull(AlreadyExists):
    message = "Group has as many devices as it can have"


@dataclass(frozen=True)
class Group:
    """A named set of a user's devices."""

    groupname: str
    size: int


@dataclass(frozen=True)
class Member:
    """A device in a group. `registration` shows whether the id was registered again since."""

    deviceid: str
    registration: str
    devicename: str = field(default="", compare=False)
    """The user's name for the device when it was added."""


def checked_groupname(groupname: str) -> str:
    """Return the name in the form in which it is kept; raise InvalidInput when it cannot be one. As devices' names."""
    return checked_devicename(groupname)

"""Groups of devices. Pure rules, no I/O."""

from dataclasses import dataclass, field

from iotcloud.devices.model import checked_devicename
from iotcloud.errors import AlreadyExists, NotFound

MAX_GROUPS = 100
"""Groups that a user may have: what one answer lists."""

MAX_MEMBERS = 1000
"""Devices that a group may have: what one answer lists."""


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
    """A device in a group; `registration` tells whether it is still the one that was put there."""

    deviceid: str
    registration: str
    devicename: str = field(default="", compare=False)
    """What the user called it when it was put there."""


def checked_groupname(groupname: str) -> str:
    """Return the name in the form in which it is kept; raise InvalidInput when it cannot be one. As devices' names."""
    return checked_devicename(groupname)

"""The board's own vocabulary: its status, and the rule of which reply answers which command. No I/O."""

from collections.abc import Mapping
from enum import IntEnum
from typing import Any

from iotcloud.device_input import MAX_VERSION
from iotcloud.enumerations import Enumeration
from iotcloud.errors import InvalidInput, Problem


class Status(IntEnum):
    """The states of a device, and the three that can be requested. The numbers are wire values."""

    STARTING = 0
    RUNNING = 1
    RESTART = 2
    RESTARTING = 3
    STOP = 4
    STOPPING = 5
    STOPPED = 6
    START = 7
    CONFIGURING = 8


STATUSES = Enumeration({int(one): one.name.lower() for one in Status})
"""What a device says of itself. 8 is between 0 and 1: it asks for its configuration."""
SETTABLE = (Status.RESTART, Status.STOP, Status.START)

SETTABLE_STATUSES = Enumeration({int(one): one.name.lower() for one in SETTABLE})

SENSOR_RATES = range(1, 86_401)
"""Seconds between two publications of a device's sensors; a day at most."""


def checked_status(status: int) -> Status:
    """Return the status that a person may ask for; raise InvalidInput for the others."""
    if status not in SETTABLE:
        raise InvalidInput(detail=[Problem("status", f"must be one of {', '.join(str(int(one)) for one in SETTABLE)}")])
    return Status(status)


def with_version(value: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a status with its firmware version as text of at most MAX_VERSION characters; a number becomes text."""
    version = value.get("version")
    if version is None:
        return value
    is_text = isinstance(version, str | int | float) and not isinstance(version, bool)
    return {**value, "version": str(version)[:MAX_VERSION] if is_text else None}


def changed_part(api: str, members: Mapping[str, object]) -> str:
    """Return what a command changes, as watchers are told: a port such as `gpio2`, `status` or `settings`."""
    _, _, part = api.partition("_")
    name = part.partition("_")[0]
    return f"{name}{members['number']}" if "number" in members else name

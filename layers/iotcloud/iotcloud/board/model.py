"""The board's own vocabulary: its status, and the rule of which reply answers which command. No I/O."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import IntEnum
from typing import Any, Self

from iotcloud.device_input import MAX_VERSION
from iotcloud.devices.model import Device
from iotcloud.errors import InvalidInput


class Status(IntEnum):
    """The states of a device, and the three that can be asked for; the numbers go over the wire."""

    STARTING = 0
    RUNNING = 1
    RESTART = 2
    RESTARTING = 3
    STOP = 4
    STOPPING = 5
    STOPPED = 6
    START = 7
    CONFIGURING = 8


SETTABLE = (Status.RESTART, Status.STOP, Status.START)

SENSOR_RATES = range(1, 86_401)
"""Seconds between two publications of a device's sensors; a day at most."""

OWED_FOR = timedelta(seconds=30)
"""How long after a command its reply is still reckoned with."""
SETTLED_AFTER = timedelta(seconds=5)
"""How long after a command without a reply in time no other is sent: a reply that is only late could not be told from
that to the other, were the other's lost."""
OVERTAKEN_FOR = timedelta(seconds=5)
"""The same, once the device has answered a later command: what was not overtaken is lost."""


def checked_status(status: int) -> Status:
    """Return the status that a person may ask for; raise InvalidInput for the others."""
    if status not in SETTABLE:
        raise InvalidInput(detail=[f"status: must be one of {', '.join(str(int(one)) for one in SETTABLE)}"])
    return Status(status)


def is_reading(api: str) -> bool:
    """Whether a command only asks, so that it may be sent again."""
    return api.startswith("get_")


@dataclass(frozen=True)
class Lease:
    """The right of one holder to have a command of this api under way to this device, until an instant.

    Only devices that return no correlation data need it. Their replies can be told apart by order alone, so that one
    command is under way at a time, and `owed` remembers the earlier ones whose replies may still come.
    """

    deviceid: str
    api: str
    holder: str
    until: datetime
    owed: tuple[datetime, ...] = ()
    """For each command whose reply did not come in time, without the holder's own: until when it may still come."""

    def seconds_to_settle(self, now: datetime) -> float:
        """How long replies may well be on their way that are late."""
        return max([(until - OWED_FOR + SETTLED_AFTER - now).total_seconds() for until in self.owed], default=0.0)

    def expecting(self, now: datetime) -> Self:
        """The same lease without the replies that will not come any more."""
        return replace(self, owed=tuple(until for until in self.owed if until > now))


@dataclass(frozen=True)
class Heard:
    """The replies without correlation data that came after our command, while `owed` older ones may still come."""

    owed: int
    replies: tuple[bytes, ...] = ()

    def and_then(self, reply: bytes) -> Self:
        """The same with one more reply."""
        return replace(self, replies=(*self.replies, reply))

    @property
    def is_complete(self) -> bool:
        """Whether every command has its reply: a device answers in order, so that the last one is ours."""
        return len(self.replies) > self.owed

    @property
    def is_doubtful(self) -> bool:
        """Whether they differ: then it matters which is ours, and a device answering out of order would mislead us."""
        return len(set(self.replies)) > 1

    def still_owed(self, owed: Sequence[datetime], now: datetime) -> tuple[datetime, ...]:
        """What remains owed of the older replies, when the last of those heard was taken as ours."""
        remaining = owed[len(owed) - (self.owed + 1 - len(self.replies)) :]
        return tuple(min(until, now + OVERTAKEN_FOR) for until in remaining)


def reply_value(reply: Mapping[str, Any]) -> Mapping[str, Any]:
    """The `value` of a reply as an object; empty when there is none, or when it is not one."""
    value = reply.get("value")
    return value if isinstance(value, Mapping) else {}


def last_known(device: Device) -> dict[str, str]:
    """What is remembered of a device that does not answer, in the wire's spelling; absent what was never heard."""
    known = {} if device.heartbeat_at is None else {"heartbeat": str(int(device.heartbeat_at.timestamp()))}
    return known if device.version is None else {**known, "version": device.version}


def with_version(value: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a status with its firmware version as text of at most MAX_VERSION characters; a number becomes text."""
    version = value.get("version")
    if version is None:
        return value
    is_text = isinstance(version, str | int | float) and not isinstance(version, bool)
    return {**value, "version": str(version)[:MAX_VERSION] if is_text else None}

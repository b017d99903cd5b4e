"""Which reply answers which command: the lease of a command, and the replies still outstanding. No I/O."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Self

from iotcloud.devices.model import Device

REPLY_SECONDS = 3.0
"""How long a caller waits for a device (device protocol, section 3)."""
OWED_FOR = timedelta(seconds=30)
"""How long after a command its reply is still reckoned with."""
SETTLED_AFTER = timedelta(seconds=5)
"""After a timed-out command, the next one is held back this long. A late reply could otherwise be taken for the next
command's."""
OVERTAKEN_FOR = timedelta(seconds=5)
"""The same, once the device has answered a later command: a reply that was overtaken is lost."""


def is_read_only(api: str) -> bool:
    """Whether a command only reads, so that it may be sent again."""
    return api.startswith("get_")


@dataclass(frozen=True)
class CommandLease:
    """A lease on one api of one device: the holder may have a command in flight until it expires.

    Only devices that return no correlation data need it. Their replies can be matched by order alone, so one command
    is in flight at a time, and `owed` lists earlier commands whose replies may still arrive.
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
class ReplyWindow:
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
        """Whether they differ: a wrong match would then return a wrong answer, if the device answers out of order."""
        return len(set(self.replies)) > 1

    def still_owed(self, owed: Sequence[datetime], now: datetime) -> tuple[datetime, ...]:
        """Return the older replies still outstanding, after the last received one was matched to our command."""
        remaining = owed[len(owed) - (self.owed + 1 - len(self.replies)) :]
        return tuple(min(until, now + OVERTAKEN_FOR) for until in remaining)


def reply_value(reply: Mapping[str, Any]) -> Mapping[str, Any]:
    """The `value` of a reply when it is an object, else an empty one."""
    value = reply.get("value")
    return value if isinstance(value, Mapping) else {}


def last_known(device: Device) -> dict[str, str]:
    """The last known values of a device that does not answer, as wire members. Unknown ones are absent."""
    known = {} if device.heartbeat_at is None else {"heartbeat": str(int(device.heartbeat_at.timestamp()))}
    return known if device.version is None else {**known, "version": device.version}

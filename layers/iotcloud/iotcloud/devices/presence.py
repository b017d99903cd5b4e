"""When devices came and went, and in which order: the rules for the broker's lifecycle events. No I/O.

The events arrive twice, late and in any order. A connection's two events carry the same version, and the next
connection's a higher one, until the device has been away for about an hour: then it begins at 0 again (AWS IoT Core
developer guide, "Lifecycle events"). Between events less than half an hour apart there was no such hour, and their
versions tell the order; for others their times do, to within the seconds by which clocks differ.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

NEAR = timedelta(minutes=30)
"""Half of the hour after which versions begin anew: versions order what is nearer, times what is further apart."""
HEARD_LATER = timedelta(seconds=10)
"""A message so much later than a disconnection proves that the device has come back; more than clocks differ."""


class Change(StrEnum):
    """What a lifecycle event tells; in the broker's words."""

    CONNECTED = "connected"
    DISCONNECTED = "disconnected"


@dataclass(frozen=True)
class Mark:
    """The place of an event in a device's life."""

    at: datetime
    version: int

    def is_before(self, later: "Mark") -> bool:
        """Whether this came before the other event of the same kind."""
        if abs(later.at - self.at) > NEAR:
            return self.at < later.at
        return self.version < later.version


@dataclass(frozen=True)
class PresenceEvent:
    """A device connected or disconnected."""

    deviceid: str
    change: Change
    mark: Mark
    session: str
    certificate_id: str
    """The certificate that it connected with."""
    reason: str | None = None
    """Why it disconnected, in the broker's words."""


@dataclass(frozen=True)
class Presence:
    """The latest connection and the latest disconnection that were told of, each by its own order."""

    connected: Mark | None = None
    disconnected: Mark | None = None
    reason: str | None = None
    """Why it disconnected last."""

    @property
    def is_connected(self) -> bool | None:
        """Whether the device is connected, None when nothing was ever told."""
        if self.connected is None:
            return None if self.disconnected is None else False
        return self.disconnected is None or self.disconnected.is_before(self.connected)

    def after(self, event: PresenceEvent) -> "Presence":
        """Take in an event. In whatever order the same events come, how often ever, the outcome is the same."""
        known = self.connected if event.change is Change.CONNECTED else self.disconnected
        if known is not None and not known.is_before(event.mark):
            return self
        if event.change is Change.CONNECTED:
            return replace(self, connected=event.mark)
        return replace(self, disconnected=event.mark, reason=event.reason)

    def is_online(self, heartbeat_at: datetime | None) -> bool | None:
        """Whether the device can be reached; None when nobody knows.

        A device that was heard after it had disconnected is there again, and the event of it is late.
        """
        is_connected = self.is_connected
        if is_connected is False and self.disconnected is not None and heartbeat_at is not None:
            return None if heartbeat_at > self.disconnected.at + HEARD_LATER else False
        return is_connected

"""Presence: the order of the broker's lifecycle events. No I/O.

Events may be duplicated, late and out of order. The two events of a connection carry the same version number, the next
connection a higher one. It restarts at 0 after about an hour offline (AWS IoT Core developer guide, "Lifecycle
events"). So events less than half an hour apart are ordered by version, others by time, within clock skew.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

NEAR = timedelta(minutes=30)
"""Half the hour after which versions restart: closer events are ordered by version, others by time."""
HEARD_LATER = timedelta(seconds=10)
"""A message so much later than a disconnection proves that the device has come back; more than clocks differ."""


class Change(StrEnum):
    """The kind of a lifecycle event, by the broker's names."""

    CONNECTED = "connected"
    DISCONNECTED = "disconnected"


@dataclass(frozen=True)
class Mark:
    """The position of an event in a device's history."""

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
    """The latest known connection and the latest known disconnection."""

    connected: Mark | None = None
    disconnected: Mark | None = None
    reason: str | None = None
    """Why it disconnected last."""

    @property
    def is_connected(self) -> bool | None:
        """Whether the device is connected; None before the first event."""
        if self.connected is None:
            return None if self.disconnected is None else False
        return self.disconnected is None or self.disconnected.is_before(self.connected)

    def after(self, event: PresenceEvent) -> "Presence":
        """Apply an event. Idempotent and independent of the order of events."""
        known = self.connected if event.change is Change.CONNECTED else self.disconnected
        if known is not None and not known.is_before(event.mark):
            return self
        if event.change is Change.CONNECTED:
            return replace(self, connected=event.mark)
        return replace(self, disconnected=event.mark, reason=event.reason)

    def is_online(self, heartbeat_at: datetime | None) -> bool | None:
        """Whether the device can be reached; None when unknown.

        A message after the disconnection proves a new connection whose event is late.
        """
        is_connected = self.is_connected
        if is_connected is False and self.disconnected is not None and heartbeat_at is not None:
            return None if heartbeat_at > self.disconnected.at + HEARD_LATER else False
        return is_connected

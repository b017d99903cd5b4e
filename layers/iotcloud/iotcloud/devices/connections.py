"""Keeps what the broker tells of devices' connections."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from iotcloud.batches import Failures, confine
from iotcloud.devices.interfaces import CertificateUse, LivePresence, Parking, PresenceStore
from iotcloud.devices.presence import Change, PresenceEvent
from iotcloud.topics import LIVE_CLIENT

UNREADABLE = "not a lifecycle event"


@dataclass(frozen=True)
class Arrival:
    """One record of a queue batch, with the queue's id."""

    delivery_id: str
    body: str
    event: PresenceEvent | None
    """None when the body cannot be parsed."""


@dataclass(frozen=True)
class Recorded:
    """The outcome of a batch."""

    recorded: int
    unknown: int
    """Events of clients that are no registered device: the platform's own sessions, and devices that were deleted."""
    unreadable: int
    failed: Sequence[str]
    """The records to redeliver."""
    reasons: Mapping[str, int] = field(default_factory=dict)
    """Why, by exception and line."""


@dataclass(frozen=True)
class ConnectionService:
    """Keep devices' comings and goings."""

    devices: PresenceStore
    certificates: CertificateUse
    parking: Parking
    live: LivePresence | None = None

    def record_events(self, arrivals: Sequence[Arrival]) -> Recorded:
        """Apply a batch of events. Safe when late, duplicated or out of order.

        An event that could not be finished is redelivered, and then completes.
        """
        failures, known = Failures(), list[bool]()
        unreadable = [arrival for arrival in arrivals if arrival.event is None]
        parked = confine(unreadable, self._park, lambda arrival: (arrival.delivery_id,), failures)
        for arrival in arrivals:
            if arrival.event is not None:
                with failures.confined([arrival.delivery_id]):
                    known.append(self._record(arrival.event))
        return Recorded(sum(known), len(known) - sum(known), sum(parked), failures.ids, failures.reasons)

    def _park(self, arrivals: Sequence[Arrival]) -> int:
        self.parking.park({arrival.body: UNREADABLE for arrival in arrivals})
        return len(arrivals)

    def _record(self, event: PresenceEvent) -> bool:
        if event.deviceid.startswith(LIVE_CLIENT):
            return False  # a user's app that receives live data, not a device
        device = self.devices.record_presence(event)
        if device is not None and event.change is Change.CONNECTED:
            self.certificates.note_use(device, event.certificate_id)
        if device is not None and self.live is not None:
            self.live.tell_presence(device)
        return device is not None

"""Presence: takes the broker's events of devices' connections off their queue into the registry.

Delivery: at least once, late and in any order, on the way to the queue already. Each event is decided by one
conditional write, so that the outcome is that of the true order. An event that could not be finished is reported, and
comes again; one that cannot be read is parked. A failure stays with its record. After five deliveries a record goes to
the dead-letter queue.
"""

from collections.abc import Mapping
from typing import Any

from iotcloud import ingest
from iotcloud.devices.schema import LifecycleEvent
from iotcloud.observability import count, report_failed, write_metrics
from iotcloud.wiring import wiring


def handler(event: Mapping[str, Any], context: object) -> dict[str, Any]:
    """Record one batch."""
    outcome = wiring().devices.connections.record_events(LifecycleEvent.read_arrivals(event))
    count("PresenceRecorded", outcome.recorded)
    count("UnknownClientEvents", outcome.unknown)
    count("PresenceUnreadable", outcome.unreadable)
    report_failed(len(outcome.failed), outcome.reasons)
    write_metrics()
    return ingest.report_failures(outcome.failed)

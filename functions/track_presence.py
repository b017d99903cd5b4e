"""Updates the presence of devices from the broker's connection events.

Delivery: at least once, late and in any order; the broker itself sends events twice and out of order. Each event is one
conditional write, so the result is that of the true order. A failed event is reported and redelivered. An invalid one
is parked. A failure affects only its own record. After five deliveries a record goes to the dead-letter queue.
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

"""The historian: stores the messages between devices and server in the table of messages.

Delivery: the queue delivers at least once and in any order. A message is written under the id that its rule generated,
so a redelivery writes the same row. Heartbeats only move forward. Records that could not be written are reported and
redelivered after the queue's visibility timeout. Unusable records are parked and reported as done. A failure affects
only its own record. After five deliveries a record goes to the dead-letter queue.
"""

from typing import Any

from iotcloud import ingest
from iotcloud.observability import count, logger, write_metrics
from iotcloud.wiring import wiring


def handler(event: ingest.Event, context: object) -> dict[str, Any]:
    """Record one batch."""
    recorded = wiring().histories.recorder.record_messages(ingest.read_deliveries(event))
    count("MessagesStored", len(recorded.kept))
    count("RecordsFailed", len(recorded.failed))
    count("MessagesParked", sum(recorded.parked.values()))
    if recorded.failed or recorded.parked:
        logger.warning(
            "batch partly failed", parked=recorded.parked, failed=len(recorded.failed), reasons=recorded.reasons
        )
    write_metrics()
    return ingest.report_failures(recorded.failed)

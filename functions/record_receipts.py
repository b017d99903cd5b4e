"""Records the delivery receipts of Amazon SES, AWS End User Messaging and Amazon SNS in the ledger of notices.

Delivery: at least once, in any order. Idempotent: a receipt never changes a final state. Unknown events are parked. A
failure affects only its own record. After five deliveries a record goes to the dead-letter queue.
"""

from typing import Any

from iotcloud import ingest
from iotcloud.observability import count, logger, report_failed, write_metrics
from iotcloud.wiring import wiring


def handler(event: ingest.Event, context: object) -> dict[str, Any]:
    """Record one batch of events."""
    received = wiring().notices.receipt_desk.take_events([record["body"] for record in event["Records"]])
    for state, notices in received.states.items():
        count(f"Receipts{state.title()}", notices)
    count("ReceiptsNotFinal", received.passing)
    count("ReceiptsParked", received.parked.total())
    if received.parked:
        logger.warning("not understood", parked=dict(received.parked))
    report_failed(len(received.failures.ids), received.failures.reasons)
    write_metrics()
    failed = frozenset(received.failures.ids)
    return ingest.report_failures(record["messageId"] for record in event["Records"] if record["body"] in failed)

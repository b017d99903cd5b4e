"""The receipts: write down what Amazon SES and AWS End User Messaging tell of notices after they took them.

Delivery: at least once, in any order. A receipt changes a notice once, and never takes a final word back. What is no
event of a provider is parked. An exception leaves the whole batch to come again; after five deliveries a record goes
to the dead-letter queue.
"""

from typing import Any

from iotcloud import ingest
from iotcloud.observability import count, logger, write_metrics
from iotcloud.wiring import wiring


def handler(event: ingest.Event, context: object) -> dict[str, Any]:
    """Take one batch of events."""
    received = wiring().receipt_desk.take_events([record["body"] for record in event["Records"]])
    for state, notices in received.states.items():
        count(f"Receipts{state.title()}", notices)
    count("ReceiptsPassing", received.passing)
    count("ReceiptsParked", received.parked.total())
    if received.parked:
        logger.warning("not understood", parked=dict(received.parked))
    write_metrics()
    return ingest.report_failures(())

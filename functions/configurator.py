"""The configurator: sends stored port settings to devices that restart, and stores or deletes those that they send.

Delivery: at least once, in the order of arrival only within a batch. Idempotent. A message whose reply failed is
reported and redelivered. An invalid message is counted, and is in the device's history. A failure affects only its own
record. After five deliveries a record goes to the dead-letter queue.
"""

from typing import Any

from iotcloud import ingest
from iotcloud.observability import count, report_failed, write_metrics
from iotcloud.wiring import wiring


def handler(event: ingest.Event, context: object) -> dict[str, Any]:
    """Process one batch."""
    exchanged = wiring().peripherals.configuration_sync.serve(ingest.read_deliveries(event))
    count("ConfigurationsAnswered", exchanged.answered)
    count("ConfigurationsReplaced", exchanged.replaced)
    count("ConfigurationsDeleted", exchanged.deleted)
    count("ConfigurationsIgnored", exchanged.ignored)
    report_failed(len(exchanged.failed), exchanged.reasons)
    write_metrics()
    return ingest.report_failures(exchanged.failed)

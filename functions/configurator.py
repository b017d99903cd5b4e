"""The configurator: gives devices that restart their ports' settings back, and keeps or deletes those that they send.

Delivery: at least once, and in the order of arrival within a batch only. Serving a message again does the same again. A
message that could not be answered is reported, and comes again; one that makes no sense is counted, and is in the
device's history. A failure stays with its record. After five deliveries a record goes to the dead-letter queue.
"""

from typing import Any

from iotcloud import ingest
from iotcloud.observability import count, report_failed, write_metrics
from iotcloud.wiring import wiring


def handler(event: ingest.Event, context: object) -> dict[str, Any]:
    """Serve one batch."""
    exchanged = wiring().peripherals.configuration_sync.serve(ingest.read_deliveries(event))
    count("ConfigurationsAnswered", exchanged.answered)
    count("ConfigurationsReplaced", exchanged.replaced)
    count("ConfigurationsDeleted", exchanged.deleted)
    count("ConfigurationsIgnored", exchanged.ignored)
    report_failed(len(exchanged.failed), exchanged.reasons)
    write_metrics()
    return ingest.report_failures(exchanged.failed)

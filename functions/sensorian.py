"""The sensorian: stores readings, evaluates thresholds, and forwards readings to other devices.

Delivery: the queue delivers at least once and in any order. A reading is written under the id that its rule generated,
so a redelivery writes the same row. An alert is stored as pending before it is sent, with an id by which the notifier
detects duplicates (transactional outbox). If an invocation ends in between, a later one sends it. If anything fails for
a device, its records are reported and redelivered after the queue's visibility timeout. A failure affects only its own
record. After five deliveries a record goes to the dead-letter queue.
"""

from collections import Counter
from typing import Any

from iotcloud import ingest
from iotcloud.observability import count, logger, write_metrics
from iotcloud.wiring import wiring


def handler(event: ingest.Event, context: object) -> dict[str, Any]:
    """Record one batch."""
    done = wiring().readings.ingest.record_readings(ingest.read_deliveries(event))
    count("ReadingsStored", len(done.recorded.kept))
    count("ReadingsIgnored", sum(one.ignored for one in done.taken))
    count("ReadingsLate", sum(one.is_late for one in done.taken))
    count("ReadingsForwarded", sum(one.forwarded for one in done.taken))
    count("ReadingsNotForwarded", sum(one.unforwarded.total() for one in done.taken))
    count("AlertsRaised", sum(one.told for one in done.taken))
    count("RecordsFailed", len(done.failed))
    count("MessagesParked", sum(done.recorded.parked.values()))
    # Failed records are redelivered; parked ones are done, and only counted and logged.
    if done.failed or done.recorded.parked:
        logger.warning(
            "batch partly failed", parked=done.recorded.parked, failed=len(done.failed), reasons=done.reasons
        )
    if unforwarded := sum((one.unforwarded for one in done.taken), Counter[str]()):
        logger.info("readings not forwarded", reasons=unforwarded)
    write_metrics()
    return ingest.report_failures(done.failed)

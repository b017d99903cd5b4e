"""The sensorian: takes readings off their queue into the log, holds them against thresholds, and forwards them.

Delivery: the queue delivers at least once and in any order. A reading is written under the id that its rule drew, so
that every further delivery writes the same row again. What thresholds have to say is written down before it is handed
on, with an id by which the notifier knows it again: an invocation that ends in between is followed by one that hands it
on. Records of a device with which anything failed are reported, and come again after the queue's visibility timeout. A
failure stays with its record. After five deliveries a record goes to the dead-letter queue.
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
    if done.failed or done.recorded.parked:
        logger.warning(
            "batch partly failed", parked=done.recorded.parked, failed=len(done.failed), reasons=done.reasons
        )
    if unforwarded := sum((one.unforwarded for one in done.taken), Counter[str]()):
        logger.info("readings not forwarded", reasons=unforwarded)
    write_metrics()
    return ingest.report_failures(done.failed)

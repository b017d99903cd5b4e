"""Firmware: sends devices the parts of images that they ask for, tells those that start of updates that wait for them,
and keeps how updates ended.

Delivery: at least once, and in the order of arrival within a batch only. A message that is served again changes nothing
more; a part of an image is sent again, which the device ignores. A message that could not be served is reported, and
comes again; one that makes no sense is counted, and is in the device's history. A failure stays with its record. After
five deliveries a record goes to the dead-letter queue.
"""

from typing import Any

from iotcloud import ingest
from iotcloud.observability import count, report_failed, write_metrics
from iotcloud.wiring import wiring


def handler(event: ingest.Event, context: object) -> dict[str, Any]:
    """Serve one batch."""
    served = wiring().firmware.requests.serve(ingest.read_deliveries(event))
    count("FirmwareBlocks", served.blocks)
    count("FirmwareBlockBytes", served.block_bytes)
    count("FirmwareBlocksRefused", served.refused)
    count("FirmwareUpdatesBegun", served.begun)
    count("FirmwareUpdatesEnded", served.ended)
    count("FirmwareMessagesUnasked", served.unasked)
    report_failed(len(served.failed), served.reasons)
    write_metrics()
    return ingest.report_failures(served.failed)

"""The exporter: makes the archives with which users take their data away.

Delivery: one order at a time, at least once. The archive of an order that comes again takes the place of the first one;
that of an order which was replaced, or whose account was closed meanwhile, is not made.
"""

from typing import Any

from iotcloud.observability import count, write_metrics
from iotcloud.users.jobs import read_export
from iotcloud.wiring import wiring


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Make one archive."""
    for record in event["Records"]:
        wiring().personal_data.exporter.make_export(read_export(record["body"]))
        count("ExportsMade")
    write_metrics()
    return {"batchItemFailures": []}

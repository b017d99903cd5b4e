"""The exporter: creates the archives of users' data.

Delivery: one job at a time, at least once. The archive of a redelivered job overwrites the first one. No archive is
created for a job that was replaced, or whose account was deleted meanwhile.
"""

from typing import Any

from iotcloud.jobs import read_export
from iotcloud.observability import count, write_metrics
from iotcloud.wiring import wiring


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Create one archive."""
    for record in event["Records"]:
        wiring().personal_data.exporter.make_export(read_export(record["body"]))
        count("ExportsMade")
    write_metrics()
    return {"batchItemFailures": []}

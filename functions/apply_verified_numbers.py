"""Copies a newly verified telephone number to the notification blocks of its owner's devices.

Delivery: one number at a time, at least once. Idempotent.
"""

from typing import Any

from iotcloud.jobs import read_verified_number
from iotcloud.observability import count, write_metrics
from iotcloud.wiring import wiring


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Apply one number."""
    for record in event["Records"]:
        wiring().notices.verified_numbers.adopt_number(read_verified_number(record["body"]))
        count("VerifiedNumbersApplied")
    write_metrics()
    return {"batchItemFailures": []}

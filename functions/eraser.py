"""The eraser: carries out the orders to erase what closed accounts left.

Delivery: one order at a time, at least once, in any order. Each step deletes what it finds, so that doing it again does
the rest; a step that fails raises, and the order comes again after the queue's visibility timeout. After twenty times
it goes to the dead-letter queue, which has an alarm.
"""

from typing import Any

from iotcloud.observability import count, write_metrics
from iotcloud.users.orders import read_erasure
from iotcloud.wiring import wiring


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Carry out one order."""
    for record in event["Records"]:
        wiring().eraser.erase_account(read_erasure(record["body"]))
        count("AccountsErased")
    write_metrics()
    return {"batchItemFailures": []}

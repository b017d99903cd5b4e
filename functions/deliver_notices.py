"""The courier: takes each notice to its provider, and writes down what became of it.

Delivery: at least once, one notice a record. The ledger lets one worker at a time make an attempt; a record of a
notice that is final is done. A notice that the provider did not take now stays in the queue, hidden until its next
attempt is due. A worker that dies leaves an attempt without an outcome: the next delivery makes the notice
`unconfirmed`, and sends nothing again.
"""

from typing import Any

from iotcloud import ingest
from iotcloud.observability import count, report_failed, write_metrics
from iotcloud.wiring import wiring


def handler(event: ingest.Event, context: object) -> dict[str, Any]:
    """Deliver one batch."""
    done = wiring().notices.delivery_rounds.deliver_all(event["Records"])
    again = [*done.waiting, *done.failures.ids]
    count("NoticesDelivered", len(event["Records"]) - len(again))
    count("NoticesWaiting", len(done.waiting))
    report_failed(len(done.failures.ids), done.failures.reasons)
    write_metrics()
    return ingest.report_failures(again)

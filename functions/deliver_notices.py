"""The courier: sends each notice to its provider, and records the outcome in the ledger.

Delivery: at least once, one notice per record. A conditional write in the ledger lets one worker at a time make an
attempt. A record of a final notice is deleted. A deferred notice stays in the queue, invisible until its next attempt
is due. A worker that dies leaves an attempt without an outcome. The next delivery then marks the notice `unconfirmed`
and does not send it again.
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

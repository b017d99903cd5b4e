"""Custom resource: creates, updates and deletes SNS platform applications, for which CloudFormation has no type.

Delivery: asynchronous, at least once. CloudFormation waits two minutes (`ServiceTimeout`) for a response at a URL in
the request. Every failure is reported there, so the stack rolls back at once with a reason. Idempotent.
"""

from collections.abc import Mapping
from typing import Any

from iotcloud.errors import IotCloudError
from iotcloud.notices.push_applications import Order
from iotcloud.observability import count, logger, write_metrics
from iotcloud.wiring import wiring


def handler(event: Mapping[str, Any], context: object) -> None:
    """Process one request."""
    notices = wiring().notices
    try:
        notices.stack_answers.succeed(event, notices.push_applications.carry_out(Order.read(event)))
    except Exception as failed:  # noqa: BLE001 there is nobody else to tell
        logger.exception("push application change failed")
        count("PushApplicationsFailed")
        # Report only our own texts: an exception's text could contain the credentials.
        reason = failed.message if isinstance(failed, IotCloudError) else type(failed).__name__
        notices.stack_answers.fail(event, reason)
    write_metrics()

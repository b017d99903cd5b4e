"""Push applications: makes, changes and removes for CloudFormation what it has no type for.

Delivery: asynchronous, at least once; CloudFormation waits two minutes (`ServiceTimeout`) for an answer at an address
that the request names. Whatever fails is answered, so that the stack rolls back at once and says why. A request that
comes again changes nothing.
"""

from collections.abc import Mapping
from typing import Any

from iotcloud.errors import IotCloudError
from iotcloud.notices.push_applications import Order
from iotcloud.observability import count, logger, write_metrics
from iotcloud.wiring import wiring


def handler(event: Mapping[str, Any], context: object) -> None:
    """Carry out one request."""
    notices = wiring().notices
    try:
        notices.stack_answers.succeed(event, notices.push_applications.carry_out(Order.read(event)))
    except Exception as failed:  # noqa: BLE001 there is nobody else to tell
        logger.exception("push application not as asked for")
        count("PushApplicationsFailed")
        # Only our own words are shown: another's could quote the credentials.
        reason = failed.message if isinstance(failed, IotCloudError) else type(failed).__name__
        notices.stack_answers.fail(event, reason)
    write_metrics()

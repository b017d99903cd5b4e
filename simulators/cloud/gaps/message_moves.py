"""The gap: messages cannot be moved out of a dead-letter queue.

AWS moves them in the background (Amazon SQS API, StartMessageMoveTask); here they are moved when the call returns.
"""

import json
import time
from typing import Any

from ministack.core.responses import get_account_id, get_region, new_uuid
from ministack.services import sqs

KEPT_TASKS = 10
"""Maximum number of tasks that ListMessageMoveTasks returns for a queue."""

_tasks: dict[tuple[str, str, str], list[dict[str, Any]]] = {}
"""By account, region and ARN of the dead-letter queue; newest first."""


def apply() -> None:
    """Add the calls."""
    sqs._HANDLERS.update({"StartMessageMoveTask": start, "ListMessageMoveTasks": list_tasks})


def start(data: dict[str, Any], _: str) -> dict[str, Any]:
    """Move all messages of a dead-letter queue to the destination, or back to their source queues."""
    source = data["SourceArn"]
    dead = _queue(source)
    sources = [queue for _, queue in sqs._queues.items() if source == _dead_letters_of(queue)]
    if not sources:
        raise sqs._Err("InvalidParameterValue", "Source queue must be configured as a dead-letter queue.")
    destination = _queue(data["DestinationArn"]) if data.get("DestinationArn") else sources[0]
    moving, dead["messages"] = dead["messages"], []
    now = time.time()
    for message in moving:
        message |= {"receipt_handle": None, "receive_count": 0, "visible_at": now, "sent_at": now}
    destination["messages"].extend(moving)
    task = {
        "TaskHandle": new_uuid(),
        "Status": "COMPLETED",
        "SourceArn": source,
        "ApproximateNumberOfMessagesMoved": len(moving),
        "ApproximateNumberOfMessagesToMove": len(moving),
        "StartedTimestamp": int(now * 1000),
    }
    kept = _tasks.setdefault(_key(source), [])
    kept.insert(0, task)
    del kept[KEPT_TASKS:]
    return {"TaskHandle": task["TaskHandle"]}


def list_tasks(data: dict[str, Any], _: str) -> dict[str, Any]:
    """Return the newest tasks of a queue; a task has a handle only while it can be cancelled."""
    kept = _tasks.get(_key(data["SourceArn"]), [])[: data.get("MaxResults", 1)]
    return {"Results": [{name: value for name, value in task.items() if name != "TaskHandle"} for task in kept]}


def _dead_letters_of(queue: dict[str, Any]) -> str:
    policy = json.loads(queue["attributes"].get("RedrivePolicy", "{}"))
    return str(policy.get("deadLetterTargetArn", ""))


def _key(arn: str) -> tuple[str, str, str]:
    return get_account_id(), get_region(), arn


def _queue(arn: str) -> dict[str, Any]:
    queue: dict[str, Any] | None = sqs._queue_by_arn(arn)
    if queue is None:
        raise sqs._Err("ResourceNotFoundException", "The resource that you specified for the SourceArn does not exist.")
    return queue

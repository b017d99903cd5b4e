"""The gap: a filling queue starts the maximum number of its function's environments at once.

AWS starts with five batches at a time, and adds more while there is a backlog (AWS Lambda developer guide,
"Configuring scaling behavior for SQS event source mappings"). Here each environment is a process on the developer's
machine: they start one after the other, up to five.
"""

from typing import Any

from ministack.core import lambda_runtime
from ministack.services import lambda_svc

MOST = 5


def apply() -> None:
    """Poll a queue with the started environments, and one more."""
    most_at_once = lambda_svc._sqs_esm_concurrency

    def most_by_now(mapping: dict[str, Any], *rest: Any) -> int:
        return min(most_at_once(mapping, *rest), MOST, 1 + started(mapping["FunctionName"]))

    lambda_svc._sqs_esm_concurrency = most_by_now


def started(function: str) -> int:
    """The number of running environments of a function."""
    with lambda_runtime._lock:
        workers = [worker for pool in lambda_runtime._workers.values() for worker in pool]
    return sum(worker.func_name == function and worker._start_time is not None for worker in workers)

"""The gap: the batching window of a function's queue is ignored, and a batch ends at ten messages.

AWS gathers a batch for as long as the window, up to `BatchSize` messages or 6 MB (AWS Lambda developer guide, "Using
Lambda with Amazon SQS"). Without this, a burst of messages starts one process of the function per message.
"""

import threading
import time
from typing import Any

from ministack.services import lambda_svc, sqs

STEP = 10
"""Messages that the emulator receives at a time; at most 256 KB each."""
BATCH_BYTES = 6 * 1024 * 1024 - STEP * 256 * 1024
"""Above this size, another receive could exceed a function's payload limit."""


def apply() -> None:
    """Wait for the window, then receive the whole batch."""
    take = sqs._receive_messages_for_esm

    def take_batch(queue_url: str, batch_size: int) -> list[dict[str, Any]]:
        remaining = seconds_to_wait(queue_url, batch_size)
        # An empty result means: nothing to do yet. The emulator polls again when the window ends.
        if remaining > 0:
            wake_in(remaining)
            return []
        batch: list[dict[str, Any]] = []
        while len(batch) < batch_size and sum(len(message["body"]) for message in batch) < BATCH_BYTES:
            taken = take(queue_url, min(STEP, batch_size - len(batch)))
            if not taken:
                break
            batch += taken
        return batch

    sqs._receive_messages_for_esm = take_batch


def seconds_to_wait(queue_url: str, batch_size: int) -> float:
    """Remaining seconds of the window; 0 if the batch is full."""
    queue = sqs._queues[queue_url]
    now = time.time()
    with sqs._queues_lock:
        waiting = [message.get("visible_at", message["sent_at"]) for message in queue["messages"]]
    waiting = [visible_at for visible_at in waiting if visible_at <= now]
    # The window starts with the oldest visible message, and a full batch does not wait.
    if not waiting or len(waiting) >= batch_size:
        return 0
    return min(waiting) + window_seconds(queue["attributes"]["QueueArn"]) - now


def window_seconds(queue_arn: str) -> float:
    """The batching window of the queue's event source mapping."""
    for *_, mapping in lambda_svc._iter_all_esms():
        if mapping.get("EventSourceArn") == queue_arn:
            return float(mapping.get("MaximumBatchingWindowInSeconds") or 0)
    return 0


def wake_in(seconds: float) -> None:
    """Let the emulator poll its queues again after some seconds; by default it polls each second."""
    timer = threading.Timer(seconds, lambda_svc._esm_wake.set)
    timer.daemon = True
    timer.start()

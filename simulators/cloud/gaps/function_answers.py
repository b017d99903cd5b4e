"""The gap: the answer of a function waits until its log was quiet for 5 ms, and a thread looks at the log each ms.

AWS answers at once, and takes the log from the environment beside that. Here 2 ms of quiet must do, for the log to go
with the invocation that wrote it; and the thread sleeps until there is a line.
"""

import queue
import time
from typing import Any

from ministack.core import lambda_runtime

FIRST_LINE_SECONDS = 0.05
QUIET_SECONDS = 0.002
MOST_SECONDS = 0.25


def apply() -> None:
    """Wait for lines instead of looking for them."""
    lambda_runtime.Worker._drain_stderr_bounded = take_lines


def take_lines(worker: Any) -> str:
    """What a function has logged by now."""
    lines: list[str] = []
    waiting, ends_at = FIRST_LINE_SECONDS, time.monotonic() + MOST_SECONDS
    while time.monotonic() < ends_at:
        try:
            lines.append(worker._stderr_queue.get(timeout=waiting))
        except queue.Empty:
            break
        waiting = QUIET_SECONDS
    return "\n".join(lines)

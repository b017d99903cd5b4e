"""The gap: a function's response waits until its log was quiet for 5 ms, and a thread polls the log each ms.

AWS responds at once, and collects the log separately. Here 2 ms of quiet suffice to assign log lines to their
invocation, and the thread sleeps until there is a line.
"""

import queue
import time
from typing import Any

from ministack.core import lambda_runtime

FIRST_LINE_SECONDS = 0.05
QUIET_SECONDS = 0.002
MOST_SECONDS = 0.25


def apply() -> None:
    """Wait for log lines instead of polling."""
    lambda_runtime.Worker._drain_stderr_bounded = take_lines


def take_lines(worker: Any) -> str:
    """The log lines of a function so far."""
    lines: list[str] = []
    waiting, ends_at = FIRST_LINE_SECONDS, time.monotonic() + MOST_SECONDS
    while time.monotonic() < ends_at:
        try:
            lines.append(worker._stderr_queue.get(timeout=waiting))
        except queue.Empty:
            break
        waiting = QUIET_SECONDS
    return "\n".join(lines)

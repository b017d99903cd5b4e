"""The gap: an environment whose handler raised is ended, and the next invocation starts another.

On AWS the runtime reports the exception, and the environment goes on to the next invocation; only a timeout or the end
of the process takes it away (AWS Lambda developer guide, "Understanding the Lambda execution environment lifecycle").
Here a moment in which functions fail, as the machine is busy, would be followed by one in which all of them start.
"""

import threading
import time
from typing import Any

from ministack.core import lambda_runtime

HELD = threading.local()
"""`processes`: what the invocation of this thread wants ended."""


def apply() -> None:
    """Let a process live that told of an exception of its handler."""
    invoke, signal, collect = lambda_runtime.Worker.invoke, lambda_runtime._signal, lambda_runtime._collect

    def invoke_and_keep(worker: Any, *arguments: Any, **options: Any) -> dict[str, Any]:
        HELD.processes = processes = []
        try:
            result: dict[str, Any] = invoke(worker, *arguments, **options)
        finally:
            HELD.processes = None
        for process in processes:
            if "trace" in result:
                worker._proc = process
            else:
                signal(process)
                collect(process, time.monotonic() + lambda_runtime._REAP_GRACE)
        return result

    def signal_or_hold(process: Any) -> None:
        if (processes := getattr(HELD, "processes", None)) is None:
            signal(process)
        elif process is not None:
            processes.append(process)

    def collect_unless_held(process: Any, deadline: float) -> None:
        if process not in (getattr(HELD, "processes", None) or ()):
            collect(process, deadline)

    lambda_runtime.Worker.invoke = invoke_and_keep
    lambda_runtime._signal, lambda_runtime._collect = signal_or_hold, collect_unless_held

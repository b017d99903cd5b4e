"""The gap: an environment ends when its handler raises, and the next invocation starts another.

On AWS the runtime reports the exception, and the environment serves the next invocation. Only a timeout or the end
of the process ends it (AWS Lambda developer guide, "Understanding the Lambda execution environment lifecycle").
Otherwise, failures on a busy machine would cause all functions to start again and make it busier.
"""

import threading
import time
from typing import Any

from ministack.core import lambda_runtime

HELD = threading.local()
"""`processes`: the processes that this thread's invocation wants to end."""


def apply() -> None:
    """Keep a process whose handler raised an exception."""
    invoke, signal, collect = lambda_runtime.Worker.invoke, lambda_runtime._signal, lambda_runtime._collect

    def invoke_and_keep(worker: Any, *arguments: Any, **options: Any) -> dict[str, Any]:
        processes: list[Any] = []
        HELD.processes = processes
        try:
            result: dict[str, Any] = invoke(worker, *arguments, **options)
        finally:
            HELD.processes = None
        # The result has a trace if the handler raised: the process is healthy and serves the next invocation.
        for process in processes:
            if "trace" in result:
                worker._proc = process
            else:
                signal(process)
                collect(process, time.monotonic() + lambda_runtime._REAP_GRACE)
        return result

    def signal_or_hold(process: Any) -> None:
        # Outside an invocation (shutdown, idle environments) end the process at once.
        if (processes := getattr(HELD, "processes", None)) is None:
            signal(process)
        elif process is not None:
            processes.append(process)

    def collect_unless_held(process: Any, deadline: float) -> None:
        if process not in (getattr(HELD, "processes", None) or ()):
            collect(process, deadline)

    lambda_runtime.Worker.invoke = invoke_and_keep
    lambda_runtime._signal, lambda_runtime._collect = signal_or_hold, collect_unless_held

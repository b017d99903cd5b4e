"""The gap: every invocation creates a log stream, none is ever deleted, and all are saved with the state.

AWS has one stream per execution environment, and retention. After some thousand invocations the emulator's saved state
would consist mostly of streams. So each group keeps only its newest streams. Log lines also go to one file for all
functions, which `make run` prints and `make logs` follows, like `sam logs --tail` on AWS.
"""

import json
import os
import time
from typing import Any

from ministack.services import cloudwatch_logs, lambda_svc

KEPT_STREAMS = 50
PLATFORM_LINES = ("START RequestId:", "END RequestId:", "REPORT RequestId:")


def apply() -> None:
    """Keep only the newest streams of each group, and write log lines to the file in IOTCLOUD_FUNCTION_LOG."""
    emit = lambda_svc._emit_lambda_logs
    path = os.environ["IOTCLOUD_FUNCTION_LOG"]
    log = open(path, "a", encoding="utf-8")  # noqa: SIM115 open as long as the process lives

    def emit_and_show(func: dict[str, Any], request_id: str, log_text: str, *args: Any, **options: Any) -> None:
        emit(func, request_id, log_text, *args, **options)
        configuration = func.get("config") or func
        name = configuration.get("FunctionName", "unknown")
        group = (configuration.get("LoggingConfig") or {}).get("LogGroup") or f"/aws/lambda/{name}"
        drop_oldest_streams(cloudwatch_logs._log_groups.get(group))
        lines = [line for line in (log_text or "").splitlines() if line and not line.startswith(PLATFORM_LINES)]
        if lines:
            log.write("".join(json.dumps({"at": time.time(), "function": name, "line": line}) + "\n" for line in lines))
            log.flush()

    lambda_svc._emit_lambda_logs = emit_and_show


def drop_oldest_streams(group: dict[str, Any] | None) -> None:
    """Delete all but the newest streams; a group lists them in order of creation."""
    streams = group["streams"] if group else {}
    for name in list(streams)[:-KEPT_STREAMS]:
        streams.pop(name, None)

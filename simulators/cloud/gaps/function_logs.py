"""The gap: every invocation opens a log stream of its own, none is ever removed, and all are saved with the state.

AWS has one stream per execution environment, and retention. After some thousand invocations the emulator's saved state
would hold little else; so each group keeps its newest streams. What is logged also goes to one file for all functions,
which `make run` shows and `make logs` follows, as `sam logs --tail` does on AWS.
"""

import json
import os
import time
from typing import Any

from ministack.services import cloudwatch_logs, lambda_svc

KEPT_STREAMS = 50
PLATFORM_LINES = ("START RequestId:", "END RequestId:", "REPORT RequestId:")


def apply() -> None:
    """Keep the newest streams of each group, and write what is logged to the file that IOTCLOUD_FUNCTION_LOG names."""
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
    """Forget the streams that were opened before the newest; a group lists them in the order of opening."""
    streams = group["streams"] if group else {}
    for name in list(streams)[:-KEPT_STREAMS]:
        streams.pop(name, None)

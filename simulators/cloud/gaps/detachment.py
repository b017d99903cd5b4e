"""The gap: certificates and things can be deleted immediately after detaching.

AWS IoT detaches things and policies from certificates asynchronously: until that is done, deleting the certificate
raises DeleteConflictException, and deleting the thing InvalidRequestException (API reference, DetachThingPrincipal,
DeleteCertificate and DeleteThing).
"""

import json
import time
from typing import Any
from urllib.parse import unquote

from ministack.core.responses import error_response_json
from ministack.services import iot

DETACHING_SECONDS = 0.5
"""Duration of a detachment here; AWS documents "several seconds" at worst."""
_detached: dict[str, float] = {}
"""Time of the last detachment, by thing name or certificate id."""


def apply() -> None:
    """Record detachments, and reject a deletion soon after one."""
    handle = iot.handle_request

    async def handle_with_time(method: str, path: str, headers: Any, body: bytes, query: dict[str, Any]) -> Any:
        if method == "DELETE" and (refusal := _refusal(path)):
            return refusal
        answer = await handle(method, path, headers, body, query)
        if answer[0] < 300:
            for name in _detached_by(method, path, headers, body):
                _detached[name] = time.monotonic()
        return answer

    iot.handle_request = handle_with_time


def _detached_by(method: str, path: str, headers: Any, body: bytes) -> list[str]:
    levels = path.strip("/").split("/")
    if method == "DELETE" and levels[0] == "things" and levels[-1] == "principals":
        principal = {str(name).lower(): value for name, value in dict(headers).items()}.get("x-amzn-principal", "")
        return [unquote(levels[1]), str(principal).rpartition("/")[2]]
    if method == "POST" and levels[0] == "target-policies":
        try:
            return [str(json.loads(body)["target"]).rpartition("/")[2]]
        except (ValueError, KeyError, TypeError):
            return []
    return []


def _refusal(path: str) -> Any:
    levels = path.strip("/").split("/")
    name = unquote(levels[-1])
    if len(levels) != 2 or time.monotonic() - _detached.get(name, -DETACHING_SECONDS) >= DETACHING_SECONDS:
        return None
    if levels[0] == "certificates":
        reason = "The certificate cannot be deleted before it is detached from its things and policies"
        return error_response_json("DeleteConflictException", reason, 409)
    if levels[0] == "things":
        reason = f"Cannot delete. Thing {name} is still attached to one or more principals"
        return error_response_json("InvalidRequestException", reason, 400)
    return None

"""Reading what the server sends: decoding, and members within limits."""

import json
from collections.abc import Mapping
from typing import Any

Payload = Mapping[str, Any]

UNLIMITED = 2**31 - 1


class MalformedRequest(ValueError):
    """A payload cannot be understood. A device does not answer such a request."""


def decoded(message: bytes) -> Payload:
    """Decode a JSON object; nothing at all counts as an empty one."""
    try:
        payload = json.loads(message or b"{}", parse_constant=_refuse)
    except ValueError:
        raise MalformedRequest("not JSON") from None
    if not isinstance(payload, dict):
        raise MalformedRequest("not a JSON object")
    return payload


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not of JSON")


def integer(payload: Payload, name: str, lowest: int = 0, highest: int = UNLIMITED, default: int | None = None) -> int:
    """Read a whole number within limits; absent, it is the default, if there is one."""
    value = payload.get(name, default)
    if not isinstance(value, int) or isinstance(value, bool) or not lowest <= value <= highest:
        raise MalformedRequest(f"{name} is {value!r}, not a whole number from {lowest} to {highest}")
    return value


def text(payload: Payload, name: str) -> str:
    """Read a text."""
    value = payload.get(name)
    if not isinstance(value, str):
        raise MalformedRequest(f"{name} is {value!r}, not a text")
    return value


def members(payload: Payload, *names: str) -> Payload:
    """Walk down nested objects; what is absent or something else is an empty object."""
    for name in names:
        inner = payload.get(name)
        payload = inner if isinstance(inner, dict) else {}
    return payload


def entries(value: object) -> list[Any]:
    """Take a list for a list, and anything else for an empty one."""
    return value if isinstance(value, list) else []

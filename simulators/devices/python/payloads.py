"""Parses the server's payloads: decoding, and members within limits."""

import json
from collections.abc import Mapping
from typing import Any

Payload = Mapping[str, Any]

UNLIMITED = 2**31 - 1


class MalformedRequest(ValueError):
    """An invalid payload. A device does not reply to such a request."""


def decoded(message: bytes) -> Payload:
    """Decode a JSON object; an empty payload counts as an empty object."""
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
    """Read an integer within limits; if absent, return the default, if there is one."""
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
    """Follow a path of nested objects; an absent or other value counts as an empty object."""
    for name in names:
        inner = payload.get(name)
        payload = inner if isinstance(inner, dict) else {}
    return payload


def entries(value: object) -> list[Any]:
    """Return a list unchanged, and an empty list for any other value."""
    return value if isinstance(value, list) else []

"""Reads the JSON that devices send, within bounds that every reader, table and log can hold.

Anybody may own a device, so nothing in its messages is trusted: numbers are finite, texts can be encoded, nesting ends.
What a member means is decided by the feature that reads it.
"""

import json
from collections.abc import Mapping
from math import isfinite
from typing import Any

MAX_NUMBER = 1e30
"""What a reading or a limit may be at most, and at least with a minus; the API takes no larger limits."""
MAX_EXACT = 2**53
"""Up to here a double holds every whole number."""
MAX_DEPTH = 32
"""Objects and arrays in each other; the protocol's deepest message has eight."""
MAX_VERSION = 64
"""Characters of a firmware version. It stands in the row that each heartbeat writes."""


class UnusableInput(ValueError):
    """The payload cannot be used. The text is the reason and holds nothing of the payload."""


def read_object(payload: bytes | str, *, skips_numbers: bool = False, whole_floats: bool = False) -> Mapping[str, Any]:
    """Decode a JSON object; raise UnusableInput.

    A number that a double does not hold makes the payload unusable. With `skips_numbers` it is read as null, so that
    one bad value does not cost the others of the message. With `whole_floats` 1.0 is read as 1, as JSON means it.
    """

    def number(text: str) -> int | float | None:
        value = float(text)
        if not isfinite(value):
            if skips_numbers:
                return None
            raise UnusableInput("a number is out of range")
        is_whole = text.lstrip("-").isdigit()
        if whole_floats and not is_whole and value.is_integer() and abs(value) <= MAX_EXACT:
            return int(value)
        return int(text) if is_whole else value

    try:
        members = json.loads(payload, parse_int=number, parse_float=number, parse_constant=number)
    except UnusableInput:
        raise
    except (ValueError, RecursionError):
        raise UnusableInput("the payload is not JSON") from None
    if not isinstance(members, dict):
        raise UnusableInput("the payload is not an object")
    _check(members)
    return members


def is_encodable(text: str) -> bool:
    """Tell whether a text can be written as UTF-8: it holds no half of a surrogate pair."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _check(members: dict[str, Any]) -> None:
    """Raise UnusableInput for a text that cannot be encoded and for too deep a nesting."""
    waiting: list[tuple[Any, int]] = [(members, 1)]
    while waiting:
        value, depth = waiting.pop()
        if isinstance(value, str):
            if not is_encodable(value):
                raise UnusableInput("a text holds half a surrogate pair")
        elif isinstance(value, dict | list):
            if depth > MAX_DEPTH:
                raise UnusableInput("the payload is nested too deeply")
            inner = [*value.keys(), *value.values()] if isinstance(value, dict) else value
            waiting.extend((one, depth + 1) for one in inner)

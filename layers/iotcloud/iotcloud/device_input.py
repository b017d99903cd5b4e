"""Parses JSON from devices within bounds that every reader, table and log can hold.

Anyone may own a device, so its messages are untrusted: numbers must be finite, texts encodable, nesting bounded.
The feature that reads a message interprets its members.
"""

import json
from collections.abc import Mapping
from math import isfinite
from typing import Any

MAX_NUMBER = 1e30
"""The largest magnitude of a reading or a limit. The API accepts no larger limits."""
MAX_EXACT = 2**53
"""Up to here a double holds every whole number."""
MAX_DEPTH = 32
"""Objects and arrays in each other; the protocol's deepest message has eight."""
SHORT = 300
"""Digits that any double holds."""
MAX_VERSION = 64
"""Characters of a firmware version. Each heartbeat writes it to the device's row."""


class UnusableInput(ValueError):
    """The payload is unusable. The text is the reason, without any part of the payload."""


def read_object(payload: bytes | str, *, skips_numbers: bool = False, whole_floats: bool = False) -> Mapping[str, Any]:
    """Decode a JSON object; raise UnusableInput.

    A number that a double does not hold makes the payload unusable. With `skips_numbers` it is read as null, so that
    one bad value does not cost the others of the message. With `whole_floats` 1.0 is read as 1, as JSON means it.
    """

    def whole(text: str) -> int | None:
        return int(text) if len(text) <= SHORT or number(text) is not None else None

    def number(text: str) -> int | float | None:
        value = float(text)
        if not isfinite(value):
            if skips_numbers:
                return None
            raise UnusableInput("a number is out of range")
        return int(value) if whole_floats and value.is_integer() and abs(value) <= MAX_EXACT else value

    try:
        members = json.loads(payload, parse_int=whole, parse_float=number, parse_constant=number)
    except UnusableInput:
        raise
    except (ValueError, RecursionError):
        raise UnusableInput("the payload is not JSON") from None
    if not isinstance(members, dict):
        raise UnusableInput("the payload is not an object")
    _check(members)
    return members


def is_encodable(text: str) -> bool:
    """Whether a text can be encoded as UTF-8: it has no lone surrogate."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _check(members: dict[str, Any]) -> None:
    """Raise UnusableInput for a text that cannot be encoded and for too deep a nesting.

    Go through the levels one by one: list comprehensions are what keeps a message of many thousand members quick.
    """
    level: list[Any] = [members]
    for _ in range(MAX_DEPTH):
        inner = [value for one in level for value in (one.values() if type(one) is dict else one)]
        texts = [value for value in inner if type(value) is str]
        names = [name for one in level if type(one) is dict for name in one]
        if not is_encodable("".join(texts)) or not is_encodable("".join(names)):
            raise UnusableInput("a text holds half a surrogate pair")
        level = [value for value in inner if type(value) is dict or type(value) is list]
        if not level:
            return
    raise UnusableInput("the payload is nested too deeply")

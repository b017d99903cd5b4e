"""The gap: a message that Python's JSON reader gives up on ends its sender's MQTT session, and reaches no rule.

Too deep a nesting raises RecursionError there, and too long a whole number ValueError. AWS IoT Core evaluates rules
apart from the session that published: a failing rule goes to its error action or to the log, and `encode(*, 'base64')`
passes on what cannot be parsed (AWS IoT Core developer guide, "Working with binary payloads"). The sender stays
connected.
"""

from typing import Any

from ministack.services import iot


def apply() -> None:
    """Let such a message count as one that is no JSON: its bytes stay, and it has no attributes."""
    decode = iot._rule_message

    def decode_or_keep(payload: bytes) -> Any:
        try:
            return decode(payload)
        except (RecursionError, ValueError):
            return payload.decode()

    iot._rule_message = decode_or_keep

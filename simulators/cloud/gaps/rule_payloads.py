"""The gap: a message that crashes Python's JSON parser ends its sender's MQTT session, and reaches no rule.

Deep nesting raises RecursionError there, and a very long integer ValueError. AWS IoT Core evaluates rules
independently of the publishing session. A failing rule runs its error action or logs, and `encode(*, 'base64')`
accepts payloads that cannot be parsed (AWS IoT Core developer guide, "Working with binary payloads"). The sender stays
connected.
"""

from typing import Any

from ministack.services import iot


def apply() -> None:
    """Treat such a message as invalid JSON: its bytes stay, and it has no attributes."""
    decode = iot._rule_message

    def decode_or_keep(payload: bytes) -> Any:
        try:
            return decode(payload)
        except (RecursionError, ValueError):
            return payload.decode()

    iot._rule_message = decode_or_keep

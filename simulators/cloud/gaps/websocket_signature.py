"""The gap: an MQTT session over WebSocket without a signature is accepted, past every policy.

AWS IoT Core returns 403. This also matters for safety: a web page can open a WebSocket to this machine.
"""

from collections.abc import MutableMapping
from typing import Any

from ministack.core.iam_evaluator import AuthError
from ministack.services import iot


def apply() -> None:
    """Reject the upgrade unless its signature is valid."""
    check = iot._ws_handshake_check

    def check_and_require(scope: MutableMapping[str, Any]) -> Any:
        return check(scope) or AuthError("MissingAuthenticationToken", "The request carries no checked signature.")

    iot._ws_handshake_check = check_and_require

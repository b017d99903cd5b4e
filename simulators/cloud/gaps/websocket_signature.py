"""The gap: an MQTT session over WebSocket whose request carries no signature is let in, past every policy.

AWS IoT Core answers it 403. Here it matters beyond likeness: a web page can open a WebSocket to this machine.
"""

from collections.abc import MutableMapping
from typing import Any

from ministack.core.iam_evaluator import AuthError
from ministack.services import iot


def apply() -> None:
    """Refuse the upgrade unless its signature was checked and found good."""
    check = iot._ws_handshake_check

    def check_and_require(scope: MutableMapping[str, Any]) -> Any:
        return check(scope) or AuthError("MissingAuthenticationToken", "The request carries no checked signature.")

    iot._ws_handshake_check = check_and_require

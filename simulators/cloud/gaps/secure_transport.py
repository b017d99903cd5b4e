"""The gap: the local cloud has no TLS, so policies against unencrypted calls (aws:SecureTransport) deny all calls.

On AWS every endpoint has TLS, so such a policy denies no normal call. Calls over the loopback address cannot be
intercepted from the network, and count as secure.
"""

from typing import Any

from ministack.core import iam_evaluator


def apply() -> None:
    """Treat every call as one over TLS."""
    resolve = iam_evaluator._resolve_condition_key

    def resolve_as_over_tls(key: str, context: Any) -> Any:
        return "true" if key.lower() == "aws:securetransport" else resolve(key, context)

    iam_evaluator._resolve_condition_key = resolve_as_over_tls

"""The gap: the local cloud has no TLS, so that policies against unencrypted calls (aws:SecureTransport) refuse all.

On AWS every endpoint speaks TLS, and a bucket that denies the rest loses nobody. Calls over this machine's loopback
address cannot be overheard either, and count as secure.
"""

from typing import Any

from ministack.core import iam_evaluator


def apply() -> None:
    """Take every call for one over TLS."""
    resolve = iam_evaluator._resolve_condition_key

    def resolve_as_over_tls(key: str, context: Any) -> Any:
        return "true" if key.lower() == "aws:securetransport" else resolve(key, context)

    iam_evaluator._resolve_condition_key = resolve_as_over_tls

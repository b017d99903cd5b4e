"""The gap: attaching an IoT policy to a certificate, and detaching it, checks the right on all resources.

AWS checks it on the target (Service Authorization Reference, AWS IoT: AttachPolicy, DetachPolicy).
"""

import json
from typing import Any

from ministack.core import iam_actions

PATH = "/target-policies/"


def apply() -> None:
    """Use the target as the resource of both calls."""
    extract = iam_actions.extract_resource_arn

    def extract_with_targets(service: str, method: str, path: str, headers: Any, body: bytes, *rest: Any) -> Any:
        if service == "iot" and path.startswith(PATH):
            return target_of(body)
        return extract(service, method, path, headers, body, *rest)

    iam_actions.extract_resource_arn = extract_with_targets


def target_of(body: bytes) -> str:
    """The target of a request, or `*` if it names none."""
    try:
        return str(json.loads(body)["target"])
    except (ValueError, KeyError, TypeError):
        return "*"

"""The gap: sending a mail checks the right on all resources.

AWS checks it on the sending identity (Service Authorization Reference, Amazon SES v2: SendEmail).
"""

import json
from typing import Any

from ministack.core import iam_actions
from ministack.core.responses import get_account_id, get_region

PATH = "/v2/email/outbound-emails"


def apply() -> None:
    """Use the sender's identity as the resource of the call."""
    extract = iam_actions.extract_resource_arn

    def extract_with_identities(service: str, method: str, path: str, headers: Any, body: bytes, *rest: Any) -> Any:
        if method == "POST" and path == PATH:
            return identity_of(body)
        return extract(service, method, path, headers, body, *rest)

    iam_actions.extract_resource_arn = extract_with_identities


def identity_of(body: bytes) -> str:
    """The sending identity of a request, or `*` if it names none."""
    try:
        sender = json.loads(body)["FromEmailAddress"]
    except (ValueError, KeyError, TypeError):
        return "*"
    return f"arn:aws:ses:{get_region()}:{get_account_id()}:identity/{sender}"

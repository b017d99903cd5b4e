"""The gap: sending a mail asks for the right to send from everything.

AWS asks for it on the identity that sends (Service Authorization Reference, Amazon SES v2: SendEmail).
"""

import json
from typing import Any

from ministack.core import iam_actions
from ministack.core.responses import get_account_id, get_region

PATH = "/v2/email/outbound-emails"


def apply() -> None:
    """Name the sender's identity as the resource of the call."""
    extract = iam_actions.extract_resource_arn

    def extract_with_identities(service: str, method: str, path: str, headers: Any, body: bytes, *rest: Any) -> Any:
        if method == "POST" and path == PATH:
            return identity_of(body)
        return extract(service, method, path, headers, body, *rest)

    iam_actions.extract_resource_arn = extract_with_identities


def identity_of(body: bytes) -> str:
    """The identity that a request sends from, or everything when it names none."""
    try:
        sender = json.loads(body)["FromEmailAddress"]
    except (ValueError, KeyError, TypeError):
        return "*"
    return f"arn:aws:ses:{get_region()}:{get_account_id()}:identity/{sender}"

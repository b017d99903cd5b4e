"""Converts API Gateway's event to a Call: identifies the caller, decodes the path, parses the body."""

import json
import re
from base64 import b64decode
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, unquote

from api.authentication import identify
from api.operations import PATH_PARAMETERS, Call, Operation
from api.throttling import admit_caller
from iotcloud.errors import InvalidInput, RequestTooLarge

Event = dict[str, Any]

NOT_JSON = "Body is not JSON"
NOT_FORM = "Body is not a form"
MAX_BODY_BYTES = 256 * 1024
MAX_DEPTH = 32
"""Maximum nesting depth of a body. DynamoDB's limit (Amazon DynamoDB quotas, "Nested attribute depth")."""
UNKEEPABLE = re.compile("[\0\ud800-\udfff]")
"""NUL, and unpaired surrogates."""
MAX_INTEGER = 2**63 - 1
MAX_FLOAT = 9.99e125
MIN_FLOAT = 1e-130
"""The range of a DynamoDB number (Amazon DynamoDB naming rules and data types, "Number")."""


def parse_call(operation: Operation, event: Event) -> Call[Any]:
    """Parse an operation's call, in the contract's order of checks: header, token, path, body.

    A call counts towards its caller's limit once the token is verified, even if the rest is invalid.
    """
    authorization = _header(event, "authorization")
    caller = identify(operation.authentication, authorization)
    admit_caller(operation, caller)
    return Call(
        caller=caller,
        path=_path(event),
        query=_query(operation, event),
        body=_body(operation, event),
        authorization=authorization,
        source_ip=source_ip(event),
        base_url=base_url(event),
        headers={name: _header(event, name) for name in operation.headers},
        text=_text(event) if operation.headers else "",
        signature=_header(event, "x-twilio-signature"),
    )


def source_ip(event: Event) -> str:
    """Return the source address that the gateway reports."""
    return str(event["requestContext"].get("identity", {}).get("sourceIp", ""))


def base_url(event: Event) -> str:
    """Return where the caller reached the API: its domain, and what stands before the resource in the path."""
    context = event["requestContext"]
    before, found, _ = str(context.get("path", "")).partition(str(event.get("path", "")) or "/")
    scheme = _header(event, "x-forwarded-proto") or "https"
    return f"{scheme}://{context.get('domainName', '')}{before if found else ''}"


def _header(event: Event, name: str) -> str:
    headers: dict[str, str] = event.get("headers") or {}
    return next((value for key, value in headers.items() if key.lower() == name), "")


def _path(event: Event) -> dict[str, str]:
    """Decode the path parameters; API Gateway passes them URL-encoded (aws/chalice issue 511)."""
    encoded: dict[str, str] = event.get("pathParameters") or {}
    return {name: PATH_PARAMETERS[name].check(_percent_decoded(value)) for name, value in encoded.items()}


def _percent_decoded(text: str) -> str:
    try:
        return unquote(text, errors="strict")
    except UnicodeDecodeError:
        raise InvalidInput from None


def _query(operation: Operation, event: Event) -> dict[str, str]:
    """Return the query parameters that the operation defines; API Gateway has already decoded them."""
    given: dict[str, str] = event.get("queryStringParameters") or {}
    return {one.name: given[one.name] for one in operation.query if one.name in given}


def _body(operation: Operation, event: Event) -> Any:
    if operation.request is None:
        return None
    text = _text(event)
    return operation.request.parse(read_form(text) if operation.is_form else read_json(text))


def _text(event: Event) -> str:
    """Return the body as text; API Gateway passes bytes for binary media types."""
    body: str = event.get("body") or ""
    if not event.get("isBase64Encoded"):
        return body
    try:
        return b64decode(body, validate=True).decode()
    except ValueError:
        raise InvalidInput(NOT_JSON) from None


def read_json(text: str) -> Any:
    """Parse a body; return None for an empty one.

    Raise RequestTooLarge, or InvalidInput for invalid JSON and for values that cannot be stored: text with NUL or
    unpaired surrogates, numbers out of range, nesting that is too deep.
    """
    if len(text) > MAX_BODY_BYTES or len(text.encode("utf-8", "surrogatepass")) > MAX_BODY_BYTES:
        raise RequestTooLarge
    if not text.strip():
        return None
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        raise InvalidInput(NOT_JSON) from None
    # json.loads accepts NaN, deep nesting and unpaired surrogates; DynamoDB and the device protocol do not.
    for value, depth in _values(document):
        if depth > MAX_DEPTH or not _can_be_kept(value):
            raise InvalidInput
    return document


def read_form(text: str) -> dict[str, str]:
    """Parse a form; raise RequestTooLarge, or InvalidInput for an invalid form or values that cannot be stored."""
    if len(text) > MAX_BODY_BYTES:
        raise RequestTooLarge
    try:
        members = dict(parse_qsl(text, keep_blank_values=True, strict_parsing=True, errors="strict", max_num_fields=64))
    except ValueError:
        raise InvalidInput(NOT_FORM) from None
    if any(UNKEEPABLE.search(part) for member in members.items() for part in member):
        raise InvalidInput
    return members


def _values(document: Any) -> Iterator[tuple[Any, int]]:
    """Yield every value and member name of a document, with its depth."""
    # A stack instead of recursion: a caller chooses the depth.
    waiting = [(document, 1)]
    while waiting:
        value, depth = waiting.pop()
        yield value, depth
        if isinstance(value, dict):
            waiting.extend((name, depth) for name in value)
            waiting.extend((member, depth + 1) for member in value.values())
        elif isinstance(value, list):
            waiting.extend((member, depth + 1) for member in value)


def _can_be_kept(value: Any) -> bool:
    match value:
        case str():
            return UNKEEPABLE.search(value) is None
        case bool():
            return True
        case int():
            return abs(value) <= MAX_INTEGER
        case float():
            return value == 0 or MIN_FLOAT <= abs(value) <= MAX_FLOAT
        case _:
            return True

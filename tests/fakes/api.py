"""Replaces API Gateway in tests: converts a request to the event that AWS would send."""

import copy
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

from api.app import app, handler

EVENT = json.loads((Path(__file__).parents[1] / "events" / "rest_api.json").read_text())
"""One event as a REST API sends it to a function (Lambda proxy integration)."""


@dataclass(frozen=True)
class ApiAnswer:
    """The caller's view of the response."""

    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def body(self) -> dict[str, Any]:
        """The JSON object of the answer."""
        members = json.loads(self.text)
        assert isinstance(members, dict)
        return members


def call_api(
    method: str,
    path: str,
    body: object = None,
    token: str | None = None,
    *,
    headers: Mapping[str, str] | None = None,
    raw_body: str | None = None,
) -> ApiAnswer:
    """Send a request through the function's handler.

    `path` is as people write it (`/devices/device/Barn unit?limit=5`); what must be percent-encoded is, a `%` that is
    there already stays. `body` is sent as JSON, `raw_body` as it stands, `token` as `Authorization: Bearer`.
    """
    text = raw_body if raw_body is not None else None if body is None else json.dumps(body)
    sent = dict(headers or {})
    if token is not None:
        sent["Authorization"] = f"Bearer {token}"
    answer = handler(rest_api_event(method, path, text, sent), None)
    json.dumps(answer)
    return ApiAnswer(answer["statusCode"], answer["headers"], answer["body"])


def rest_api_event(method: str, path: str, body: str | None = None, headers: Mapping[str, str] | None = None) -> Any:
    """Make the event of a request; its resource is that of the route which fits best, as API Gateway chooses."""
    parts = urlsplit(quote(path, safe="/?=&%:@!$'()*+,;~-._"))
    resource, parameters = _resource(parts.path)
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    event = copy.deepcopy(EVENT)
    event |= {
        "resource": resource,
        "path": parts.path,
        "httpMethod": method,
        "headers": event["headers"] | dict(headers or {}),
        "pathParameters": parameters or None,
        "queryStringParameters": dict(pairs) or None,
        "multiValueQueryStringParameters": {name: [v for n, v in pairs if n == name] for name, _ in pairs} or None,
        "body": body,
    }
    event["requestContext"] |= {"resourcePath": resource, "httpMethod": method, "path": f"/live{parts.path}"}
    return event


def _resource(path: str) -> tuple[str, dict[str, str]]:
    """Find the route of an encoded path: of those that fit, the one with a literal segment first."""
    fitting = []
    for template in list(app.routes):
        pattern = re.sub(r"{(\w+)}", r"(?P<\1>[^/]+)", re.escape(template).replace(r"\{", "{").replace(r"\}", "}"))
        if match := re.fullmatch(pattern, path):
            fitting.append(([segment.startswith("{") for segment in template.split("/")], template, match.groupdict()))
    if not fitting:
        return path, {}
    _, template, parameters = min(fitting, key=lambda one: (one[0], one[1]))
    return template, parameters

"""Whatever a signed-in caller sends to any operation of the route table: the answer is one of the contract's, never a
failure of ours.

IOTCLOUD_REQUESTS sets how many requests each operation gets.
"""

import json
import os
from base64 import b64encode
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from api.app import handler, operations
from api.operations import Authentication, Operation
from iotcloud.wiring import Wiring
from tests.fakes.access_tokens import FakeTokens
from tests.fakes.api import rest_api_event
from tests.integration.staged_requests import (
    DEVICE,
    OWNER,
    SECRET,
    Written,
    good_body,
    good_values,
    stage,
    staged_platform,
    write,
)

REQUESTS = int(os.environ.get("IOTCLOUD_REQUESTS", "4"))

QUERIES = {
    "datebegin": ["0", "1583200000", "9999999999"],
    "dateend": ["0", "1583200000", "9999999999"],
    "devicename": ["Barn unit", "Nobody's"],
    "direction": ["From", "To"],
    "format": ["csv", "ndjson"],
    "interval": ["1", "60", "86400"],
    "limit": ["1", "100"],
    "notice": [f"{DEVICE.deviceid}/n1"],
    "type": ["Email"],
}

TEXTS = [
    "",
    " ",
    "\x00",
    "\x1c",
    "a\x1fb",
    "\ud800",
    "x\udfffy",
    "\u202e",
    "e\u0301",
    "\U0001f600" * 300,
    "a" * 5000,
    "9" * 4000,
    "-1",
    "1e999",
    "NaN",
    "..",
    ".",
    "/",
    "%",
    "%2F",
    "#",
    "a#b#c",
    "=cmd()",
    "' OR 1=1",
    "{}",
    "null",
    "user@example.com",
    "x <user@example.com>",
    "+49 (0)170 1234567",
    "\u0661\u0662",
    "~",
    "!",
]

RAW = [
    "9" * 4000,
    "-" + "9" * 400,
    "1e400",
    "-1e999",
    "1e-400",
    "NaN",
    "Infinity",
    "9223372036854775808",
    "-9223372036854775809",
    "1e125",
    "1.0",
    "-0.0",
    "0",
    "-1",
    "true",
    "null",
    "[]",
    "{}",
    "[[[[[[]]]]]]",
    "[" * 40 + "]" * 40,
    '"\\ud800"',
    '"\\u0000"',
    '"\\u001c"',
    '{"\\ud800": 1}',
    '{"": {"": []}}',
    "{",
]

TEXT = st.one_of(
    st.sampled_from(TEXTS),
    st.text(max_size=8),
    st.text(st.characters(codec="ascii"), max_size=40),
    st.integers(min_value=-(10**20), max_value=10**20).map(str),
    st.integers(min_value=0, max_value=10**10).map(str),
)

POSITIONS = st.one_of(TEXT, st.sampled_from(["0", "1583200000123#m1", "9999999999999#~", "[]", '{"a": 1}', "a" * 1100]))

CURSOR = st.one_of(
    TEXT,
    POSITIONS.map(
        lambda text: b64encode(b"\0" * 9 + text.encode("utf-8", "surrogatepass"), b"-_").decode().rstrip("=")
    ),
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return where in a body something stands."""
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for name, member in members for place in places(member, (*path, name)))]


def replaced(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    """Return a body with something else at a place."""
    if not path:
        return new
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = replaced(copy[path[0]], path[1:], new)
    return copy


ODD = st.one_of(st.sampled_from(RAW).map(Written), TEXT.map(lambda text: Written(json.dumps(text))))


@st.composite
def requests(draw: st.DrawFn, operation: Operation) -> dict[str, Any]:
    """Create a request to an operation with one hostile part."""
    values = good_values(operation)
    names = [name for name in values if "{" + name + "}" in operation.path]
    odd_name = draw(st.sampled_from([None, None, None, *names]))
    path = operation.path
    for name in names:
        text = draw(TEXT.filter(bool)) if name == odd_name else values[name]
        path = path.replace("{" + name + "}", quote(text.encode("utf-8", "surrogatepass"), safe=""))
    body = None
    if operation.request is not None:
        body = good_body(operation) or {}
        for _ in range(draw(st.integers(0, 2))):
            body = replaced(body, draw(st.sampled_from(places(body))), draw(ODD))
            if isinstance(body, Written):
                break
    headers = {"Authorization": f"Bearer {FakeTokens.issue(OWNER)}"}
    if "/account/users" in path:
        headers["Authorization"] += ",admin"
    if operation.authentication is Authentication.CREDENTIALS:
        name, secret = draw(st.sampled_from([(OWNER, SECRET)]) | st.tuples(TEXT, TEXT))
        octets = f"{name}:{secret}".encode("utf-8", "surrogatepass")
        headers["Authorization"] = f"Basic {b64encode(octets).decode()}"
    elif draw(st.integers(0, 19)) == 19:
        headers["Authorization"] = draw(TEXT)
    event = rest_api_event(operation.method, path, None if body is None else write(body), headers)
    queries = {
        name: draw(CURSOR if name == "cursor" else st.sampled_from(QUERIES.get(name, ["x"])) | TEXT)
        for name in (one.name for one in operation.query)
        if draw(st.booleans())
    }
    event["queryStringParameters"] = queries or None
    return dict(event)


@pytest.fixture(scope="module")
def platform() -> Iterator[Wiring]:
    with staged_platform() as wired:
        yield wired


@pytest.mark.parametrize("operation", [pytest.param(one, id=one.id) for one in operations()])
@settings(
    max_examples=REQUESTS,
    phases=[Phase.generate, Phase.shrink],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_no_request_makes_an_operation_fail(platform: Wiring, operation: Operation, data: st.DataObject) -> None:
    event = data.draw(requests(operation))
    try:
        answer = handler(event, None)
    finally:
        if operation.method != "GET":
            stage(platform)

    assert answer["statusCode"] != 500, (event["path"], event["queryStringParameters"], event["body"])
    json.dumps(answer)
    if answer["statusCode"] >= 400:
        assert json.loads(answer["body"])["status"] == "NG"

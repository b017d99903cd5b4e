"""Rules for all operations: rejected callers and rejected input. No service is called."""

import re
import time
from contextlib import suppress
from dataclasses import replace

import pytest

from api.app import operations
from api.operations import PATH_PARAMETERS, Authentication, Operation
from iotcloud.adapters.access_tokens import CognitoTokens
from iotcloud.errors import DeviceUnreachable, InvalidInput
from iotcloud.users.call_limits import CallLimits
from iotcloud.wiring import Wiring
from tests.failures import failure
from tests.fakes.api import call_api
from tests.fakes.attempts import FakeAttempts
from tests.fakes.token_issuer import CLIENT_ID, ISSUER, TokenIssuer
from tests.parts import replace_part

POOL = TokenIssuer()
STRANGER = TokenIssuer(kid=POOL.kid)
WITH_TOKEN = [
    pytest.param(operation, id=operation.id)
    for operation in operations()
    if operation.authentication is Authentication.ACCESS_TOKEN
]
WITH_BODY = [pytest.param(operation, id=operation.id) for operation in operations() if operation.request]
WITH_JSON = [
    pytest.param(operation, id=operation.id)
    for operation in operations()
    if operation.request and not operation.is_form
]
WITH_PATH = [pytest.param(operation, id=operation.id) for operation in operations() if "{" in operation.path]


@pytest.fixture(autouse=True)
def _verifying(wired: Wiring) -> None:
    replace_part(wired, "users.tokens", CognitoTokens(POOL.published_keys, ISSUER, CLIENT_ID))
    replace_part(wired, "users.rate_limiter", FakeAttempts())


def path_of(operation: Operation, **values: str) -> str:
    """Fill a path with the examples of its parameters, or with the values given."""
    return re.sub(r"{(\w+)}", lambda part: values.get(part[1], PATH_PARAMETERS[part[1]].example), operation.path)


def authorization(operation: Operation) -> dict[str, str]:
    """Make a header that the operation accepts."""
    match operation.authentication:
        case Authentication.ACCESS_TOKEN | Authentication.UNVERIFIED_ACCESS_TOKEN:
            return {"Authorization": f"Bearer {POOL.issue()}"}
        case Authentication.CREDENTIALS:
            return {"Authorization": "Basic YW5uQGV4YW1wbGUuY29tOlNhbXBsZS1wYXNzLTE="}
        case Authentication.SIGNATURE | Authentication.NONE:
            return {}


@pytest.mark.parametrize("operation", WITH_TOKEN)
@pytest.mark.parametrize(
    ("header", "message"),
    [
        (None, "Invalid authorization header"),
        ("", "Invalid authorization header"),
        ("Basic YTpi", "Invalid authorization header"),
        ("Bearer", "Invalid authorization header"),
        ("Bearer a b", "Invalid authorization header"),
        ("Bearer nonsense", "Token expired"),
        (f"Bearer {STRANGER.issue()}", "Token expired"),
        (f"Bearer {POOL.issue(exp=int(time.time()) - 3600)}", "Token expired"),
        (f"Bearer {POOL.issue(token_use='id')}", "Unauthorized access"),
        (f"Bearer {POOL.issue(client_id='another')}", "Unauthorized access"),
    ],
    ids=["absent", "empty", "basic", "one word", "three words", "nonsense", "forged", "expired", "id token", "foreign"],
)
def test_no_operation_is_open_without_a_good_token(operation: Operation, header: str | None, message: str) -> None:
    headers = {} if header is None else {"Authorization": header}

    answer = call_api(operation.method, path_of(operation), raw_body="{", headers=headers)

    assert (answer.status, answer.body) == (401, failure(message))


@pytest.mark.parametrize("operation", WITH_JSON)
@pytest.mark.parametrize(
    "body", ["{", "[]", "5", '"text"', '{"a": 1e999}', '{"a": "\\u0000"}', "[" * 99_999, "x=1&y=2", "\x00"]
)
def test_no_operation_takes_a_body_that_is_no_good_json_object(operation: Operation, body: str) -> None:
    answer = call_api(operation.method, path_of(operation), raw_body=body, headers=authorization(operation))

    assert answer.status == 400
    assert answer.body["status"] == "NG"


@pytest.mark.parametrize("operation", WITH_BODY)
def test_no_operation_takes_a_body_that_is_too_large(operation: Operation) -> None:
    answer = call_api(operation.method, path_of(operation), raw_body=" " * 300_000, headers=authorization(operation))

    assert (answer.status, answer.body) == (413, failure("Request is too large"))


@pytest.mark.parametrize("operation", WITH_BODY)
@pytest.mark.parametrize("value", [None, [], {}, "", "x" * 5000, True, -1, 1.5, 9223372036854775807])
def test_no_operation_fails_on_members_of_a_wrong_type(operation: Operation, value: object) -> None:
    assert operation.request is not None
    for field, described in operation.request.model_fields.items():
        with suppress(InvalidInput):
            operation.request.parse({described.alias or field: value})


@pytest.mark.parametrize("operation", WITH_PATH)
@pytest.mark.parametrize("value", ["a%2Fb", "%00", "%0A", "%FF", "x" * 1000])
def test_no_operation_takes_a_path_that_cannot_be(operation: Operation, value: str) -> None:
    for name in re.findall(r"{(\w+)}", operation.path):
        answer = call_api(operation.method, path_of(operation, **{name: value}), headers=authorization(operation))

        assert answer.status == 400, name
        assert answer.body["status"] == "NG"


@pytest.mark.parametrize("operation", WITH_TOKEN)
def test_no_operation_answers_a_user_who_calls_too_often(wired: Wiring, operation: Operation) -> None:
    wired.settings = replace(wired.settings, user_calls_per_minute=2, device_calls_per_minute=2)
    is_device_asked = DeviceUnreachable in operation.errors
    exhausted, other = ("device_calls", "user_calls") if is_device_asked else ("user_calls", "device_calls")
    replace_part(wired, "users.call_limits", CallLimits(FakeAttempts(exhausted={exhausted})))
    refused = call_api(operation.method, path_of(operation), raw_body="{", headers=authorization(operation))
    replace_part(wired, "users.call_limits", CallLimits(FakeAttempts(exhausted={other})))
    taken = call_api(operation.method, path_of(operation), raw_body="{", headers={"Authorization": "Bearer nonsense"})

    assert (refused.status, refused.body) == (429, failure("Too many requests"))
    assert 0 < int(refused.headers["Retry-After"]) <= 60
    assert taken.status == 401

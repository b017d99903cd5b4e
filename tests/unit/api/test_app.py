"""From the event to the response: whatever a view does, the caller gets the envelope and the log gets the reason."""

import json
from collections.abc import Callable
from typing import Any

import pytest

import api.app
from api.app import handler, mount, operations
from api.operations import Authentication, Call, Operation
from iotcloud.errors import CommunicationFailed, DeviceNotRegistered, DeviceUnreachable, IotCloudError
from iotcloud.observability import count
from iotcloud.schema import Answer, Body, Name
from tests.failures import failure
from tests.fakes.access_tokens import FakeTokens
from tests.fakes.api import call_api, rest_api_event

PATH = "/devices/device/{devicename}/test"
REQUEST_ID = "0a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d"
TOKEN = FakeTokens.issue("ann@example.com")


class Greeting(Answer):
    greeting: str


class Named(Body):
    name: Name


class Views:
    """Views whose outcome a test chooses."""

    def __init__(self) -> None:
        self.calls: list[Call[Any]] = []
        self.outcome: Exception | None = None

    def __call__(self, call: Call[Any]) -> Answer:
        self.calls.append(call)
        if self.outcome:
            raise self.outcome
        return Greeting(greeting=f"{call.caller.username} {call.path['devicename']} {call.body}")


@pytest.fixture
def views(wired: object, monkeypatch: pytest.MonkeyPatch) -> Views:
    """Mount two operations of the tests' own, beside those of the API."""
    views = Views()
    monkeypatch.setattr(api.app.app, "routes", api.app.app.routes.copy())
    authenticated = Authentication.ACCESS_TOKEN
    mount(
        [
            Operation("2Y", "TEST GET", "GET", PATH, views, None, Greeting, (), authenticated, "Test"),
            Operation("2Z", "TEST POST", "POST", PATH, views, Named, Greeting, (), authenticated, "Test"),
        ]
    )
    return views


def test_handler_answers_what_the_view_answers(views: Views) -> None:
    answer = call_api("GET", "/devices/device/Barn unit \U0001f4a1/test", token=TOKEN)

    assert answer.status == 200
    assert answer.body == {"status": "OK", "message": "Done", "greeting": "ann@example.com Barn unit \U0001f4a1 None"}
    assert views.calls[0].source_ip == "192.0.2.10"


def test_handler_checks_header_then_token_then_path_then_body(views: Views) -> None:
    def refused(path: str, authorization: str | None, body: str) -> str:
        headers = {} if authorization is None else {"authorization": authorization}
        answer = call_api("POST", path, raw_body=body, headers=headers)
        assert answer.body["status"] == "NG"
        return f"{answer.status} {answer.body['message']}"

    bad, good = "/devices/device/a%2Fb/test", "/devices/device/Barn/test"

    assert refused(bad, None, "{") == "401 Invalid authorization header"
    assert refused(bad, "Bearer forged", "{") == "401 Token expired"
    assert refused(bad, f"Bearer {TOKEN}", "{") == "400 Invalid parameters"
    assert refused(good, f"Bearer {TOKEN}", "{") == "400 Body is not JSON"
    assert refused(good, f"Bearer {TOKEN}", "{}") == "400 Parameters not included"
    assert refused(good, f"Bearer {TOKEN}", '{"name": ""}') == "400 Empty parameter found"
    assert refused(good, f"Bearer {TOKEN}", '{"name": 5}') == "400 Invalid parameters"
    assert refused(good, f"Bearer {TOKEN}", '{"name": null}') == "400 Invalid parameters"
    assert refused(good, f"Bearer {TOKEN}", '{"name": "' + "x" * 300_000) == "413 Request is too large"
    assert views.calls == []


@pytest.mark.parametrize(
    ("outcome", "status", "body"),
    [
        (DeviceNotRegistered(), 404, failure("Device is not registered")),
        (
            DeviceUnreachable(value={"version": "0.1"}),
            503,
            failure("Device is unreachable", value={"version": "0.1"}),
        ),
        (CommunicationFailed(), 500, failure("Could not communicate with device")),
        (IotCloudError(), 500, failure("Request failed", "request_failed")),
    ],
)
def test_handler_answers_a_condition(views: Views, outcome: Exception, status: int, body: dict[str, object]) -> None:
    views.outcome = outcome

    answer = call_api("GET", "/devices/device/Barn/test", token=TOKEN)

    assert (answer.status, answer.body) == (status, body)


@pytest.mark.parametrize("outcome", [RuntimeError("secret cause"), KeyError("x"), RecursionError(), MemoryError()])
def test_handler_answers_the_unexpected_without_its_cause(
    views: Views, outcome: Exception, logged: Callable[[], str]
) -> None:
    views.outcome = outcome

    answer = call_api("POST", "/devices/device/Barn/test", {"name": "body-of-the-call"}, token=TOKEN)

    assert (answer.status, answer.body) == (500, failure("Internal server error"))
    assert "Traceback" not in answer.text
    unexpected, answered = [json.loads(line) for line in logged().splitlines()]
    assert unexpected["level"] == "ERROR"
    assert unexpected["correlation_id"] == REQUEST_ID == answer.headers["X-Request-Id"]
    assert type(outcome).__name__ in unexpected["exception"]
    assert answered["status"] == 500


def test_handler_logs_the_cause_of_a_failure_of_ours(views: Views, logged: Callable[[], str]) -> None:
    views.outcome = CommunicationFailed()
    views.outcome.__cause__ = OSError("broker is gone")

    call_api("GET", "/devices/device/Barn/test", token=TOKEN)

    assert "broker is gone" in logged()


@pytest.mark.usefixtures("views")
def test_handler_logs_one_line_for_a_call_that_went_well(logged: Callable[[], str]) -> None:
    call_api("GET", "/devices/device/Barn/test", token=TOKEN)

    (line,) = logged().splitlines()
    assert json.loads(line)["operation"] == "2Y"
    assert json.loads(line)["correlation_id"] == REQUEST_ID


@pytest.mark.parametrize("outcome", [None, DeviceNotRegistered(), CommunicationFailed(), RuntimeError()])
def test_handler_logs_neither_token_nor_body_nor_person(
    views: Views, outcome: Exception | None, logged: Callable[[], str]
) -> None:
    views.outcome = outcome
    call_api("POST", "/devices/device/Barn/test", {"name": "body-of-the-call"}, token=TOKEN)
    call_api("POST", "/devices/device/Barn/test", {"name": "body-of-the-call" * 9}, token=TOKEN)
    call_api("POST", "/devices/device/Barn/test", {"name": "body-of-the-call"}, token="forged-token")

    written = logged()
    assert written
    for secret in (TOKEN, "ann@example.com", "body-of-the-call", "forged-token"):
        assert secret not in written


@pytest.mark.usefixtures("views")
def test_handler_writes_the_metrics_of_a_call(capsys: pytest.CaptureFixture[str]) -> None:
    count("tests")

    call_api("GET", "/devices/device/Barn/test", token=TOKEN)

    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["tests"] for line in lines if "_aws" in line] == [[1.0]]


@pytest.mark.usefixtures("views")
@pytest.mark.parametrize(
    ("method", "path"),
    [("DELETE", "/devices/device/Barn/test"), ("GET", "/nowhere"), ("PUT", "/devices"), ("POST", "/")],
)
def test_handler_answers_a_route_that_it_has_not(method: str, path: str) -> None:
    answer = call_api(method, path, token=TOKEN)

    assert (answer.status, answer.body) == (404, failure("Not found"))
    assert answer.headers["Access-Control-Allow-Origin"] == "*"


def test_handler_copes_with_an_event_of_the_console(views: Views) -> None:
    event = rest_api_event("GET", "/devices/device/Barn/test")

    answer = handler(event | {"headers": None, "multiValueHeaders": None}, None)

    assert answer["statusCode"] == 401
    assert views.calls == []


def test_a_header_is_found_in_any_case(views: Views) -> None:
    for name in ("authorization", "AUTHORIZATION"):
        answer = call_api("GET", "/devices/device/Barn/test", headers={name: f"Bearer {TOKEN}"})

        assert answer.status == 200
    assert len(views.calls) == 2


def test_every_operation_is_mounted_once_by_its_path_and_method() -> None:
    table = operations()

    assert {(operation.path, operation.method) for operation in table} == {
        (path, method) for path, methods in api.app.app.routes.items() for method in methods
    }
    assert len({operation.id for operation in table}) == len(table)

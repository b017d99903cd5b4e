"""API Gateway's own responses, and its handling of paths and bodies before the function."""

import csv
import http.client
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import pytest

from simulators.cloud.rest import basic
from tests.e2e.patience import eventually
from tests.e2e.people import NewPerson, Person, RegisteredDevice, Stack
from tests.e2e.scripted_device import ScriptedDevice, echo
from tests.failures import failure


@dataclass(frozen=True)
class Answer:
    """An answer as it came over the wire."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def envelope(self) -> dict[str, Any]:
        """The JSON object of the answer."""
        members = json.loads(self.body)
        assert isinstance(members, dict)
        return members


@dataclass(frozen=True)
class Gateway:
    """The API, asked without any client that would tidy up the path first."""

    url: str

    def ask(self, method: str, path: str, body: bytes | None = None, authorization: str | None = None) -> Answer:
        """Send a request as it stands."""
        parts = urlsplit(self.url)
        assert parts.hostname
        connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=30)
        headers = {} if authorization is None else {"Authorization": authorization}
        try:
            connection.request(method, parts.path + path, body, headers)
            answer = connection.getresponse()
            found = {name.lower(): value for name, value in answer.getheaders()}
            return Answer(answer.status, found, answer.read())
        finally:
            connection.close()


@pytest.fixture(scope="module")
def gateway(stack: Stack) -> Gateway:
    return Gateway(stack["api_url"])


@pytest.fixture(scope="module")
def person(new_person: NewPerson) -> Person:
    """Give one person for all: a login for each test would be more than an address may make in a minute."""
    return new_person()


@pytest.fixture(scope="module")
def bearer(gateway: Gateway, person: Person) -> str:
    answer = gateway.ask("POST", "/user/login", authorization=basic(person.username, person.password))
    return f"Bearer {answer.envelope['token']['access']}"


def test_the_root_answers_401_without_a_body(gateway: Gateway) -> None:
    answer = gateway.ask("GET", "/")

    assert (answer.status, answer.body) == (401, b"")


@pytest.mark.parametrize("authorization", [None, "Bearer abc", "Basic YTpi", "nonsense"])
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/nowhere"),
        ("PUT", "/devices"),
        ("DELETE", "/user/signup"),
        ("PATCH", "/user"),
        ("GET", "/devices/device/"),
    ],
)
def test_an_unknown_path_or_method_is_not_found(
    gateway: Gateway, method: str, path: str, authorization: str | None
) -> None:
    answer = gateway.ask(method, path, authorization=authorization)

    assert (answer.status, answer.envelope) == (404, failure("Not found"))
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    ("path", "methods"),
    [
        ("/", {"GET"}),
        ("/devices", {"GET"}),
        ("/user/login", {"POST"}),
        ("/devices/device/Barn%20unit", {"GET", "POST", "DELETE"}),
        ("/devices/device/Barn%20unit/status", {"GET", "POST"}),
    ],
)
def test_a_page_of_any_origin_may_call(gateway: Gateway, path: str, methods: set[str]) -> None:
    answer = gateway.ask("OPTIONS", path)

    assert (answer.status, answer.body) == (200, b"")
    assert answer.headers["access-control-allow-origin"] == "*"
    assert set(answer.headers["access-control-allow-headers"].split(",")) == {"Authorization", "Content-Type"}
    assert set(answer.headers["access-control-allow-methods"].split(",")) == methods | {"OPTIONS"}


@pytest.mark.parametrize(("octets", "path"), [(300_000, "/user/confirm_signup"), (11 * 2**20, "/user/confirm_signup")])
def test_a_body_that_is_too_large_is_refused_by_whoever_sees_it_first(gateway: Gateway, octets: int, path: str) -> None:
    answer = gateway.ask("POST", path, b'{"username": "' + b"x" * octets + b'"}')

    assert (answer.status, answer.envelope) == (413, failure("Request is too large"))


@pytest.mark.parametrize("name", ["Barn%20unit", "50%2525", "a+b", "%F0%9F%92%A1", "caf%C3%A9", "x" * 64])
def test_a_name_reaches_the_function_as_it_was_meant(gateway: Gateway, bearer: str, name: str) -> None:
    answer = gateway.ask("GET", f"/devices/device/{name}", authorization=bearer)

    assert (answer.status, answer.envelope["message"]) == (404, "Device is not registered")


@pytest.mark.parametrize("name", ["a%2Fb", "%2F", "%00", "a%0Ab", "%ff", "x" * 65, "x" * 1000])
def test_a_name_that_cannot_be_is_refused(gateway: Gateway, bearer: str, name: str) -> None:
    answer = gateway.ask("GET", f"/devices/device/{name}", authorization=bearer)

    assert (answer.status, answer.envelope["status"]) == (400, "NG")


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"5", b"\xff\xfe", b'{"status": 1e999}', b'{"status": "\\u0000"}', b"[" * 200_000, b"\x00" * 9],
)
def test_a_body_that_cannot_be_is_refused(gateway: Gateway, bearer: str, body: bytes) -> None:
    answer = gateway.ask("POST", "/devices/device/Barn%20unit/status", body, bearer)

    assert (answer.status, answer.envelope["status"]) == (400, "NG")


def test_only_the_access_token_of_a_login_is_taken(gateway: Gateway, person: Person) -> None:
    answer = gateway.ask("POST", "/user/login", authorization=basic(person.username, person.password))
    tokens = answer.envelope["token"]

    assert gateway.ask("GET", "/devices", authorization=f"Bearer {tokens['access']}").status == 200
    for token, message in ((tokens["id"], "Unauthorized access"), (tokens["access"][:-4] + "AAAA", "Token expired")):
        refused = gateway.ask("GET", "/devices", authorization=f"Bearer {token}")
        assert (refused.status, refused.envelope) == (401, failure(message))
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "strict-transport-security" in answer.headers


def test_a_file_passes_as_the_text_that_it_is(
    gateway: Gateway, bearer: str, person: Person, device: RegisteredDevice, stack: Stack
) -> None:
    with ScriptedDevice.of(device, stack, echo) as scripted:
        scripted.publish("hello", '=1+1, Zoë "東京" 🌡'.encode())
        eventually(lambda: person.api.must("GET", "/devices/histories")["transactions"], bool)

    table = gateway.ask("GET", "/devices/histories/export", authorization=bearer)
    lines = gateway.ask("GET", "/devices/histories/export?format=ndjson&topic=hello", authorization=bearer)
    refused = gateway.ask("GET", "/devices/histories/export?format=xls", authorization=bearer)

    assert (table.status, table.headers["content-type"]) == (200, "text/csv; charset=utf-8")
    assert table.headers["content-disposition"] == 'attachment; filename="histories.csv"'
    assert "X-Cursor" in table.headers["access-control-expose-headers"]
    (row,) = csv.DictReader(io.StringIO(table.body.decode(), newline=""))
    assert (row["topic"], row["payload"]) == ("hello", '\'=1+1, Zoë "東京" 🌡')
    assert lines.headers["content-type"] == "application/x-ndjson"
    assert [json.loads(line)["payload"] for line in lines.body.decode().splitlines()] == ['=1+1, Zoë "東京" 🌡']
    assert (refused.status, refused.envelope["status"]) == (400, "NG")

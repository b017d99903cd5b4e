"""Operations 3A to 3D over HTTP: formats, rejections and device replies."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest

from iotcloud.board.service import BoardService
from iotcloud.errors import CommunicationFailed
from iotcloud.wiring import Wiring
from tests.failures import failure
from tests.fakes.access_tokens import FakeTokens
from tests.fakes.api import ApiAnswer, call_api
from tests.fakes.device_link import FakeDeviceLink
from tests.fakes.devices import make_device
from tests.fakes.peripherals import FakeDevices
from tests.parts import replace_part

DEVICE = "/devices/device/Barn unit"
ANN = FakeTokens.issue("ann")
BOB = FakeTokens.issue("bob")
OPERATIONS = [
    ("GET", "status", None),
    ("POST", "status", {"status": 2}),
    ("GET", "settings", None),
    ("POST", "settings", {"sensorrate": 5}),
]


@dataclass
class Versions:
    recorded: dict[str, str] = field(default_factory=dict)

    def record_version(self, deviceid: str, version: str) -> None:
        self.recorded[deviceid] = version


@pytest.fixture
def link(wired: Wiring) -> FakeDeviceLink:
    link = FakeDeviceLink()
    devices = FakeDevices({("ann", "Barn unit"): make_device(version="0.1")})
    replace_part(wired, "board.service", BoardService(devices, link, Versions()))
    return link


def ask(method: str, path: str, body: object = None, token: str | None = ANN) -> ApiAnswer:
    return call_api(method, f"{DEVICE}/{path}", body, token)


def test_get_status_answers_what_the_device_says(link: FakeDeviceLink) -> None:
    link.replies["get_status"] = {"value": {"status": 1, "version": "0.2"}}

    answer = ask("GET", "status")

    assert (answer.status, answer.body) == (
        200,
        {"status": "OK", "message": "Done", "value": {"status": 1, "version": "0.2"}},
    )


def test_members_of_newer_firmware_are_passed_on(link: FakeDeviceLink) -> None:
    link.replies["get_status"] = {"value": {"status": 1, "version": "0.2", "uptime": 12.5}}

    assert ask("GET", "status").body["value"] == {"status": 1, "version": "0.2", "uptime": 12.5}


def test_set_status_answers_the_state_on_the_way(link: FakeDeviceLink) -> None:
    link.replies["set_status"] = {"value": {"status": 3}}

    assert ask("POST", "status", {"status": 2}).body["value"] == {"status": 3}
    assert link.sent[0].payload == {"status": 2}


def test_get_settings_answers_the_sensor_rate(link: FakeDeviceLink) -> None:
    link.replies["get_settings"] = {"value": {"sensorrate": 5}}

    assert ask("GET", "settings").body["value"] == {"sensorrate": 5}


def test_set_settings_answers_no_value(link: FakeDeviceLink) -> None:
    link.replies["set_settings"] = {}

    answer = ask("POST", "settings", {"sensorrate": 10})

    assert (answer.status, answer.body) == (200, {"status": "OK", "message": "Done"})
    assert link.sent[0].payload == {"sensorrate": 10}


@pytest.mark.parametrize(("method", "path", "body"), OPERATIONS)
def test_a_silent_device_is_503_with_what_is_remembered_of_it(
    link: FakeDeviceLink, method: str, path: str, body: object
) -> None:
    answer = ask(method, path, body)

    assert (answer.status, answer.body) == (
        503,
        failure("Device is unreachable", value={"version": "0.1"}),
    )


@pytest.mark.parametrize(("method", "path", "body"), OPERATIONS)
def test_a_failing_broker_is_500_with_the_contracts_message(
    link: FakeDeviceLink, method: str, path: str, body: object
) -> None:
    for api in ("get_status", "set_status", "get_settings", "set_settings"):
        link.replies[api] = CommunicationFailed()

    answer = ask(method, path, body)

    assert (answer.status, answer.body) == (500, failure("Could not communicate with device"))


@pytest.mark.parametrize(
    "reply",
    [
        {},
        {"value": None},
        {"value": []},
        {"value": {"status": "1"}},
        {"value": {"status": True}},
        {"value": {"status": 1.5}},
        {"status": 1},
    ],
)
def test_a_device_that_answers_something_else_is_a_failed_communication(
    link: FakeDeviceLink, reply: Mapping[str, object]
) -> None:
    link.replies["get_status"] = reply

    answer = ask("GET", "status")

    assert (answer.status, answer.body["message"]) == (500, "Could not communicate with device")


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (None, "Parameters not included"),
        ({}, "Parameters not included"),
        ({"status": ""}, "Empty parameter found"),
        ({"status": None}, "Empty parameter found"),
        ({"status": "2"}, "Invalid parameters"),
        ({"status": 2.5}, "Invalid parameters"),
        ({"status": True}, "Invalid parameters"),
        ({"status": [2]}, "Invalid parameters"),
        ({"status": 1}, "Invalid parameters"),
        ({"status": 8}, "Invalid parameters"),
        ({"status": -2}, "Invalid parameters"),
        ([], "Invalid parameters"),
    ],
)
def test_set_status_refuses_other_bodies_without_asking_the_device(
    link: FakeDeviceLink, body: object, message: str
) -> None:
    answer = ask("POST", "status", body)

    assert (answer.status, answer.body["status"], answer.body["message"]) == (400, "NG", message)
    assert link.sent == []


@pytest.mark.parametrize(
    "body", [{}, {"sensorrate": 0}, {"sensorrate": 86_401}, {"sensorrate": "5"}, {"sensorrate": None}]
)
def test_set_settings_refuses_other_bodies_without_asking_the_device(link: FakeDeviceLink, body: object) -> None:
    assert ask("POST", "settings", body).status == 400
    assert link.sent == []


@pytest.mark.parametrize(("method", "path", "body"), OPERATIONS)
def test_another_users_device_is_not_there(link: FakeDeviceLink, method: str, path: str, body: object) -> None:
    answer = ask(method, path, body, BOB)

    assert (answer.status, answer.body["message"]) == (404, "Device is not registered")
    assert link.sent == []


@pytest.mark.parametrize(("method", "path", "body"), OPERATIONS)
def test_nothing_is_asked_without_a_token(link: FakeDeviceLink, method: str, path: str, body: object) -> None:
    assert ask(method, path, body, None).status == 401
    assert link.sent == []

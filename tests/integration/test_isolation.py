"""Every operation of `api/openapi.yaml`, called by somebody else: nothing of a device is told to who may not know it,
and nothing of it changes. Operations that are added later are walked by themselves."""

import json
from collections.abc import Iterator
from dataclasses import replace
from random import Random
from typing import Any

import pytest

from iotcloud.devices.model import Location, Role
from iotcloud.sharing.model import DeviceUser
from iotcloud.wiring import Wiring
from simulators.devices.python.board import Board, BoardOptions
from simulators.devices.python.effects import Reply
from tests.contract.deployment import rest_api
from tests.fakes.access_tokens import FakeTokens
from tests.fakes.api import ApiAnswer, call_api
from tests.fakes.devices import make_device
from tests.fakes.directory import FakeDirectory
from tests.integration.platform import all_rows, running_platform
from tests.parts import replace_part
from tests.unit.peripherals.test_sensor_registration import POT

pytestmark = pytest.mark.long

OPENAPI = rest_api()
METHODS = ("get", "post", "delete")
DEVICE = make_device("Barn unit", deviceid="SECRETID00000001", serialnumber="SECRETSERIAL", owner="secret-owner")
SECRETS = ("SECRETID00000001", "SECRETSERIAL", "secret-owner", "12.345", "Secret sensor")
VALUES = {
    "deviceid": DEVICE.deviceid,
    "devicename": "Barn%20unit",
    "email": "vic@example.com",
    "filterstring": "SECRET",
    "groupname": "Secret%20group",
    "number": "1",
    "sensorname": "Secret%20sensor",
    "username": "secret-owner",
}
DEVICE_PATH = "/devices/device/{devicename}"
OWN_NAME_ONLY = (f"{DEVICE_PATH}/name", f"{DEVICE_PATH}/membership")
"""Where an invited user acts on their own name for a device, and on their own being there."""


def operations() -> list[tuple[str, str, str, Any]]:
    """Id, method, path and description of every operation that asks for an access token."""
    return [
        (described["operationId"], method.upper(), path, described)
        for path, methods in OPENAPI["paths"].items()
        for method, described in methods.items()
        if method in METHODS and described.get("security") != []
    ]


def check_status(answer: ApiAnswer, described: Any) -> None:
    """The answer must be one that the description foresees, and no failure of ours."""
    assert answer.status < 500, answer.text
    assert str(answer.status) in described["responses"], answer.text


def filled(path: str) -> str:
    for name, value in VALUES.items():
        path = path.replace("{" + name + "}", value)
    return path.replace("{", "").replace("}", "")


def example_of(described: Any) -> Any:
    """Make a body that the operation takes, from its description."""
    content = described.get("requestBody", {}).get("content", {}).get("application/json")
    if content is None:
        return None
    if "example" in content:
        return content["example"]
    return _example(content["schema"])


def _example(schema: Any) -> Any:
    if "$ref" in schema:
        return _example(OPENAPI["components"]["schemas"][schema["$ref"].rpartition("/")[2]])
    if "example" in schema:
        return schema["example"]
    if schema.get("type") == "object":
        return {name: _example(member) for name, member in schema.get("properties", {}).items()}
    return {"array": [], "string": "x", "integer": 1, "number": 1.5, "boolean": True}.get(schema.get("type", ""))


class BoardLink:
    """A device link with a simulated board, which records the commands."""

    def __init__(self) -> None:
        self.sent: list[str] = []
        self._board = Board(BoardOptions(), Random(1))
        self._board.connect(0.0)
        self._board.advance(60.0)
        self._board.subscribe_done(60.0)
        self._board.receive("rcv_configuration", b"{}", 60.0)

    def request(self, device: Any, api: str, payload: Any, timeout_seconds: float = 3.0) -> Any:
        """See DeviceLink."""
        self.sent.append(api)
        effects = self._board.receive(api, json.dumps(payload).encode(), 60.0)
        return next(effect.payload for effect in effects if isinstance(effect, Reply))


@pytest.fixture(scope="module")
def link() -> BoardLink:
    return BoardLink()


@pytest.fixture(scope="module")
def platform(link: BoardLink) -> Iterator[Wiring]:
    """A platform with one user's device, which is shared with an operator and a viewer; no test may change it."""
    with running_platform() as wired:
        directory = FakeDirectory()
        for username in ("secret-owner", "mallory", "oz", "vic"):
            directory.add(username, "Sample-pass-1")
            kept_account = directory.kept[username]
            kept_account.account = replace(kept_account.account, email=f"{username}@example.com")
        replace_part(wired, "commands.link", link)
        replace_part(wired, "clients.directory", directory)
        wired.stores.devices.add(DEVICE)
        wired.stores.devices.set_location(DEVICE, Location(12.345, 12.345))
        wired.stores.sensors.add(DEVICE.deviceid, replace(POT, sensorname="Secret sensor"))
        wired.stores.groups.add("secret-owner", "Secret group")
        for username, role in (("oz", Role.OPERATOR), ("vic", Role.VIEWER)):
            user = DeviceUser(
                DEVICE.deviceid, DEVICE.registration, f"{username}@example.com", role, DEVICE.registered_at, "x", "x"
            )
            wired.stores.device_users.invite(user)
            wired.stores.device_users.admit(user, username)
            wired.stores.devices.add_name(DEVICE, username, "Barn unit", role, user.email)
        yield wired


@pytest.fixture(autouse=True)
def _nothing_sent(link: BoardLink) -> None:
    link.sent.clear()


def kept(*tables: str) -> dict[str, list[str]]:
    """All rows that have to do with the device or its owner, by table."""
    found: dict[str, list[str]] = {}
    for row in all_rows():
        base = row.Meta.base_table_name  # type: ignore[attr-defined]
        if tables and base not in tables:
            continue
        items = [json.dumps(item.to_dynamodb_dict(), sort_keys=True, default=str) for item in row.scan()]
        found[base] = sorted(item for item in items if any(secret in item for secret in SECRETS))
    return found


@pytest.mark.parametrize(
    ("operation", "method", "path", "described"), operations(), ids=[operation[0] for operation in operations()]
)
def test_a_stranger_learns_and_changes_nothing(
    platform: Wiring, link: BoardLink, operation: str, method: str, path: str, described: Any
) -> None:
    before = kept()

    answer = call_api(method, filled(path), example_of(described), token=FakeTokens.issue("mallory"))

    check_status(answer, described)
    told = answer.text
    for spoken in ("SECRETID00000001", "Secret sensor", "Secret group"):
        told = told.replace(spoken, "") if spoken in filled(path).replace("%20", " ") else told
    assert [secret for secret in SECRETS if secret in told] == []
    assert kept() == before
    assert link.sent == []


CHANGES = [
    (operation, method, path, described)
    for operation, method, path, described in operations()
    if path.startswith(DEVICE_PATH) and method != "GET" and (method, path) != ("POST", DEVICE_PATH)
    if path not in OWN_NAME_ONLY
]


READS = [
    (operation, method, path, described)
    for operation, method, path, described in operations()
    if path.startswith(DEVICE_PATH) and method == "GET"
]


@pytest.mark.parametrize(("operation", "method", "path", "described"), READS, ids=[read[0] for read in READS])
def test_a_viewer_is_answered_as_described(
    platform: Wiring, operation: str, method: str, path: str, described: Any
) -> None:
    before = kept("device_names", "device_users", "sensors")
    check_status(call_api(method, filled(path), example_of(described), token=FakeTokens.issue("vic")), described)
    assert kept("device_names", "device_users", "sensors") == before


@pytest.mark.parametrize(
    ("operation", "method", "path", "described"),
    CHANGES,
    ids=[change[0] for change in CHANGES],
)
def test_a_viewer_changes_nothing(
    platform: Wiring, link: BoardLink, operation: str, method: str, path: str, described: Any
) -> None:
    before = kept()
    answer = call_api(method, filled(path), example_of(described), token=FakeTokens.issue("vic"))
    check_status(answer, described)
    assert answer.status in (400, 403, 404), answer.text
    assert kept() == before
    assert link.sent == []


@pytest.mark.parametrize(
    ("operation", "method", "path", "described"),
    CHANGES,
    ids=[change[0] for change in CHANGES],
)
def test_an_operator_leaves_the_registry_as_it_is(
    platform: Wiring, operation: str, method: str, path: str, described: Any
) -> None:
    before = kept("device_names", "device_users", "devices")
    check_status(call_api(method, filled(path), example_of(described), token=FakeTokens.issue("oz")), described)
    after = kept("device_names", "device_users", "devices")
    assert [name for name in before if before[name] != after[name]] in ([], ["devices"])
    assert platform.stores.devices.find("secret-owner", "Barn unit").location == Location(12.345, 12.345)
    assert len(after["devices"]) == len(before["devices"])


def test_there_is_something_to_walk() -> None:
    assert len(operations()) > 60
    assert len(CHANGES) > 20

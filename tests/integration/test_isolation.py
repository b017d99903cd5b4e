"""Every operation of `api/openapi.yaml`, called by somebody else: nothing of a device is told to who may not know it,
and nothing of it changes. Operations that are added later are walked by themselves."""

import json
from collections.abc import Iterator
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from typing import Any

import pytest
import yaml
from moto import mock_aws

import iotcloud
from iotcloud.devices.model import Location, Role
from iotcloud.rows import Row, bind
from iotcloud.sharing.model import DeviceUser
from iotcloud.wiring import Wiring, wiring
from tests.conftest import ENVIRONMENT
from tests.fakes.access_tokens import FakeTokens
from tests.fakes.api import call_api
from tests.fakes.devices import FakeConnections, make_device
from tests.unit.peripherals.test_registration import POT

OPENAPI = yaml.safe_load((Path(__file__).parents[2] / "api" / "openapi.yaml").read_text())
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


def rows() -> list[type[Row]]:
    for module in walk_packages(iotcloud.__path__, "iotcloud."):
        if module.name.endswith(".store"):
            import_module(module.name)
    return Row.__subclasses__()


class SilentLink:
    """A device link that notes what was sent."""

    def __init__(self) -> None:
        self.sent: list[str] = []

    def request(self, device: Any, api: str, payload: Any, timeout_seconds: float = 3.0) -> dict[str, Any]:
        """See DeviceLink."""
        self.sent.append(api)
        return {"value": {"status": 1, "version": "0.1"}}


@pytest.fixture(scope="module")
def link() -> SilentLink:
    return SilentLink()


@pytest.fixture(scope="module")
def platform(link: SilentLink) -> Iterator[Wiring]:
    """A platform with one user's device, which is shared with an operator and a viewer; no test may change it."""
    with pytest.MonkeyPatch.context() as environment, mock_aws():
        environment.delenv("AWS_ENDPOINT_URL", raising=False)
        for name, value in ENVIRONMENT.items():
            environment.setenv(name, value)
        for row in rows():
            bind(row, "test-", "eu-west-1")
            row.create_table(billing_mode="PAY_PER_REQUEST")
        wiring.cache_clear()
        wired = wiring()
        parts = {"tokens": FakeTokens(), "device_link": link, "_broker_connections": FakeConnections()}
        wired.__dict__.update(parts)
        wired.device_store.add(DEVICE)
        wired.device_store.set_location(DEVICE, Location(12.345, 12.345))
        wired.sensor_store.add(DEVICE.deviceid, replace(POT, sensorname="Secret sensor"))
        wired.group_store.add("secret-owner", "Secret group")
        for username, role in (("oz", Role.OPERATOR), ("vic", Role.VIEWER)):
            user = DeviceUser(
                DEVICE.deviceid, DEVICE.registration, f"{username}@example.com", role, DEVICE.registered_at, "x", "x"
            )
            wired.device_user_store.invite(user)
            wired.device_user_store.admit(user, username)
            wired.device_store.add_name(DEVICE, username, "Barn unit", role, user.email)
        yield wired
        wiring.cache_clear()


@pytest.fixture(autouse=True)
def _nothing_sent(link: SilentLink) -> None:
    link.sent.clear()


def kept(*tables: str) -> dict[str, list[str]]:
    """All rows that have to do with the device or its owner, by table."""
    found: dict[str, list[str]] = {}
    for row in rows():
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
    platform: Wiring, link: SilentLink, operation: str, method: str, path: str, described: Any
) -> None:
    before = kept()

    answer = call_api(method, filled(path), example_of(described), token=FakeTokens.issue("mallory"))

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


@pytest.mark.parametrize(
    ("operation", "method", "path", "described"),
    CHANGES,
    ids=[change[0] for change in CHANGES],
)
def test_a_viewer_changes_nothing(
    platform: Wiring, link: SilentLink, operation: str, method: str, path: str, described: Any
) -> None:
    before = kept()
    answer = call_api(method, filled(path), example_of(described), token=FakeTokens.issue("vic"))
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
    call_api(method, filled(path), example_of(described), token=FakeTokens.issue("oz"))
    after = kept("device_names", "device_users", "devices")
    assert [name for name in before if before[name] != after[name]] in ([], ["devices"])
    assert platform.device_store.find("secret-owner", "Barn unit").location == Location(12.345, 12.345)
    assert len(after["devices"]) == len(before["devices"])


def test_there_is_something_to_walk() -> None:
    assert len(operations()) > 60
    assert len(CHANGES) > 20

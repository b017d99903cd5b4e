"""Whatever a signed-in caller sends to any operation of the route table: the answer is one of the contract's, never a
failure of ours.

IOTCLOUD_REQUESTS sets how many requests each operation gets.
"""

import json
import os
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import boto3
import pytest
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from api.app import handler, operations
from api.operations import Authentication, Operation
from iotcloud import pages
from iotcloud.clock import utc_now
from iotcloud.devices.model import Role
from iotcloud.devices.store import DeviceNameRow, DeviceRow
from iotcloud.errors import AlreadyExists, DeviceNotRegistered, DeviceUnreachable
from iotcloud.histories.model import Lane
from iotcloud.notices.ledger import Notice, State
from iotcloud.notices.model import Channel
from iotcloud.peripherals.model import Sensor, Slot
from iotcloud.sharing.model import DeviceUser
from iotcloud.wiring import Wiring
from tests.fakes.access_tokens import FakeTokens
from tests.fakes.api import rest_api_event
from tests.fakes.attempts import FakeAttempts
from tests.fakes.devices import make_device
from tests.fakes.directory import FakeDirectory
from tests.fakes.messages import message
from tests.integration.api.test_ports_and_sensors import BLOCK, PIN, POT, THRESHOLD
from tests.integration.platform import REGION, Request, around_requests, running_platform
from tests.integration.test_isolation import OPENAPI, BoardLink, example_of

REQUESTS = int(os.environ.get("IOTCLOUD_REQUESTS", "4"))
OWNER = "ann@example.com"
DEVICE = make_device("Barn unit", deviceid="PH80XXRR03042017", owner=OWNER)
OTHER = make_device("Roof unit", deviceid="PH80XXRR0304201B", owner=OWNER, registration="roof")
SENSORS = [
    Sensor(Slot("i2c", 2, 40), "POT 1", "potentiometer", "input", DEVICE.registered_at),
    Sensor(Slot("adc", 1), "Wind 1", "anemometer", "input", DEVICE.registered_at),
    Sensor(Slot("1wire", 1), "Heat 1", "temperature", "input", DEVICE.registered_at),
    Sensor(Slot("tprobe", 1), "TH 1", "temperature", "input", DEVICE.registered_at, subclass="humidity"),
]
PLACES = {sensor.slot.peripheral: (str(sensor.slot.number), sensor.sensorname) for sensor in SENSORS}
VALUES = {
    "deviceid": DEVICE.deviceid,
    "devicename": DEVICE.devicename,
    "email": "vic@example.com",
    "filterstring": "barn",
    "groupname": "Barns",
    "id": "1029384756",
    "noticeid": "n1",
    "number": "1",
    "sensorname": "POT 1",
    "username": OWNER,
}
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
BODIES: dict[str, Any] = {
    "i2c": THRESHOLD,
    "adc": {key: value for key, value in THRESHOLD.items() if key != "range"},
    "1wire": {"mode": 2, "hardware": {"devicename": "Roof unit"}, "silence_seconds": 600},
    "tprobe": {**THRESHOLD, "subattributes": THRESHOLD},
    "uart": {"baudrate": 7, "parity": 0, "flowcontrol": 0, "stopbits": 0, "databits": 1, "notification": BLOCK},
    "gpio": {**PIN, "notification": BLOCK},
}
"""Bodies of SET PROPERTIES and of rehearsals, by the port in the path."""
SECRET = "Sample-pass-1"
PROOF = {"current_password": SECRET}
OWN_BODIES: dict[str, Any] = {
    "10A": {"devicetoken": "phone", "service": "GCM"},
    "1A": {"email": OWNER, "name": "Ann"},
    "1N": {**PROOF, "new_password": SECRET},
    "1.3": PROOF,
    "1.4": PROOF,
    "1.6": PROOF,
}
"""Bodies where the described example does not fit the account."""
OTHERWISE = {
    **dict.fromkeys(("1.1", "1.6", "1B", "1E", "2.7", "8.6"), 400),
    **dict.fromkeys(("1K", "8.7"), 401),
    **dict.fromkeys(("2.6", "2.9", "2.10", "2.18", "2.19", "2.20"), 404),
    **dict.fromkeys(("1A", "2C", "2.12", "4A", "5A", "6A", "7A"), 409),
}
"""What a good request is answered where it is not 200: nothing waits for a code, everything is there already,
or an operation before has taken it away."""
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


class Written(str):
    """A piece of JSON as it stands."""


def write(value: Any) -> str:
    """Write JSON with pieces that no serialiser would write."""
    if isinstance(value, Written):
        return str(value)
    if isinstance(value, dict):
        return "{" + ",".join(f"{json.dumps(name)}:{write(member)}" for name, member in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(write(member) for member in value) + "]"
    return json.dumps(value)


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


def good_body(operation: Operation) -> Any:
    """Return a body that the operation takes."""
    if operation.id in OWN_BODIES:
        return OWN_BODIES[operation.id]
    port = next((name for name in BODIES if f"/{name}/" in operation.path), "")
    if operation.path.endswith(("/properties", "/rehearsal")) and port:
        return BODIES[port]
    if operation.path.endswith("/sensor/{sensorname}"):
        return POT if port == "i2c" else {**POT, "address": None, "class": "temperature"}
    return example_of(OPENAPI["paths"][operation.path][operation.method.lower()])


def good_values(operation: Operation) -> dict[str, str]:
    """Return what may stand in an operation's path."""
    port = next((name for name in PLACES if f"/{name}/" in operation.path), None)
    return VALUES | ({"number": PLACES[port][0], "sensorname": PLACES[port][1]} if port else {})


@st.composite
def requests(draw: st.DrawFn, operation: Operation) -> dict[str, Any]:
    """Make a request to an operation in which something is as nobody should send it."""
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
        for name in operation.query
        if draw(st.booleans())
    }
    event["queryStringParameters"] = queries or None
    return dict(event)


class StrictLink(BoardLink):
    """A simulated board; what it does not answer, it is unreachable for."""

    def request(self, device: Any, api: str, payload: Any, timeout_seconds: float = 3.0) -> Any:
        """See DeviceLink."""
        json.dumps(payload, allow_nan=False).encode()
        try:
            return super().request(device, api, payload, timeout_seconds)
        except StopIteration:
            raise DeviceUnreachable from None


def stage(wired: Wiring) -> None:
    """Put everything in place that a call before may have changed."""
    directory: Any = wired.directory
    directory.kept.clear()
    directory.add(OWNER, SECRET, phone_number="+6565551234")
    for device in (DEVICE, OTHER):
        try:
            is_there = not wired.device_store.find(OWNER, device.devicename).is_leaving
        except DeviceNotRegistered:
            is_there = False
        if not is_there:
            for name in wired.device_store.list_names(OWNER):
                if device.deviceid == name.deviceid or device.devicename == name.devicename:
                    DeviceNameRow(OWNER, name.devicename).delete()
            DeviceRow(device.deviceid).delete()
            wired.device_store.add(device)
            boto3.client("iot", region_name=REGION).create_thing(thingName=device.deviceid)
    with suppress(AlreadyExists):
        wired.group_store.add(OWNER, "Barns")
    kept = {sensor.sensorname for sensor in wired.sensor_store.list(DEVICE.deviceid)}
    for sensor in SENSORS:
        if sensor.sensorname not in kept:
            wired.sensor_store.add(DEVICE.deviceid, replace(sensor, is_configured=True, is_enabled=True))


def as_cognito(operation: str, request: Request) -> Any:
    """Refuse a pagination token that was never given as Cognito does; moto fails."""
    try:
        return request()
    except ClientError:
        if operation != "ListUsers":
            raise
        raise ClientError({"Error": {"Code": "InvalidParameterException"}}, operation) from None


@contextmanager
def staged_platform() -> Iterator[Wiring]:
    with running_platform() as wired, around_requests(as_cognito), pytest.MonkeyPatch.context() as patch:
        # Whoever knows how cursors are made can make one for any position.
        patch.setattr(pages, "_seal", lambda scope, position: b"\0" * 9)
        wired.__dict__.update({"device_link": StrictLink(), "directory": FakeDirectory(), "attempts": FakeAttempts()})
        stage(wired)
        now = utc_now()
        readings = {
            "sensors": {"i2c2": [{"address": 40, "value": 5}], "tprobe1": [{"value": 1, "subclass": {"value": 2}}]}
        }
        wired.message_store.put_messages(
            [
                replace(
                    message(number, DEVICE.deviceid, owner=OWNER, lane=lane, payload=json.dumps(readings)),
                    registration=DEVICE.registration,
                    received_at=now - timedelta(seconds=number),
                )
                for number, lane in enumerate([Lane.FROM, Lane.TO, *[Lane.READINGS] * 5])
            ]
        )
        for number in range(3):
            wired.ledger.enter(
                Notice(
                    f"n{number}", OWNER, DEVICE.deviceid, now, Channel.STORAGE, "", "", "", 5, "UART",
                    registration=DEVICE.registration, state=State.SENT,
                )
            )  # fmt: skip
        user = DeviceUser(DEVICE.deviceid, DEVICE.registration, "vic@example.com", Role.VIEWER, now, "x", "x")
        wired.device_user_store.invite(user)
        yield wired


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


def test_good_requests_reach_each_operation() -> None:
    """One after the other on one platform, as what an operation is answered depends on those before."""
    with staged_platform() as wired:
        answered = {operation.id: make_good_request(wired, operation) for operation in operations()}

    assert {key: status for key, status in answered.items() if status != OTHERWISE.get(key, 200)} == {}


def make_good_request(wired: Wiring, operation: Operation) -> int:
    path = operation.path
    for name, value in good_values(operation).items():
        path = path.replace("{" + name + "}", quote(value))
    headers = {"Authorization": f"Bearer {FakeTokens.issue(OWNER)}" + (",admin" if "/account/users" in path else "")}
    if operation.authentication is Authentication.CREDENTIALS:
        headers["Authorization"] = f"Basic {b64encode(f'{OWNER}:{SECRET}'.encode()).decode()}"
    stage(wired)
    status: int = handler(rest_api_event(operation.method, path, write(good_body(operation) or {}), headers), None)[
        "statusCode"
    ]
    return status

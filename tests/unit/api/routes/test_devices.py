"""Group 2 over HTTP: shapes, refusals, paging."""

from datetime import UTC, datetime
from typing import Any

import pytest

from iotcloud.devices.registration import RegistrationService
from iotcloud.devices.service import DeviceService
from iotcloud.wiring import Wiring
from tests.failures import failure
from tests.fakes.access_tokens import FakeTokens
from tests.fakes.api import call_api
from tests.fakes.devices import (
    BROKER,
    EXPIRES_AT,
    FakeBrokers,
    FakeConnections,
    FakeDevices,
    FakeKeys,
    FakeOrigins,
    FakeRights,
    FakeThings,
)
from tests.fakes.peripherals import FakeSensors
from tests.parts import replace_part

ANN, BOB = FakeTokens.issue("ann"), FakeTokens.issue("bob")
BARN = "/devices/device/Barn unit"
DEVICEID = "PH80XXRR1123264F"
IDENTITY = {"deviceid": DEVICEID, "serialnumber": "00079"}
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
RECORD = {
    "devicename": "Barn unit",
    **IDENTITY,
    "timestamp": str(int(NOW.timestamp())),
    "certificate_expires_at": str(int(EXPIRES_AT.timestamp())),
    "role": "owner",
}


@pytest.fixture(autouse=True)
def devices(wired: Wiring) -> FakeDevices:
    devices = FakeDevices()
    replace_part(wired, "devices.service", DeviceService(devices, FakeSensors(), FakeRights()))
    replace_part(
        wired,
        "devices.registration",
        RegistrationService(
            devices, FakeThings(), FakeKeys(), FakeBrokers(), FakeConnections(), FakeOrigins(), (), lambda: NOW
        ),
    )
    return devices


def add(path: str = BARN, token: str = ANN, **body: Any) -> Any:
    return call_api("POST", path, {**IDENTITY, **body}, token=token)


def test_add_device_answers_with_all_that_it_needs_to_connect() -> None:
    answer = add()
    assert answer.status == 200
    assert answer.body == {
        "status": "OK",
        "message": "Done",
        "device": {
            **RECORD,
            "cert": f"certificate for request of {DEVICEID}",
            "pkey": f"key of {DEVICEID}",
            "ca": BROKER.ca_pem,
            "host": BROKER.host,
            "port": 8883,
        },
    }


def test_add_device_with_a_signing_request_answers_no_key() -> None:
    assert "pkey" not in add(csr="request of a secure element").body["device"]


def test_credentials_are_shown_once() -> None:
    add()
    assert call_api("GET", BARN, token=ANN).body["device"] == RECORD
    assert call_api("GET", "/devices", token=ANN).body["devices"] == [RECORD]


@pytest.mark.parametrize(
    ("second", "message"),
    [
        ({"deviceid": "another"}, "Device name is already taken"),
        ({"path": "/devices/device/Roof unit"}, "Device UUID is already registered"),
        ({"path": "/devices/device/Mine", "token": BOB}, "Device UUID is already registered"),
    ],
)
def test_add_device_refuses_what_is_taken(second: dict[str, Any], message: str) -> None:
    add()
    answer = add(**second)
    assert (answer.status, answer.body) == (409, failure(message))


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({}, "Parameters not included"),
        (None, "Parameters not included"),
        ({"deviceid": "a"}, "Parameters not included"),
        ({"deviceid": "", "serialnumber": "1"}, "Empty parameter found"),
        ({"deviceid": "a", "serialnumber": ""}, "Empty parameter found"),
        ({"deviceid": 5, "serialnumber": "1"}, "Invalid parameters"),
        ({"deviceid": "a", "serialnumber": 1}, "Invalid parameters"),
        ({"deviceid": None, "serialnumber": "1"}, "Invalid parameters"),
        ({"deviceid": "a/b", "serialnumber": "1"}, "Invalid parameters"),
        ({"deviceid": "server", "serialnumber": "1"}, "Invalid parameters"),
        ({"deviceid": "a", "serialnumber": "1\n"}, "Invalid parameters"),
        ({"deviceid": "a", "serialnumber": "x" * 65}, "Invalid parameters"),
        ({"deviceid": "a", "serialnumber": "1", "csr": "nonsense"}, "Invalid parameters"),
        ({"deviceid": "a", "serialnumber": "1", "csr": 7}, "Invalid parameters"),
        ([], "Invalid parameters"),
        ("text", "Invalid parameters"),
    ],
)
def test_add_device_refuses_malformed_bodies(devices: FakeDevices, body: object, message: str) -> None:
    answer = call_api("POST", BARN, body, token=ANN)
    assert (answer.status, answer.body["message"]) == (400, message)
    assert devices.rows == {}


@pytest.mark.parametrize("name", ["x" * 1000, "a%2Fb", "%0A", "%20", "a%00", "%F0%9F%92%A1" * 65])
def test_names_that_cannot_be_are_refused_and_not_found(name: str) -> None:
    assert call_api("POST", f"/devices/device/{name}", IDENTITY, token=ANN).status == 400
    assert call_api("GET", f"/devices/device/{name}", token=ANN).status in (400, 404)
    assert call_api("DELETE", f"/devices/device/{name}", token=ANN).status in (400, 404)


@pytest.mark.parametrize("name", ["Barn unit", "POT%201", "\U0001f4a1", "Çiftlik", "日本", "a%2Bb", "100%25", "x" * 64])
def test_names_that_people_give_are_taken(name: str) -> None:
    assert add(f"/devices/device/{name}").status == 200
    assert call_api("GET", f"/devices/device/{name}", token=ANN).status == 200


def test_delete_device_makes_room() -> None:
    add()
    assert call_api("DELETE", BARN, token=ANN).body == {"status": "OK", "message": "Done"}
    answer = call_api("GET", BARN, token=ANN)
    assert (answer.status, answer.body["message"]) == (404, "Device is not registered")
    assert add(token=BOB).status == 200


def test_rename_device_answers_with_it() -> None:
    add()
    answer = call_api("POST", f"{BARN}/name", {"new_devicename": "Stable unit"}, token=ANN)
    assert (answer.status, answer.body["device"]["devicename"]) == (200, "Stable unit")


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        ({}, 400, "Parameters not included"),
        ({"new_devicename": ""}, 400, "Empty parameter found"),
        ({"new_devicename": "a/b"}, 400, "Invalid parameters"),
        ({"new_devicename": 5}, 400, "Invalid parameters"),
        ({"new_devicename": "x" * 65}, 400, "Invalid parameters"),
        ({"new_devicename": "Roof unit"}, 409, "Device name is already registered"),
    ],
)
def test_rename_device_refuses(body: object, status: int, message: str) -> None:
    add()
    add("/devices/device/Roof unit", deviceid="another")
    answer = call_api("POST", f"{BARN}/name", body, token=ANN)
    assert (answer.status, answer.body["message"]) == (status, message)


def test_filter_devices_finds_by_part_of_a_name_or_id() -> None:
    add()
    assert [found["devicename"] for found in call_api("GET", "/devices/filter/BARN", token=ANN).body["devices"]] == [
        "Barn unit"
    ]
    assert call_api("GET", "/devices/filter/xxrr", token=ANN).body["devices"] != []
    assert call_api("GET", "/devices/filter/roof", token=ANN).body["devices"] == []


def test_locations_of_one_and_of_all() -> None:
    add()
    place = {"latitude": 1.3521, "longitude": -103}
    assert "locations" not in call_api("GET", "/devices/location", token=ANN).body
    assert "location" not in call_api("GET", f"{BARN}/location", token=ANN).body

    assert call_api("POST", f"{BARN}/location", place, token=ANN).status == 200
    assert call_api("GET", f"{BARN}/location", token=ANN).body["location"] == place
    assert call_api("GET", "/devices/location", token=ANN).body["locations"] == [
        {"devicename": "Barn unit", "location": place}
    ]
    assert call_api("DELETE", f"{BARN}/location", token=ANN).status == 200
    assert "location" not in call_api("GET", f"{BARN}/location", token=ANN).body

    body = {"locations": [{"devicename": "Barn unit", "location": place}]}
    assert call_api("POST", "/devices/location", body, token=ANN).status == 200
    assert call_api("GET", f"{BARN}/location", token=ANN).body["location"] == place
    assert call_api("DELETE", "/devices/location", token=ANN).body == {"status": "OK", "message": "Done"}
    assert "locations" not in call_api("GET", "/devices/location", token=ANN).body


@pytest.mark.parametrize(
    ("raw_body", "message"),
    [
        ("{}", "Parameters not included"),
        ('{"latitude": 1}', "Parameters not included"),
        ('{"latitude": "1", "longitude": 2}', "Invalid parameters"),
        ('{"latitude": 90.1, "longitude": 2}', "Invalid parameters"),
        ('{"latitude": -91, "longitude": 2}', "Invalid parameters"),
        ('{"latitude": 1, "longitude": 180.5}', "Invalid parameters"),
        ('{"latitude": NaN, "longitude": 2}', "Invalid parameters"),
        ('{"latitude": Infinity, "longitude": 2}', "Invalid parameters"),
        ('{"latitude": null, "longitude": 2}', "Invalid parameters"),
        ('{"latitude": true, "longitude": 2}', "Invalid parameters"),
        ('{"latitude": [1], "longitude": 2}', "Invalid parameters"),
    ],
)
def test_set_location_refuses_what_is_on_no_map(raw_body: str, message: str) -> None:
    add()
    answer = call_api("POST", f"{BARN}/location", raw_body=raw_body, token=ANN)
    assert (answer.status, answer.body["message"]) == (400, message)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 400),
        ({"locations": {}}, 400),
        ({"locations": [5]}, 400),
        ({"locations": [{"devicename": "Barn unit"}]}, 400),
        ({"locations": [{"devicename": "Barn unit", "location": {"latitude": 1}}]}, 400),
        ({"locations": [{"devicename": "Roof unit", "location": {"latitude": 1, "longitude": 2}}]}, 404),
        ({"locations": [{"devicename": "x", "location": {"latitude": 1, "longitude": 2}}] * 1001}, 400),
        ({"locations": []}, 200),
    ],
)
def test_set_locations_refuses(body: object, status: int) -> None:
    add()
    assert call_api("POST", "/devices/location", body, token=ANN).status == status


OF_ONE_DEVICE = [
    ("GET", BARN, None),
    ("DELETE", BARN, None),
    ("POST", f"{BARN}/name", {"new_devicename": "Mine"}),
    ("GET", f"{BARN}/location", None),
    ("POST", f"{BARN}/location", {"latitude": 1, "longitude": 2}),
    ("DELETE", f"{BARN}/location", None),
]


@pytest.mark.parametrize(("method", "path", "body"), OF_ONE_DEVICE)
def test_a_device_is_there_for_its_users_only(method: str, path: str, body: object) -> None:
    add()
    answer = call_api(method, path, body, token=BOB)
    assert (answer.status, answer.body) == (404, failure("Device is not registered"))
    assert call_api(method, path, body, token="forged").status == 401
    assert call_api(method, path, body).status == 401


@pytest.mark.parametrize("path", ["/devices", "/devices/filter/unit", "/devices/location"])
def test_lists_hold_the_callers_devices_only(path: str) -> None:
    add()
    call_api("POST", f"{BARN}/location", {"latitude": 1, "longitude": 2}, token=ANN)
    body = call_api("GET", path, token=BOB).body
    assert body.get("devices", []) == []
    assert "locations" not in body
    assert call_api("GET", path, token="forged").status == 401


def test_lists_page() -> None:
    for number in range(5):
        add(f"/devices/device/unit {number}", deviceid=f"device-{number}")
    seen: list[str] = []
    path = "/devices?limit=2"
    while True:
        body = call_api("GET", path, token=ANN).body
        seen += [device["devicename"] for device in body["devices"]]
        if "cursor" not in body:
            break
        path = f"/devices?limit=2&cursor={body['cursor']}"
    assert seen == [f"unit {number}" for number in range(5)]


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=101", "limit=-1", "limit=x", "limit=1.5", "limit=%C2%B2", "cursor=x"]
)
@pytest.mark.parametrize("path", ["/devices", "/devices/filter/unit", "/devices/location"])
def test_lists_refuse_malformed_paging(path: str, query: str) -> None:
    assert call_api("GET", f"{path}?{query}", token=ANN).status == 400

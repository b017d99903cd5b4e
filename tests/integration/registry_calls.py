"""Every operation of the registry once, in an order that restores the initial state: devices, sharing, groups, users.

Those of Ann, who has devices called `Unit 0`, `Unit 1` and so on in a group of hers; of Vic, who is invited; and of an
administrator.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import boto3

from iotcloud.devices.store import DeviceNameRow, DeviceRow
from iotcloud.groups.store import DeviceGroupRow
from iotcloud.wiring import Wiring
from tests.fakes.access_tokens import FakeTokens
from tests.fakes.api import call_api
from tests.integration.platform import REGION, Request, around_requests, make_user

PAGE = "?limit=100"
UNIT = "/devices/device/Unit 0"
GROUP = "/devices/groups/group"
USERS = "/account/users"
INVITATION = "/devices/invitations/UNIT0"
PLACE = {"latitude": 1.35, "longitude": 103.8}
INVITE = {"email": "vic@example.com", "role": "viewer"}
MAX_GROUPED = 1000


@dataclass(frozen=True)
class RegistryCall:
    """A call of an operation."""

    id: str
    method: str
    path: str
    body: object = None
    caller: tuple[str, ...] = ("ann",)


VIC, ROOT = ("vic",), ("root", "admin")
CALLS = (
    RegistryCall("2A", "GET", f"/devices{PAGE}"),
    RegistryCall("2B", "GET", f"/devices/filter/unit{PAGE}"),
    RegistryCall("2C", "POST", "/devices/device/New", {"deviceid": "NEW1", "serialnumber": "1"}),
    RegistryCall("2D", "DELETE", "/devices/device/New"),
    RegistryCall("2E", "GET", UNIT),
    RegistryCall("2F", "POST", f"{UNIT}/name", {"new_devicename": "Renamed"}),
    RegistryCall("2F", "POST", "/devices/device/Renamed/name", {"new_devicename": "Unit 0"}),
    RegistryCall("2G", "GET", f"/devices/location{PAGE}"),
    RegistryCall("2H", "POST", "/devices/location", {"locations": [{"devicename": "Unit 0", "location": PLACE}]}),
    RegistryCall("2I", "DELETE", f"/devices/location{PAGE}"),
    RegistryCall("2J", "GET", f"{UNIT}/location"),
    RegistryCall("2K", "POST", f"{UNIT}/location", PLACE),
    RegistryCall("2L", "DELETE", f"{UNIT}/location"),
    RegistryCall("2.1", "GET", f"{UNIT}/certificate"),
    RegistryCall("2.2", "POST", f"{UNIT}/certificate", {}),
    RegistryCall("2.3", "DELETE", f"{UNIT}/certificate"),
    RegistryCall("2.4", "POST", f"{UNIT}/users", INVITE),
    RegistryCall("2.5", "GET", f"{UNIT}/users"),
    RegistryCall("2.8", "GET", "/devices/invitations", caller=VIC),
    RegistryCall("2.9", "POST", INVITATION, {"devicename": "Ann's"}, VIC),
    RegistryCall("2.7", "DELETE", "/devices/device/Ann's/membership", caller=VIC),
    RegistryCall("2.4", "POST", f"{UNIT}/users", INVITE),
    RegistryCall("2.10", "DELETE", INVITATION, caller=VIC),
    RegistryCall("2.4", "POST", f"{UNIT}/users", INVITE),
    RegistryCall("2.6", "DELETE", f"{UNIT}/users/vic@example.com"),
    RegistryCall("2.11", "GET", "/devices/groups"),
    RegistryCall("2.12", "POST", f"{GROUP}/Barns"),
    RegistryCall("2.15", "POST", f"{GROUP}/Barns/device/Unit 0"),
    RegistryCall("2.16", "DELETE", f"{GROUP}/Barns/device/Unit 0"),
    RegistryCall("2.14", "DELETE", f"{GROUP}/Barns"),
    RegistryCall("2.13", "GET", f"{GROUP}/All{PAGE}"),
    RegistryCall("2.17", "GET", USERS + PAGE, caller=ROOT),
    RegistryCall("2.18", "GET", f"{USERS}/ann/devices{PAGE}", caller=ROOT),
    RegistryCall("2.19", "POST", f"{USERS}/vic/suspension", caller=ROOT),
    RegistryCall("2.20", "DELETE", f"{USERS}/vic/suspension", caller=ROOT),
)


def settle(wired: Wiring, devices: int) -> None:
    """Make the people, and give Ann so many devices, as many of them in a group as a group takes."""
    for username in ("ann", "root", "vic"):
        make_user(wired, username)
    names, rows, members = DeviceNameRow.batch_write(), DeviceRow.batch_write(), DeviceGroupRow.batch_write()
    now = datetime.now(UTC)
    boto3.client("iot", region_name=REGION).create_thing(thingName="UNIT0")
    wired.stores.groups.add("ann", "All")
    with names, rows, members:
        for number in range(devices):
            deviceid, devicename, life = f"UNIT{number}", f"Unit {number}", f"{number:016x}"
            names.save(DeviceNameRow("ann", devicename, deviceid=deviceid, registration=life, role="owner"))
            rows.save(DeviceRow(deviceid, owner="ann", registration=life, serialnumber="1", registered_at=now))
            if number < MAX_GROUPED:
                item = f"device All\n{deviceid}"
                members.save(DeviceGroupRow("ann", item, deviceid=deviceid, registration=life, devicename=devicename))


def count_requests() -> Iterator[tuple[str, Counter[str]]]:
    """Make every call, and yield its operation with the requests to AWS that it took."""
    for call in CALLS:
        counter: Counter[str] = Counter()

        def count(operation: str, request: Request, counter: Counter[str] = counter) -> Any:
            counter[operation] += 1
            return request()

        with around_requests(count):
            token = FakeTokens.issue(*call.caller)
            answer = call_api(call.method, call.path, call.body, token)
        assert answer.status == 200, (call, answer.text)
        yield call.id, counter

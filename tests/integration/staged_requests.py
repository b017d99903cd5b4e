"""A platform with one of everything, and a good request to each operation."""

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from api.operations import Operation
from iotcloud import pagination as pages
from iotcloud.billing.model import parse_packages
from iotcloud.clock import utc_now
from iotcloud.devices.model import Role
from iotcloud.devices.store import DeviceNameRow, DeviceRow
from iotcloud.errors import AlreadyExists, DeviceNotRegistered, DeviceUnreachable
from iotcloud.firmware.model import Catalogue
from iotcloud.histories.model import Lane
from iotcloud.notices.ledger import Notice, State
from iotcloud.notification_blocks.model import Channel
from iotcloud.peripherals.model import Sensor, Slot
from iotcloud.sharing.model import DeviceUser
from iotcloud.wiring import Wiring
from tests.fakes.attempts import FakeAttempts
from tests.fakes.billing import FakeProvider
from tests.fakes.devices import make_device
from tests.fakes.directory import FakeDirectory
from tests.fakes.messages import message
from tests.integration.api.test_ports_and_sensors import BLOCK, PIN, POT, THRESHOLD
from tests.integration.platform import REGION, Request, around_requests, running_platform
from tests.integration.test_isolation import OPENAPI, BoardLink, example_of
from tests.parts import replace_part
from tests.unit.firmware.releases import make_release

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
    "page": "faqs",
    "sensorname": "POT 1",
    "username": OWNER,
}

BODIES: dict[str, Any] = {
    "i2c": THRESHOLD,
    "adc": {key: value for key, value in THRESHOLD.items() if key != "range"},
    "1wire": {"mode": 2, "hardware": {"devicename": "Roof unit"}, "inactivity_seconds": 600},
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
    """Return the parameters of an operation's path."""
    port = next((name for name in PLACES if f"/{name}/" in operation.path), None)
    return VALUES | ({"number": PLACES[port][0], "sensorname": PLACES[port][1]} if port else {})


class StrictLink(BoardLink):
    """A simulated board; for commands without a reply it is unreachable."""

    def request(self, device: Any, api: str, payload: Any, timeout_seconds: float = 3.0) -> Any:
        """See DeviceLink."""
        json.dumps(payload, allow_nan=False).encode()
        try:
            return super().request(device, api, payload, timeout_seconds)
        except StopIteration:
            raise DeviceUnreachable from None


def stage(wired: Wiring) -> None:
    """Put everything in place that a call before may have changed."""
    directory: Any = wired.clients.directory
    directory.kept.clear()
    directory.add(OWNER, SECRET, phone_number="+6565551234")
    for device in (DEVICE, OTHER):
        try:
            is_there = not wired.stores.devices.find(OWNER, device.devicename).is_leaving
        except DeviceNotRegistered:
            is_there = False
        if not is_there:
            for name in wired.stores.devices.list_names(OWNER):
                if device.deviceid == name.deviceid or device.devicename == name.devicename:
                    DeviceNameRow(OWNER, name.devicename).delete()
            DeviceRow(device.deviceid).delete()
            wired.stores.devices.add(device)
            boto3.client("iot", region_name=REGION).create_thing(thingName=device.deviceid)
    with suppress(AlreadyExists):
        wired.stores.groups.add(OWNER, "Barns")
    kept = {sensor.sensorname for sensor in wired.stores.sensors.list(DEVICE.deviceid)}
    for sensor in SENSORS:
        if sensor.sensorname not in kept:
            wired.stores.sensors.add(DEVICE.deviceid, replace(sensor, is_configured=True, is_enabled=True))


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
        replace_part(wired, "commands.link", StrictLink())
        replace_part(wired, "clients.directory", FakeDirectory())
        replace_part(wired, "users.rate_limiter", FakeAttempts())
        replace_part(wired, "billing.payment_provider", FakeProvider())
        replace_part(wired, "billing.packages", parse_packages("CREDS500USD5=500:1.00"))
        stage(wired)
        wired.clients.firmware_catalogue.replace(Catalogue((make_release("0.2"),)), "")
        now = utc_now()
        readings = {
            "sensors": {"i2c2": [{"address": 40, "value": 5}], "tprobe1": [{"value": 1, "subclass": {"value": 2}}]}
        }
        wired.stores.messages.put_messages(
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
            wired.stores.ledger.enter(
                Notice(
                    f"n{number}", OWNER, DEVICE.deviceid, now, Channel.STORAGE, "", "", "", 5, "UART",
                    registration=DEVICE.registration, state=State.SENT,
                )
            )  # fmt: skip
        user = DeviceUser(DEVICE.deviceid, DEVICE.registration, "vic@example.com", Role.VIEWER, now, "x", "x")
        wired.stores.device_users.invite(user)
        yield wired

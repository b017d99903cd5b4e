"""Groups 3 to 7 from request to DynamoDB (moto), with all stores as wired; only the device is a fake."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from moto import mock_aws

from iotcloud.devices.store import DeviceNameRow, DeviceRow
from iotcloud.dynamodb import Row, bind
from iotcloud.notification_blocks.store import NotificationBlockRow
from iotcloud.peripherals.store import ConfigurationRow, SensorRow
from iotcloud.readings.state.store import DeviceStateRow
from iotcloud.wiring import Wiring
from tests.fakes.access_tokens import FakeTokens
from tests.fakes.api import ApiAnswer, call_api
from tests.fakes.device_link import FakeDeviceLink
from tests.fakes.devices import make_device
from tests.fakes.peripherals import FakeContacts
from tests.parts import replace_part

DEVICE = make_device()
ROWS: tuple[type[Row], ...] = (
    ConfigurationRow,
    DeviceNameRow,
    DeviceRow,
    NotificationBlockRow,
    DeviceStateRow,
    SensorRow,
)
ANN, BOB = FakeTokens.issue("ann"), FakeTokens.issue("bob")
BLOCK: dict[str, Any] = {
    "messages": [{"message": "Gate is open", "enable": True}, {"message": "Gate is shut", "enable": False}],
    "endpoints": {
        channel: {"recipients": "", "enable": False, "recipients_list": []}
        for channel in ("mobile", "email", "notification", "modem", "storage")
    },
}
PIN = {
    "direction": 0,
    "mode": 2,
    "alert": 1,
    "alertperiod": 10000,
    "polarity": 0,
    "width": 0,
    "mark": 0,
    "space": 0,
    "count": 0,
}
POT: dict[str, Any] = {
    "manufacturer": "Electronic Dollar Store",
    "model": "POT",
    "class": "potentiometer",
    "type": "input",
    "units": [""],
    "formats": ["int"],
    "attributes": ["Range"],
    "address": 40,
}
THRESHOLD: dict[str, Any] = {
    "mode": 1,
    "threshold": {"value": 0, "min": 10.5, "max": 30, "activate": 0},
    "alert": {"type": 0, "period": 60000},
    "hardware": {"devicename": ""},
    "range": 2,
}
SENSOR = "i2c/2/sensors/sensor/POT 1"
AT = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.fixture
def link(wired: Wiring) -> Iterator[FakeDeviceLink]:
    with mock_aws():
        for row in ROWS:
            bind(row, "test-", "eu-west-1")
            row.create_table(billing_mode="PAY_PER_REQUEST")
        link = FakeDeviceLink()
        replace_part(wired, "commands.link", link)
        replace_part(wired, "users.contacts", FakeContacts())
        wired.stores.devices.add(DEVICE)
        yield link


def ask(method: str, path: str, body: object = None, token: str = ANN) -> ApiAnswer:
    return call_api(method, f"/devices/device/Barn unit/{path}", body, token)


def test_a_pin_is_kept_and_shown_as_it_was_set(link: FakeDeviceLink, wired: Wiring) -> None:
    link.replies |= {"set_gpio_prop": {}, "get_gpio_prop": {"value": PIN}}

    assert ask("POST", "gpio/2/properties", {**PIN, "notification": BLOCK}).status == 200

    assert ask("GET", "gpio/2/properties").body["value"] == {**PIN, "notification": BLOCK}
    (kept,) = wired.stores.configurations.list(DEVICE.deviceid)
    assert (kept.slot.source, kept.attributes) == ("gpio2", PIN)
    assert ask("GET", "gpio/2/properties", token=BOB).status == 404


def test_a_sensor_lives_from_adding_to_deleting(link: FakeDeviceLink, wired: Wiring) -> None:
    link.replies |= {
        "set_i2c_dev_prop": {},
        "get_i2c_dev_prop": {"value": THRESHOLD},
        "enable_i2c_dev": {},
        "get_i2c_devs": {"value": [{"class": 3, "enabled": 1, "address": 40}]},
    }

    assert ask("POST", SENSOR, POT).status == 200
    assert ask("POST", SENSOR, POT).status == 409
    assert ask("POST", f"{SENSOR}/enable", {"enable": 1}).status == 400
    assert ask("POST", f"{SENSOR}/properties", {**THRESHOLD, "notification": BLOCK}).status == 200
    shown = {"class": "potentiometer", **THRESHOLD, "notification": BLOCK}
    assert ask("GET", f"{SENSOR}/properties").body["value"] == shown
    assert ask("POST", f"{SENSOR}/enable", {"enable": 1}).status == 200
    assert {name: ask("GET", SENSOR).body["sensor"][name] for name in POT} == POT
    assert wired.stores.configurations.list(DEVICE.deviceid)[0].is_enabled
    link.replies.clear()
    (off,) = ask("GET", "i2c/2/sensors").body["sensors"]
    assert (off["enabled"], off["configured"]) == (0, 0)
    assert ask("GET", SENSOR).body["sensor"]["configured"] == 1

    assert ask("DELETE", SENSOR).status == 200

    assert ask("GET", SENSOR).status == 404
    assert wired.stores.configurations.list(DEVICE.deviceid) == ()
    assert wired.stores.notification_blocks.find(DEVICE.deviceid, "i2c2POT 1") is None
    assert ask("POST", SENSOR, POT).status == 200


def test_a_sensor_is_missed_while_it_is_on(link: FakeDeviceLink, wired: Wiring) -> None:
    properties = {**THRESHOLD, "threshold": {**THRESHOLD["threshold"], "hysteresis": 0.5}, "inactivity_seconds": 600}
    link.replies |= {"set_i2c_dev_prop": {}, "get_i2c_dev_prop": {"value": properties}, "enable_i2c_dev": {}}
    replace_part(wired, "clock", lambda: AT)

    def due_at() -> datetime | None:
        found = wired.stores.device_states.find({DEVICE.deviceid: DEVICE.registration})
        return found[DEVICE.deviceid].state.due_at

    assert ask("POST", SENSOR, POT).status == 200
    assert ask("POST", f"{SENSOR}/properties", properties).status == 200
    assert ask("GET", f"{SENSOR}/properties").body["value"]["threshold"]["hysteresis"] == 0.5
    (kept,) = wired.stores.configurations.list(DEVICE.deviceid)
    assert kept.attributes == properties
    assert due_at() is None
    for leave in (
        lambda: ask("POST", f"{SENSOR}/enable", {"enable": 0}),
        lambda: ask("POST", f"{SENSOR}/properties", properties),
        lambda: ask("DELETE", SENSOR),
    ):
        assert ask("POST", f"{SENSOR}/enable", {"enable": 1}).status == 200
        assert due_at() == AT + timedelta(seconds=600)
        assert leave().status == 200
        assert due_at() is None


def test_what_features_keep_of_a_device_goes_with_it(link: FakeDeviceLink, wired: Wiring) -> None:
    link.replies |= {"set_i2c_dev_prop": {}, "set_uart_prop": {}}
    uart = {"baudrate": 7, "parity": 0, "flowcontrol": 0, "stopbits": 0, "databits": 1, "notification": BLOCK}
    assert ask("POST", SENSOR, POT).status == 200
    assert ask("POST", f"{SENSOR}/properties", {**THRESHOLD, "notification": BLOCK}).status == 200
    assert ask("POST", "uart/properties", uart).status == 200

    for data in (wired.stores.configurations, wired.stores.notification_blocks, wired.stores.sensors):
        assert data in wired.personal_data.of_a_device
        data.erase(DEVICE.deviceid)

    assert [row.count(DEVICE.deviceid) for row in (ConfigurationRow, NotificationBlockRow, SensorRow)] == [0, 0, 0]


def test_the_largest_block_that_is_taken_fits_into_its_item(link: FakeDeviceLink) -> None:
    link.replies |= {"set_gpio_prop": {}, "get_gpio_prop": {"value": PIN}}
    entry = {"to": "\N{CHERRY BLOSSOM}" * 40}
    full = {"recipients": "\N{CHERRY BLOSSOM}" * 1024, "enable": True, "recipients_list": [entry] * 64}
    block = {
        "messages": [{"message": "\N{CHERRY BLOSSOM}" * 1600, "enable": True}] * 2,
        "endpoints": dict.fromkeys(BLOCK["endpoints"], full)
        | {
            "email": {**full, "recipients": "a" * 240 + "@example.com"},
            "mobile": {**full, "recipients": "+6511111111"},
            "modem": {**full, "recipients": ""},
        },
    }

    assert ask("POST", "gpio/1/properties", {**PIN, "notification": block}).status == 200

    shown = ask("GET", "gpio/1/properties").body["value"]["notification"]
    assert shown["endpoints"]["storage"] == full

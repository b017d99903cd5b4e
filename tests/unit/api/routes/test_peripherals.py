"""Groups 4 to 7 over HTTP, for every bus: formats, rejections and device replies."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import pytest

from iotcloud.devices.model import Role
from iotcloud.errors import CommunicationFailed
from iotcloud.peripherals.model import ADC, BUSES, I2C, ONEWIRE, TPROBE, Bus, Configuration, Slot
from iotcloud.peripherals.references import DeviceReferences
from iotcloud.peripherals.sensor_control import SensorControl
from iotcloud.peripherals.sensor_registration import SensorRegistration
from iotcloud.readings.service import ReadingService
from iotcloud.readings.state.resets import StateResets
from iotcloud.wiring import Wiring
from tests.failures import failure
from tests.fakes.access_tokens import FakeTokens
from tests.fakes.api import ApiAnswer, call_api
from tests.fakes.device_link import FakeDeviceLink
from tests.fakes.devices import make_device
from tests.fakes.histories import FakeRegistry, InMemoryMessages
from tests.fakes.peripherals import (
    FakeBlocks,
    FakeConfigurations,
    FakeContacts,
    FakeDevices,
    FakeSensors,
    FakeSlotMemory,
)
from tests.fakes.readings import FakeMemories
from tests.parts import replace_part

DEVICE = make_device(version="0.1")
DEVICEID = DEVICE.deviceid
ANN, BOB, GUEST, MATE = (FakeTokens.issue(username) for username in ("ann", "bob", "guest", "mate"))
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
THRESHOLD: dict[str, Any] = {
    "mode": 0,
    "threshold": {"value": 30, "min": 0, "max": 100, "activate": 0},
    "alert": {"type": 0, "period": 60000},
    "hardware": {"devicename": ""},
}
BLOCK: dict[str, Any] = {
    "messages": [{"message": "Too warm", "enable": True}, {"message": "Well again", "enable": False}],
    "endpoints": {
        channel: {"recipients": "", "enable": False, "recipients_list": []}
        for channel in ("mobile", "email", "notification", "modem", "storage")
    },
}
RECORD: dict[str, Any] = {
    "manufacturer": "Electronic Dollar Store",
    "model": "TEMP",
    "class": "temperature",
    "type": "input",
    "units": ["C"],
    "formats": ["float"],
    "attributes": ["Temperature"],
}
LED: dict[str, Any] = {
    **RECORD,
    "model": "LED",
    "class": "light",
    "type": "output",
    "units": [],
    "formats": [],
    "attributes": [],
    "address": 8,
}
SONOFF: dict[str, Any] = {
    **RECORD,
    "units": ["C", "%"],
    "formats": ["float", "float"],
    "subclass": "humidity",
    "subattributes": ["Humidity"],
}


@dataclass
class Harness:
    """The dependencies of the operations."""

    devices: FakeDevices = field(
        default_factory=lambda: FakeDevices(
            {
                ("ann", "Barn unit"): DEVICE,
                ("guest", "Barn unit"): replace(DEVICE, username="guest", role=Role.VIEWER),
                ("mate", "Barn unit"): replace(DEVICE, username="mate", role=Role.OPERATOR),
            }
        )
    )
    link: FakeDeviceLink = field(default_factory=FakeDeviceLink)
    sensors: FakeSensors = field(default_factory=FakeSensors)
    configurations: FakeConfigurations = field(default_factory=FakeConfigurations)
    blocks: FakeBlocks = field(default_factory=FakeBlocks)
    memory: FakeSlotMemory = field(default_factory=FakeSlotMemory)

    def add(self, bus: Bus, name: str = "Sensor 1", number: int = 1, **changed: Any) -> None:
        assert ask("POST", sensor(bus, name, number), {**record(bus), **changed}).status == 200

    def configure(self, bus: Bus, name: str = "Sensor 1") -> None:
        self.link.replies[f"set_{bus.name}_dev_prop"] = {}
        assert ask("POST", f"{sensor(bus, name)}/properties", THRESHOLD).status == 200
        self.link.sent.clear()

    def state(self, name: str = "Sensor 1") -> tuple[bool, bool]:
        kept = self.sensors.kept[DEVICEID, name]
        return kept.is_enabled, kept.is_configured


@pytest.fixture
def harness(wired: Wiring) -> Harness:
    harness = Harness()
    stores = (harness.configurations, harness.blocks)
    replace_part(wired, "clock", lambda: NOW)
    sensors = SensorRegistration(harness.devices, harness.sensors, *stores, harness.memory, harness.link)
    replace_part(wired, "peripherals.sensors", sensors)
    forgetter = StateResets(FakeRegistry(), FakeMemories(), lambda: NOW)
    replace_part(
        wired,
        "readings.service",
        ReadingService(
            harness.devices, harness.sensors, InMemoryMessages(), FakeMemories(), forgetter, sensors, harness.link
        ),
    )
    replace_part(
        wired,
        "peripherals.sensor_control",
        SensorControl(
            harness.devices,
            harness.sensors,
            *stores,
            FakeContacts(),
            harness.memory,
            harness.link,
            DeviceReferences(harness.devices),
        ),
    )
    return harness


each_bus = pytest.mark.parametrize("bus", BUSES.values(), ids=lambda bus: bus.name)
each_failing_order = pytest.mark.parametrize(
    ("path", "body"), [("properties", THRESHOLD), ("enable", {"enable": 1})], ids=["set", "enable"]
)


def record(bus: Bus) -> dict[str, Any]:
    return {**RECORD, "address": 72} if bus.is_addressed else RECORD


def place(bus: Bus) -> dict[str, int]:
    return {"address": 72} if bus.is_addressed else {}


def slot(bus: Bus, number: int = 1) -> Slot:
    return Slot(bus.name, number, 72 if bus.is_addressed else None)


def sensor(bus: Bus, name: str = "Sensor 1", number: int = 1) -> str:
    return f"{bus.name}/{number}/sensors/sensor/{name}"


def ask(method: str, path: str, body: object = None, token: str | None = ANN) -> ApiAnswer:
    return call_api(method, f"/devices/device/Barn unit/{path}", body, token)


def everything(bus: Bus) -> list[tuple[str, str, object, Role]]:
    """Every operation of a bus, and the least role that may call it."""
    one = sensor(bus)
    return [
        ("POST", sensor(bus, "Sensor 2"), {**record(bus), "address": 73}, Role.OWNER),
        ("GET", one, None, Role.VIEWER),
        ("GET", f"{bus.name}/1/sensors", None, Role.VIEWER),
        ("GET", f"{bus.name}/sensors", None, Role.VIEWER),
        ("GET", f"{one}/properties", None, Role.VIEWER),
        ("POST", f"{one}/properties", THRESHOLD, Role.OPERATOR),
        ("POST", f"{one}/enable", {"enable": 0}, Role.OPERATOR),
        ("DELETE", one, None, Role.OWNER),
        ("DELETE", "sensors/properties", None, Role.OWNER),
    ]


@each_bus
def test_a_sensor_comes_back_as_it_was_posted(harness: Harness, bus: Bus) -> None:
    answer = ask("POST", sensor(bus, "Sensor 1"), {**record(bus), "addresses": {"default": 72, "max": 79}})

    assert (answer.status, answer.body) == (200, {"status": "OK", "message": "Done"})
    assert ask("GET", sensor(bus, "Sensor 1")).body["sensor"] == {
        **record(bus),
        "addresses": {"default": 72, "max": 79},
        "source": bus.name,
        "number": "1",
        "sensorname": "Sensor 1",
        "enabled": 0,
        "configured": 0,
        "timestamp": str(int(NOW.timestamp())),
    }
    assert harness.link.sent == []


def test_a_sensor_of_two_classes_shows_both(harness: Harness) -> None:
    ask("POST", sensor(TPROBE), SONOFF)

    shown = ask("GET", sensor(TPROBE)).body["sensor"]

    assert {name: shown[name] for name in SONOFF} == SONOFF
    assert "address" not in shown


@each_bus
def test_a_name_is_taken_once_on_a_device(harness: Harness, bus: Bus) -> None:
    harness.add(I2C)

    answer = ask("POST", sensor(bus), {**record(bus), "address": 73})

    assert (answer.status, answer.body["message"]) == (409, "Sensor name is already taken")


def test_an_address_is_taken_once_in_a_slot(harness: Harness) -> None:
    harness.add(I2C)
    answer = ask("POST", sensor(I2C, "Sensor 2"), record(I2C))

    assert (answer.status, answer.body["message"]) == (409, "Sensor address is already taken")
    harness.add(I2C, "Sensor 3", number=2)
    harness.add(I2C, "Sensor 4", address=73)


@pytest.mark.parametrize("bus", [ADC, ONEWIRE, TPROBE], ids=lambda bus: bus.name)
def test_a_slot_without_addresses_takes_one_sensor(harness: Harness, bus: Bus) -> None:
    harness.add(bus)

    answer = ask("POST", sensor(bus, "Sensor 2"), RECORD)

    assert (answer.status, "1" in answer.body["message"]) == (400, True)


@pytest.mark.parametrize(
    ("bus", "body", "message"),
    [
        *[(I2C, {name: value for name, value in LED.items() if name != left_out}, "Parameters not included")
          for left_out in LED],
        (I2C, {}, "Parameters not included"),
        (I2C, {**LED, "address": 0}, "Invalid address"),
        (I2C, {**LED, "address": 256}, "Invalid address"),
        (I2C, {**LED, "address": "8"}, "Invalid parameters"),
        (I2C, {**LED, "address": True}, "Invalid parameters"),
        (I2C, {**LED, "class": "toaster"}, "Invalid parameters"),
        (I2C, {**LED, "class": ""}, "Empty parameter found"),
        (I2C, {**LED, "class": 2}, "Invalid parameters"),
        (I2C, {**LED, "type": "input"}, "Invalid parameters"),
        (I2C, {**LED, "type": "both"}, "Invalid parameters"),
        (I2C, {**LED, "units": "C"}, "Invalid parameters"),
        (I2C, {**LED, "units": ["C"] * 9}, "Invalid parameters"),
        (I2C, {**LED, "model": "x" * 65}, "Invalid parameters"),
        (I2C, {**LED, "note": ["x" * 4000] * 2}, "Invalid parameters"),
        (ADC, LED, "Invalid parameters"),
        (TPROBE, {**SONOFF, "subclass": "toaster"}, "Invalid parameters"),
    ],
)  # fmt: skip
def test_what_cannot_be_a_sensor_is_refused(harness: Harness, bus: Bus, body: dict[str, Any], message: str) -> None:
    answer = ask("POST", sensor(bus), body)

    assert (answer.status, answer.body["message"]) == (400, message)
    assert harness.sensors.kept == {}


@each_bus
@pytest.mark.parametrize("number", ["0", "5", "x", "11"])
def test_a_slot_that_the_board_has_not_is_refused(harness: Harness, bus: Bus, number: str) -> None:
    for method, path, body, _ in everything(bus):
        if "/1/" in path:
            assert ask(method, path.replace("/1/", f"/{number}/"), body).status == 400, path


@pytest.mark.parametrize(("bus", "number"), [(ADC, 3), (ONEWIRE, 2), (TPROBE, 2)], ids=["adc", "1wire", "tprobe"])
def test_a_bus_has_its_own_number_of_slots(harness: Harness, bus: Bus, number: int) -> None:
    assert ask("POST", sensor(bus, number=number), RECORD).status == 400
    assert ask("GET", sensor(bus, number=number)).status == 400
    assert ask("GET", f"{bus.name}/{number}/sensors").status == 400


@each_bus
def test_a_sensor_that_is_not_there_is_404(harness: Harness, bus: Bus) -> None:
    harness.add(bus)
    for method, path, body, _ in everything(bus)[1:]:
        if "/sensor/" in path:
            answer = ask(method, path.replace("Sensor 1", "Sensor 9"), body)

            assert (answer.status, answer.body["message"]) == (404, "Sensor is not registered"), path
    assert harness.link.sent == []


@each_bus
def test_another_users_device_is_not_there(harness: Harness, bus: Bus) -> None:
    harness.add(bus)
    for method, path, body, _ in everything(bus):
        answer = ask(method, path, body, BOB)

        assert (answer.status, answer.body["message"]) == (404, "Device is not registered"), path
    assert harness.link.sent == []


@each_bus
def test_nothing_is_done_without_a_token(harness: Harness, bus: Bus) -> None:
    for method, path, body, _ in everything(bus):
        assert ask(method, path, body, None).status == 401, path
    assert harness.link.sent == []


@each_bus
@pytest.mark.parametrize(("token", "role"), [(GUEST, Role.VIEWER), (MATE, Role.OPERATOR)], ids=["viewer", "operator"])
def test_who_shares_a_device_may_do_what_the_role_permits(harness: Harness, bus: Bus, token: str, role: Role) -> None:
    harness.add(bus)
    harness.configure(bus)
    for method, path, body, needed in everything(bus):
        status = ask(method, path, body, token).status

        assert (status == 403) is not role.permits(needed), path
    assert len(harness.sensors.kept) == 1


@each_bus
def test_a_slot_lists_its_sensors_as_the_device_reports_them(harness: Harness, bus: Bus) -> None:
    harness.add(bus)
    harness.link.replies[f"get_{bus.name}_devs"] = {"value": [{"class": 4, "enabled": 1, **place(bus)}]}

    answer = ask("GET", f"{bus.name}/1/sensors")

    (shown,) = answer.body["sensors"]
    assert (shown["enabled"], shown["configured"]) == (1, 1)
    assert "offline" not in answer.body["message"]
    assert harness.link.sent[0].payload == {"number": 1}
    assert harness.state() == (True, True)


@each_bus
def test_a_slot_of_an_offline_device_lists_its_sensors_switched_off_and_says_so(harness: Harness, bus: Bus) -> None:
    harness.add(bus)
    harness.configure(bus)

    answer = ask("GET", f"{bus.name}/1/sensors")

    (shown,) = answer.body["sensors"]
    assert (answer.status, shown["enabled"], shown["configured"]) == (200, 0, 0)
    assert "offline" in answer.body["message"]
    assert harness.state() == (False, True)


@each_bus
@pytest.mark.parametrize(
    "value",
    [None, {}, "x", 5, [], [None], [5], [[]], [{}], [{"class": "4", "address": "72", "enabled": 1}], [{"enabled": 1}]],
)
def test_a_report_that_makes_no_sense_names_no_sensor(harness: Harness, bus: Bus, value: object) -> None:
    harness.add(bus)
    harness.link.replies[f"get_{bus.name}_devs"] = {} if value is None else {"value": value}

    answer = ask("GET", f"{bus.name}/1/sensors")

    assert (answer.status, answer.body["sensors"][0]["configured"]) == (200, 0)


@each_bus
def test_a_slot_whose_broker_fails_is_500(harness: Harness, bus: Bus) -> None:
    harness.link.replies[f"get_{bus.name}_devs"] = CommunicationFailed()

    answer = ask("GET", f"{bus.name}/1/sensors")

    assert (answer.status, answer.body["message"]) == (500, "Could not communicate with device")


def test_a_bus_lists_all_its_sensors_inputs_or_outputs(harness: Harness) -> None:
    harness.add(I2C)
    harness.add(I2C, "Lamp", number=2, **LED)
    harness.add(ADC, "Wind")

    names = {
        path: [one["sensorname"] for one in ask("GET", path).body["sensors"]]
        for path in ("i2c/sensors", "i2c/sensors/input", "i2c/sensors/output", "adc/sensors", "tprobe/sensors")
    }

    assert names == {
        "i2c/sensors": ["Sensor 1", "Lamp"],
        "i2c/sensors/input": ["Sensor 1"],
        "i2c/sensors/output": ["Lamp"],
        "adc/sensors": ["Wind"],
        "tprobe/sensors": [],
    }
    assert harness.link.sent == []


@each_bus
def test_properties_reach_the_device_and_come_back_with_the_block(harness: Harness, bus: Bus) -> None:
    harness.add(bus)
    harness.link.replies |= {f"set_{bus.name}_dev_prop": {}, f"get_{bus.name}_dev_prop": {"value": THRESHOLD}}

    answer = ask("POST", f"{sensor(bus)}/properties", {**THRESHOLD, "notification": BLOCK, "number": 3})
    value = ask("GET", f"{sensor(bus)}/properties").body["value"]

    assert (answer.status, answer.body) == (200, {"status": "OK", "message": "Done"})
    assert value == {**THRESHOLD, "notification": BLOCK, "class": "temperature"}
    assert [list(one.payload.items()) for one in harness.link.sent] == [
        [*THRESHOLD.items(), *place(bus).items(), ("class", 4), ("number", 1)],
        [*place(bus).items(), ("class", 4), ("number", 1)],
    ]
    assert harness.configurations.kept == {(DEVICEID, slot(bus)): Configuration(slot(bus), THRESHOLD, 4)}
    assert harness.state() == (False, True)


def test_properties_of_two_classes_have_a_block_each(harness: Harness) -> None:
    ask("POST", sensor(TPROBE), SONOFF)
    other = {**BLOCK, "messages": [{"message": "Too damp", "enable": True}] * 2}
    harness.link.replies["set_tprobe_dev_prop"] = {}
    harness.link.replies["get_tprobe_dev_prop"] = {"value": {**THRESHOLD, "subattributes": THRESHOLD}}

    ask(
        "POST",
        f"{sensor(TPROBE)}/properties",
        {**THRESHOLD, "notification": BLOCK, "subattributes": {**THRESHOLD, "notification": other}},
    )

    assert harness.link.sent[0].payload == {
        **THRESHOLD,
        "subattributes": THRESHOLD,
        "class": 4,
        "subclass": 5,
        "number": 1,
    }
    assert ask("GET", f"{sensor(TPROBE)}/properties").body["value"] == {
        **THRESHOLD,
        "notification": BLOCK,
        "class": "temperature",
        "subattributes": {**THRESHOLD, "notification": other, "class": "humidity"},
    }


@pytest.mark.parametrize(
    ("properties", "member"),
    [
        ({**THRESHOLD, "class": "light", "subattributes": THRESHOLD}, "class"),
        ({**THRESHOLD, "class": "no such class", "subattributes": THRESHOLD}, "class"),
        ({**THRESHOLD, "subattributes": {**THRESHOLD, "class": "temperature"}}, "subattributes.class"),
    ],
)
def test_properties_of_another_class_are_refused(harness: Harness, properties: dict[str, Any], member: str) -> None:
    ask("POST", sensor(TPROBE), SONOFF)

    answer = ask("POST", f"{sensor(TPROBE)}/properties", properties)

    assert (answer.status, answer.body["message"]) == (400, "Invalid parameters")
    assert [one["member"] for one in answer.body["detail"]] == [member]
    assert harness.link.sent == []


def test_properties_may_say_of_which_class_they_are(harness: Harness) -> None:
    ask("POST", sensor(TPROBE), SONOFF)
    harness.link.replies["set_tprobe_dev_prop"] = {}
    named = {**THRESHOLD, "class": "temperature", "subattributes": {**THRESHOLD, "class": "humidity"}}

    assert ask("POST", f"{sensor(TPROBE)}/properties", named).status == 200
    assert harness.link.sent[0].payload["class"] == 4
    assert harness.link.sent[0].payload["subattributes"] == THRESHOLD


@each_bus
@pytest.mark.parametrize("reply", [{}, {"value": {}}, {"value": None}, {"value": []}, {"value": 5}])
def test_properties_that_the_device_does_not_have_are_the_block_alone(
    harness: Harness, bus: Bus, reply: dict[str, Any]
) -> None:
    harness.add(bus)
    harness.link.replies[f"get_{bus.name}_dev_prop"] = reply

    value = ask("GET", f"{sensor(bus)}/properties").body["value"]

    assert value.keys() == {"notification", "class"}
    assert value["notification"]["endpoints"]["email"]["recipients"] == "user@example.com"


def test_properties_of_an_output_have_no_block(harness: Harness) -> None:
    harness.add(I2C, "Lamp", **LED)
    colour = {"color": {"usage": 0}, "fadeouttime": 1}
    harness.link.replies["get_i2c_dev_prop"] = {"value": colour}
    assert ask("GET", f"{sensor(I2C, 'Lamp')}/properties").body["value"] == {**colour, "class": "light"}

    harness.link.replies["get_i2c_dev_prop"] = {}
    assert "value" not in ask("GET", f"{sensor(I2C, 'Lamp')}/properties").body


@each_bus
@pytest.mark.parametrize(
    "body",
    [
        {},
        {**THRESHOLD, "mode": 3},
        {**THRESHOLD, "mode": "0"},
        {**THRESHOLD, "mode": None},
        {**THRESHOLD, "threshold": {"value": "30"}},
        {**THRESHOLD, "threshold": 30},
        {**THRESHOLD, "notification": {}},
        {**THRESHOLD, "notification": {**BLOCK, "messages": []}},
        {**THRESHOLD, "notification": {**BLOCK, "endpoints": {"email": {"recipients": ["a@example.com"]}}}},
        {
            **THRESHOLD,
            "notification": {**BLOCK, "endpoints": {"email": {"recipients_list": [{"to": "x" * 600}]}}},
        },
        {**THRESHOLD, "note": ["x" * 4000] * 5},
    ],
)
def test_properties_that_make_no_sense_are_refused_without_asking_the_device(
    harness: Harness, bus: Bus, body: dict[str, Any]
) -> None:
    harness.add(bus)

    answer = ask("POST", f"{sensor(bus)}/properties", body)

    assert (answer.status, answer.body["status"]) == (400, "NG")
    assert harness.link.sent == []
    assert harness.blocks.kept == {}


@each_bus
@pytest.mark.parametrize("is_enabled", [1, 0])
def test_a_configured_sensor_is_switched(harness: Harness, bus: Bus, is_enabled: int) -> None:
    harness.add(bus)
    harness.configure(bus)
    harness.link.replies[f"enable_{bus.name}_dev"] = {}

    answer = ask("POST", f"{sensor(bus)}/enable", {"enable": is_enabled})

    assert (answer.status, answer.body) == (200, {"status": "OK", "message": "Done"})
    assert list(harness.link.sent[0].payload.items()) == [
        ("enable", is_enabled),
        *place(bus).items(),
        ("number", 1),
    ]
    assert harness.state() == (bool(is_enabled), True)
    assert harness.configurations.kept[DEVICEID, slot(bus)].is_enabled is bool(is_enabled)


@each_bus
def test_a_sensor_that_was_never_configured_is_not_switched(harness: Harness, bus: Bus) -> None:
    harness.add(bus)

    answer = ask("POST", f"{sensor(bus)}/enable", {"enable": 1})

    assert (answer.status, answer.body["message"]) == (400, "Sensor is not yet configured")
    assert harness.link.sent == []


@pytest.mark.parametrize("body", [None, {}, {"enable": 2}, {"enable": "1"}, {"enable": None}, {"enable": [1]}])
def test_a_switch_is_0_or_1(harness: Harness, body: object) -> None:
    harness.add(I2C)
    harness.configure(I2C)

    assert ask("POST", f"{sensor(I2C)}/enable", body).status == 400
    assert harness.link.sent == []


@each_bus
@each_failing_order
def test_a_silent_device_is_503(harness: Harness, bus: Bus, path: str, body: object) -> None:
    harness.add(bus)
    harness.configure(bus)
    harness.link.replies.clear()

    answer = ask("POST", f"{sensor(bus)}/{path}", body)

    assert (answer.status, answer.body) == (503, failure("Device is unreachable"))
    assert ask("GET", f"{sensor(bus)}/properties").status == 503


@each_bus
@each_failing_order
def test_a_failing_broker_is_500_with_the_contracts_message(
    harness: Harness, bus: Bus, path: str, body: object
) -> None:
    harness.add(bus)
    harness.configure(bus)
    failed = CommunicationFailed()
    harness.link.replies |= {f"{api}_{bus.name}_dev{end}": failed for api, end in (("set", "_prop"), ("enable", ""))}

    answer = ask("POST", f"{sensor(bus)}/{path}", body)

    assert (answer.status, answer.body["message"]) == (500, "Could not communicate with device")


@each_bus
def test_a_deleted_sensor_leaves_nothing(harness: Harness, bus: Bus) -> None:
    harness.add(bus)
    harness.link.replies[f"set_{bus.name}_dev_prop"] = {}
    ask("POST", f"{sensor(bus)}/properties", {**THRESHOLD, "notification": BLOCK})

    answer = ask("DELETE", sensor(bus))

    assert (answer.status, answer.body) == (200, {"status": "OK", "message": "Done"})
    assert (harness.sensors.kept, harness.configurations.kept, harness.blocks.kept) == ({}, {}, {})
    assert harness.memory.forgotten == [(DEVICEID, slot(bus))]
    assert ask("GET", sensor(bus)).status == 404


def test_properties_of_all_ports_are_forgotten_at_once(harness: Harness) -> None:
    for bus in BUSES.values():
        harness.add(bus, f"{bus.name} sensor")
        harness.configure(bus, f"{bus.name} sensor")

    answer = ask("DELETE", "sensors/properties")

    assert (answer.status, answer.body) == (200, {"status": "OK", "message": "Done"})
    assert harness.configurations.kept == {}
    assert len(harness.sensors.kept) == len(BUSES)

"""Every operation that waits for a device, with every kind of reply: late, duplicate, another command's, invalid, or
none. The response is that of the right reply, or one of the contract's errors."""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from api.app import operations
from iotcloud.adapters.device_link import MqttDeviceLink
from iotcloud.adapters.mqtt_session import Message
from iotcloud.board.service import BoardService
from iotcloud.errors import CommunicationFailed, DeviceUnreachable
from iotcloud.peripherals.model import BUSES, Bus, Sensor, Slot
from iotcloud.peripherals.port_control import PortControl
from iotcloud.peripherals.references import DeviceReferences
from iotcloud.peripherals.sensor_control import SensorControl
from iotcloud.peripherals.sensor_registration import SensorRegistration
from iotcloud.readings.service import ReadingService
from iotcloud.readings.state.resets import StateResets
from iotcloud.wiring import Wiring
from tests.failures import failure
from tests.fakes.access_tokens import FakeTokens
from tests.fakes.api import ApiAnswer, call_api
from tests.fakes.command_leases import FakeCommandLeases
from tests.fakes.devices import make_device
from tests.fakes.histories import FakeRegistry, InMemoryMessages
from tests.fakes.messages import NOON
from tests.fakes.mqtt_session import FakeMqttSession, SentPublish
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
from tests.unit.api.routes.test_board import Versions
from tests.unit.api.routes.test_peripherals import THRESHOLD
from tests.unit.api.routes.test_ports import BLOCK, PIN, PINS, UART

pytestmark = pytest.mark.long

Json = dict[str, Any]
Replies = Callable[[SentPublish], Iterable[Message]]

ANN = FakeTokens.issue("ann")
FAILED = failure("Could not communicate with device")


@dataclass(frozen=True)
class Asked:
    """An operation, the api of its command, a right reply, and one to another caller."""

    id: str
    method: str
    path: str
    body: Json | None
    api: str
    reply: Json = field(default_factory=dict)
    others: Json = field(default_factory=lambda: {"value": {"other": 1}})
    is_list: bool = False
    """Whether it returns the last known state if the device does not reply."""


def asking(identity: str, path: str, api: str, value: object, others: object) -> Asked:
    return Asked(identity, "GET", path, None, api, {"value": value}, {"value": others})


def telling(identity: str, path: str, api: str, body: Json) -> Asked:
    return Asked(identity, "POST", path, body, api)


def listing(identity: str, path: str, api: str, value: object, others: object) -> Asked:
    return Asked(identity, "GET", path, None, api, {"value": value}, {"value": others}, is_list=True)


def of_bus(group: str, letters: str, bus: Bus) -> list[Asked]:
    """Those of the operations on a bus that reach the device: the letters of LIST, SET, GET and ENABLE."""
    slot = f"{bus.name}/1/sensors"
    sensor = f"{slot}/sensor/Sensor {bus.name}"
    entry: Json = {"class": 4, "enabled": 1} | ({"address": 72} if bus.is_addressed else {})
    list_, set_, get, enable = (group + letter for letter in letters)
    return [
        listing(list_, slot, f"get_{bus.name}_devs", [entry], []),
        telling(set_, f"{sensor}/properties", f"set_{bus.name}_dev_prop", THRESHOLD),
        asking(get, f"{sensor}/properties", f"get_{bus.name}_dev_prop", THRESHOLD, {**THRESHOLD, "mode": 2}),
        telling(enable, f"{sensor}/enable", f"enable_{bus.name}_dev", {"enable": 1}),
    ]


ASKED = [
    asking("3A", "status", "get_status", {"status": 1, "version": "0.2"}, {"status": 6, "version": "0.1"}),
    Asked("3B", "POST", "status", {"status": 4}, "set_status", {"value": {"status": 5}}, {"value": {"status": 3}}),
    asking("3C", "settings", "get_settings", {"sensorrate": 5}, {"sensorrate": 60}),
    telling("3D", "settings", "set_settings", {"sensorrate": 5}),
    asking("3E", "uarts", "get_uarts", {"uarts": [{"enabled": 1}]}, {"uarts": [{"enabled": 0}]}),
    asking("3F", "uart/properties", "get_uart_prop", UART, {**UART, "baudrate": 2}),
    telling("3G", "uart/properties", "set_uart_prop", {**UART, "notification": BLOCK}),
    telling("3H", "uart/enable", "enable_uart", {"enable": 1}),
    asking("3I", "gpios", "get_gpios", PINS, {**PINS, "voltage": 1}),
    asking("3J", "gpio/1/properties", "get_gpio_prop", PIN, {**PIN, "direction": 1}),
    telling("3K", "gpio/1/properties", "set_gpio_prop", {**PIN, "notification": BLOCK}),
    telling("3L", "gpio/1/enable", "enable_gpio", {"enable": 1}),
    asking("3M", "gpio/voltage", "get_gpio_voltage", {"voltage": 0}, {"voltage": 1}),
    telling("3N", "gpio/voltage", "set_gpio_voltage", {"voltage": 1}),
    asking("5M", "adc/voltage", "get_adc_voltage", {"voltage": 0}, {"voltage": 1}),
    telling("5N", "adc/voltage", "set_adc_voltage", {"voltage": 1}),
    listing("3O", "sensors/readings", "get_devs", {"adc1": [{"class": 4, "enabled": 1}]}, {}),
    listing("3.1", "sensors/readings/dataset", "get_devs", {"adc1": [{"class": 4, "enabled": 1}]}, {}),
    *of_bus("4", "DHIJ", BUSES["i2c"]),
    *of_bus("5", "DFGH", BUSES["adc"]),
    *of_bus("6", "DFGH", BUSES["1wire"]),
    *of_bus("7", "DFGH", BUSES["tprobe"]),
]
ELSEWHERE = {
    "1.9",  # asks AWS IoT for its endpoint, and no device
    "2M",  # needs a catalogue: tests/unit/firmware/test_service.py has its replies
}
each = pytest.mark.parametrize("asked", ASKED, ids=lambda asked: asked.id)
each_protocol = pytest.mark.parametrize("is_mqtt5", [True, False], ids=["mqtt5", "mqtt311"])

MALFORMED = (
    b"",
    b"not JSON",
    b'{"value": {"status": 1}',
    b"null",
    b"7",
    b'"text"',
    b"[1]",
    b"\xff\xfe",
    b'{"value": NaN}',
    b'{"value": -Infinity}',
    b'{"value": "\\ud800"}',
    b"[" * 100_000,
    b'{"value": ' * 100_000,
)
STRANGE: tuple[object, ...] = (
    None,
    True,
    5,
    -1,
    1e308,
    2**64,
    "text",
    "\x00",
    [],
    [None],
    [[]],
    [5, "text"],
    [{}],
    [{"class": []}],
    [{"class": 4, "enabled": "yes", "address": {}}],
    [{"class": 4, "enabled": 1, "address": 72}] * 300,
    {},
    {"status": []},
    {"status": "text", "version": {}},
    {"status": 2**70, "version": 5},
    {"sensorrate": None},
    {"uarts": 7},
    {"uarts": [None]},
    {"gpios": [{"enabled": []}], "voltage": "x"},
    {"gpios": None, "voltage": None},
    {"voltage": [1]},
    {"baudrate": {}, "parity": "x"},
    {"direction": [], "mode": None},
    {"mode": "x", "threshold": 5, "alert": [], "subattributes": 5},
    {"subattributes": {"mode": []}, "hardware": None},
    {"adc1": 5, "i2c1": {"address": 72}},
    {"adc1": [None, 5, {"class": "4"}], "unknown9": []},
    {"i2c1": [{"address": 2**70}], "": None},
)


class Line:
    """All services that send commands, on one link; `replies` creates the replies to each command."""

    def __init__(self, wired: Wiring, *, is_mqtt5: bool) -> None:
        self.session, self.leases = FakeMqttSession(), FakeCommandLeases()
        self.protocols: list[bool] = []
        device = make_device(version="0.1", is_mqtt5=is_mqtt5)
        self.deviceid = device.deviceid
        devices, sensors, configurations, blocks = (
            FakeDevices({("ann", "Barn unit"): device}),
            FakeSensors(),
            FakeConfigurations(),
            FakeBlocks(),
        )
        for bus in BUSES.values():
            slot = Slot(bus.name, 1, 72 if bus.is_addressed else None)
            sensor = Sensor(slot, f"Sensor {bus.name}", "temperature", "input", NOON, is_configured=True)
            sensors.add(device.deviceid, sensor)
        link = MqttDeviceLink(lambda _: self.session, self.leases, self, 0.0, now=lambda: NOON)  # type: ignore[arg-type, return-value]
        memory, forgetter = FakeSlotMemory(), StateResets(FakeRegistry(), FakeMemories(), lambda: NOON)
        registration = SensorRegistration(devices, sensors, configurations, blocks, memory, link)
        contacts, references = FakeContacts(), DeviceReferences(devices)
        ports = PortControl(devices, configurations, blocks, contacts, link, references)
        control = SensorControl(devices, sensors, configurations, blocks, contacts, memory, link, references)
        readings = ReadingService(devices, sensors, InMemoryMessages(), FakeMemories(), forgetter, registration, link)
        replace_part(wired, "board.service", BoardService(devices, link, Versions()))
        replace_part(wired, "peripherals.ports", ports)
        replace_part(wired, "peripherals.sensors", registration)
        replace_part(wired, "peripherals.sensor_control", control)
        replace_part(wired, "readings.service", readings)

    def record_protocol(self, deviceid: str, is_mqtt5: bool) -> None:
        self.protocols.append(is_mqtt5)

    def ask(self, asked: Asked, replies: Replies) -> ApiAnswer:
        self.session.replies = replies
        return call_api(asked.method, f"/devices/device/Barn unit/{asked.path}", asked.body, ANN)

    @property
    def apis(self) -> list[str]:
        """The api of each command that was sent."""
        return [sent.topic.rpartition("/")[2] for sent in self.session.sent]


def right(reply: Json | bytes, *, is_mqtt5: bool) -> Replies:
    """Reply as a device does that has understood, once."""
    payload = reply if isinstance(reply, bytes) else json.dumps(reply).encode()
    return lambda sent: [Message(payload, sent.correlation if is_mqtt5 else None)]


def silence(_: SentPublish) -> Iterable[Message]:
    return ()


def is_offline(asked: Asked, answer: ApiAnswer) -> bool:
    """Whether the response is the contract's for a device that does not reply."""
    if asked.is_list:
        shown = answer.body["sensors"]
        return answer.status == 200 and (shown == [] or all(sensor["enabled"] == 0 for sensor in shown))
    return (answer.status, answer.body["message"]) == (503, "Device is unreachable")


def test_every_operation_that_waits_for_a_device_is_here() -> None:
    waiting = {one.id for one in operations() if {CommunicationFailed, DeviceUnreachable} & set(one.errors)}

    assert waiting - ELSEWHERE == {asked.id for asked in ASKED}
    assert waiting >= ELSEWHERE


@each
@each_protocol
def test_the_right_reply_is_answered_after_one_command(wired: Wiring, asked: Asked, is_mqtt5: bool) -> None:
    line = Line(wired, is_mqtt5=is_mqtt5)

    answer = line.ask(asked, right(asked.reply, is_mqtt5=is_mqtt5))

    assert (answer.status, answer.body["status"]) == (200, "OK")
    assert line.apis == [asked.api]
    if asked.reply != {}:
        shown = Line(wired, is_mqtt5=is_mqtt5).ask(asked, right(asked.others, is_mqtt5=is_mqtt5))
        assert shown.text != answer.text, "a reply that cannot be told from another's tests nothing"


@each
@each_protocol
def test_a_device_that_does_not_reply_is_unreachable(wired: Wiring, asked: Asked, is_mqtt5: bool) -> None:
    line = Line(wired, is_mqtt5=is_mqtt5)

    assert is_offline(asked, line.ask(asked, silence))
    assert line.apis == [asked.api]


@each
@each_protocol
def test_a_reply_that_comes_twice_is_answered_once_and_not_to_the_next(
    wired: Wiring, asked: Asked, is_mqtt5: bool
) -> None:
    line = Line(wired, is_mqtt5=is_mqtt5)
    mine = right(asked.reply, is_mqtt5=is_mqtt5)
    expected = Line(wired, is_mqtt5=is_mqtt5).ask(asked, mine)
    next_expected = Line(wired, is_mqtt5=is_mqtt5).ask(asked, right(asked.others, is_mqtt5=is_mqtt5))

    line = Line(wired, is_mqtt5=is_mqtt5)
    assert line.ask(asked, lambda sent: [*mine(sent), *mine(sent)]).text == expected.text
    assert line.ask(asked, right(asked.others, is_mqtt5=is_mqtt5)).text == next_expected.text


@each
@each_protocol
def test_a_late_reply_to_another_command_is_not_answered(wired: Wiring, asked: Asked, is_mqtt5: bool) -> None:
    """Replies come in the order of commands; a query may be repeated, a setting may not."""
    mine = right(asked.reply, is_mqtt5=is_mqtt5)
    expected = Line(wired, is_mqtt5=is_mqtt5).ask(asked, mine)
    line = Line(wired, is_mqtt5=is_mqtt5)
    late = Message(json.dumps(asked.others).encode(), b"another's" if is_mqtt5 else None)
    line.leases.owed[line.deviceid, asked.api] = () if is_mqtt5 else (NOON + timedelta(seconds=20),)
    waiting = [late]

    def replies(sent: SentPublish) -> Iterable[Message]:
        before, waiting[:] = list(waiting), []
        return [*before, *mine(sent)]

    answer = line.ask(asked, replies)

    assert (answer.status, answer.text) == (expected.status, expected.text)
    assert line.apis == [asked.api] * (1 if is_mqtt5 or not asked.api.startswith("get_") else 2)


@each
def test_a_reply_to_another_command_alone_is_no_reply(wired: Wiring, asked: Asked) -> None:
    line = Line(wired, is_mqtt5=True)

    answer = line.ask(asked, lambda _: [Message(json.dumps(asked.others).encode(), b"another's")])

    assert is_offline(asked, answer)


@each
@each_protocol
def test_a_malformed_reply_is_a_failed_communication(wired: Wiring, asked: Asked, is_mqtt5: bool) -> None:
    for payload in MALFORMED:
        answer = Line(wired, is_mqtt5=is_mqtt5).ask(asked, right(payload, is_mqtt5=is_mqtt5))
        assert (answer.status, answer.body) == (500, FAILED), payload[:40]


@each
def test_a_strange_reply_is_answered_or_a_failed_communication(wired: Wiring, asked: Asked) -> None:
    replies: list[Json] = [{"value": value} for value in STRANGE]
    for reply in [{}, {"unknown": 1}, {"value": {}, "status": "NG"}, *replies]:
        answer = Line(wired, is_mqtt5=True).ask(asked, right(reply, is_mqtt5=True))
        assert (answer.status, answer.body["status"]) == (200, "OK") or (answer.status, answer.body) == (500, FAILED), (
            reply,
            answer.text,
        )
        if asked.method == "POST" and asked.id != "3B":
            assert answer.status == 200, "whatever a device answers to an order is its consent"

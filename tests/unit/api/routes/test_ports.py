"""UART, GPIO and voltages over HTTP: formats, rejections and device replies."""

import json
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from iotcloud.board.service import BoardService
from iotcloud.devices.model import Role
from iotcloud.errors import CommunicationFailed
from iotcloud.peripherals.model import Configuration, Slot
from iotcloud.peripherals.port_control import PortControl
from iotcloud.peripherals.references import DeviceReferences
from iotcloud.wiring import Wiring
from tests.fakes.access_tokens import FakeTokens
from tests.fakes.api import ApiAnswer, call_api
from tests.fakes.device_link import FakeDeviceLink
from tests.fakes.devices import make_device
from tests.fakes.peripherals import FakeBlocks, FakeConfigurations, FakeContacts, FakeDevices
from tests.parts import replace_part
from tests.unit.api.routes.test_board import Versions

DEVICE = make_device(version="0.1")
ANN, BOB, GUEST, MATE = (FakeTokens.issue(username) for username in ("ann", "bob", "guest", "mate"))
BLOCK: dict[str, Any] = {
    "messages": [{"message": "Gate is open", "enable": True}],
    "endpoints": {
        channel: {"recipients": "", "enable": False, "recipients_list": []}
        for channel in ("mobile", "email", "notification", "modem", "storage")
    },
}
UART = {"baudrate": 11, "parity": 0, "flowcontrol": 0, "stopbits": 0, "databits": 1}
PIN = {
    "direction": 0,
    "mode": 2,
    "alert": 1,
    "alertperiod": 10000,
    "polarity": 0,
    "width": 1,
    "mark": 1,
    "space": 1,
    "count": 1,
}
PINS = {"voltage": 0, "gpios": [{"direction": 0, "status": 0, "enabled": 1}] * 4}


@dataclass(frozen=True)
class Asked:
    """One operation: the request, the command, the reply, and the response."""

    id: str
    method: str
    path: str
    body: dict[str, Any] | None
    api: str
    told: dict[str, Any]
    reply: dict[str, Any]
    value: dict[str, Any] | None = None

    @property
    def is_reading(self) -> bool:
        return self.method == "GET"


def asking(identity: str, path: str, api: str, value: dict[str, Any], told: dict[str, Any] | None = None) -> Asked:
    return Asked(identity, "GET", path, None, api, told or {}, {"value": value}, value)


def telling(identity: str, path: str, api: str, body: dict[str, Any], told: dict[str, Any] | None = None) -> Asked:
    return Asked(identity, "POST", path, body, api, told or body, {})


ASKED = [
    asking("3E", "uarts", "get_uarts", {"uarts": [{"enabled": 1}]}),
    asking("3F", "uart/properties", "get_uart_prop", UART),
    telling("3G", "uart/properties", "set_uart_prop", {**UART, "notification": BLOCK}, UART),
    telling("3H", "uart/enable", "enable_uart", {"enable": 0}),
    asking("3I", "gpios", "get_gpios", PINS),
    asking("3J", "gpio/3/properties", "get_gpio_prop", PIN, {"number": 3}),
    telling("3K", "gpio/4/properties", "set_gpio_prop", {**PIN, "notification": BLOCK}, {**PIN, "number": 4}),
    telling("3L", "gpio/1/enable", "enable_gpio", {"enable": 1}, {"enable": 1, "number": 1}),
    asking("3M", "gpio/voltage", "get_gpio_voltage", {"voltage": 1}),
    telling("3N", "gpio/voltage", "set_gpio_voltage", {"voltage": 1}),
    asking("5M", "adc/voltage", "get_adc_voltage", {"voltage": 2}),
    telling("5N", "adc/voltage", "set_adc_voltage", {"voltage": 2}),
]
each = pytest.mark.parametrize("asked", ASKED, ids=lambda asked: asked.id)
each_reading = pytest.mark.parametrize(
    "asked", [asked for asked in ASKED if asked.is_reading], ids=lambda asked: asked.id
)


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
    configurations: FakeConfigurations = field(default_factory=FakeConfigurations)
    blocks: FakeBlocks = field(default_factory=FakeBlocks)


@pytest.fixture
def harness(wired: Wiring) -> Harness:
    harness = Harness()
    replace_part(wired, "board.service", BoardService(harness.devices, harness.link, Versions()))
    replace_part(
        wired,
        "peripherals.ports",
        PortControl(
            harness.devices,
            harness.configurations,
            harness.blocks,
            FakeContacts(),
            harness.link,
            DeviceReferences(harness.devices),
        ),
    )
    return harness


def ask(asked: Asked, token: str | None = ANN, **changed: Any) -> ApiAnswer:
    one = replace(asked, **changed)
    return call_api(one.method, f"/devices/device/Barn unit/{one.path}", one.body, token)


def find(identity: str) -> Asked:
    return next(asked for asked in ASKED if asked.id == identity)


@each
def test_the_device_is_told_and_its_value_answered(harness: Harness, asked: Asked) -> None:
    harness.link.replies[asked.api] = asked.reply

    answer = ask(asked)

    assert (answer.status, answer.body["status"]) == (200, "OK")
    shown = {name: value for name, value in answer.body.get("value", {}).items() if name != "notification"}
    assert shown == (asked.value or {})
    assert ("value" in answer.body) == asked.is_reading
    (sent,) = harness.link.sent
    assert (sent.api, list(sent.payload.items())) == (asked.api, list(asked.told.items()))


@each
def test_a_silent_device_is_503(harness: Harness, asked: Asked) -> None:
    answer = ask(asked)

    assert (answer.status, answer.body["status"], answer.body["message"]) == (503, "NG", "Device is unreachable")
    assert harness.configurations.kept == {}
    assert harness.blocks.kept == {}


@each
def test_a_failing_broker_is_500_with_the_contracts_message(harness: Harness, asked: Asked) -> None:
    harness.link.replies[asked.api] = CommunicationFailed()

    answer = ask(asked)

    assert (answer.status, answer.body["message"]) == (500, "Could not communicate with device")


@each
def test_another_users_device_is_not_there(harness: Harness, asked: Asked) -> None:
    answer = ask(asked, BOB)

    assert (answer.status, answer.body["message"]) == (404, "Device is not registered")
    assert harness.link.sent == []


@each
def test_nothing_is_asked_without_a_token(harness: Harness, asked: Asked) -> None:
    assert ask(asked, None).status == 401
    assert harness.link.sent == []


@each
def test_who_shares_a_device_may_look_and_only_operators_may_set(harness: Harness, asked: Asked) -> None:
    harness.link.replies[asked.api] = asked.reply

    assert ask(asked, ANN).status == 200
    assert ask(asked, GUEST).status == (200 if asked.is_reading else 403)
    assert ask(asked, MATE).status == 200


@pytest.mark.parametrize("identity", ["3G", "3K"])
def test_an_operator_who_changes_the_recipients_is_refused(harness: Harness, identity: str) -> None:
    asked = find(identity)
    harness.link.replies[asked.api] = asked.reply
    abroad = {**BLOCK["endpoints"], "mobile": {"recipients": "+6511111111", "enable": True, "recipients_list": []}}

    answer = ask(replace(asked, body={**(asked.body or {}), "notification": {**BLOCK, "endpoints": abroad}}), MATE)

    assert (answer.status, answer.body["message"]) == (403, "Not permitted")
    assert harness.link.sent == []


@each_reading
@pytest.mark.parametrize(
    "reply",
    [{}, {"value": None}, {"value": []}, {"value": "1"}, {"value": {"voltage": "1", "uarts": {}, "gpios": [1]}}],
)
def test_a_device_that_answers_something_else_is_a_failed_communication(
    harness: Harness, asked: Asked, reply: dict[str, Any]
) -> None:
    harness.link.replies[asked.api] = reply

    answer = ask(asked)

    assert (answer.status, answer.body["message"]) == (500, "Could not communicate with device")


@pytest.mark.parametrize("identity", ["3G", "3H", "3K", "3L", "3N", "5N"])
@pytest.mark.parametrize("reply", [{"value": None}, {"value": [1]}, {"unknown": 1}])
def test_whatever_a_device_answers_to_an_order_is_its_consent(
    harness: Harness, identity: str, reply: dict[str, Any]
) -> None:
    harness.link.replies[find(identity).api] = reply

    answer = ask(find(identity))

    assert (answer.status, answer.body) == (200, {"status": "OK", "message": "Done"})


@pytest.mark.parametrize("identity", ["3J", "3K", "3L"])
@pytest.mark.parametrize("number", ["0", "5", "10", "-1", "x", "1.0"])
def test_there_are_four_pins(harness: Harness, identity: str, number: str) -> None:
    asked = find(identity)

    assert ask(asked, path=f"gpio/{number}/{asked.path.rpartition('/')[2]}").status == 400
    assert harness.link.sent == []


@pytest.mark.parametrize(
    ("identity", "body"),
    [
        *[(identity, {"enable": value}) for identity in ("3H", "3L") for value in (2, -1, "1", None, 0.5, [])],
        *[("3N", {"voltage": value}) for value in (2, -1, "0", None, True, 0.5)],
        *[("5N", {"voltage": value}) for value in (3, -1, "0", None, True, 0.5)],
        *[(identity, {}) for identity in ("3G", "3H", "3K", "3L", "3N", "5N")],
        *[("3G", {**UART, "notification": BLOCK, name: 99}) for name in UART],
        *[("3G", {**UART, "notification": {**BLOCK, "messages": messages}}) for messages in ([], [{}], None, "x")],
        ("3K", {**PIN, "alertperiod": 4999}),
        ("3K", {**PIN, "direction": 1, "mode": 1, "width": 0}),
        ("3K", {**PIN, "direction": 1, "mode": 2, "count": 0}),
        ("3K", {**PIN, "direction": 1, "mode": 3}),
        ("3K", {**PIN, "extra": ["x" * 4000] * 5}),
    ],
)
def test_other_bodies_are_refused_without_asking_the_device(
    harness: Harness, identity: str, body: dict[str, Any]
) -> None:
    answer = ask(find(identity), body=body)

    assert (answer.status, answer.body["status"]) == (400, "NG")
    assert harness.link.sent == []


def test_what_a_port_is_set_to_is_kept_for_its_next_start(harness: Harness) -> None:
    harness.link.replies |= {"set_uart_prop": {}, "set_gpio_prop": {}}

    ask(find("3G"))
    ask(find("3K"), body={**PIN, "number": 1, "notification": BLOCK})

    uart, pin = Slot("uart", 1), Slot("gpio", 4)
    assert harness.configurations.kept == {
        (DEVICE.deviceid, uart): Configuration(uart, UART),
        (DEVICE.deviceid, pin): Configuration(pin, PIN),
    }
    assert list(harness.link.sent[1].payload)[-1] == "number"
    assert harness.link.sent[1].payload["number"] == 4


def test_the_block_that_was_set_is_shown_again(harness: Harness) -> None:
    harness.link.replies |= {"set_gpio_prop": {}, "get_gpio_prop": {"value": PIN}}

    ask(find("3K"))

    assert ask(find("3J"), path="gpio/4/properties").body["value"] == {**PIN, "notification": BLOCK}


@pytest.mark.parametrize(
    ("channel", "recipients", "detail"),
    [
        ("email", ",".join(f"a{n}@example.com" for n in range(21)), "email.recipients: at most 20, not 21"),
        ("mobile", ",".join(f"+65111111{n:02}" for n in range(40)), "mobile.recipients: at most 20, not 40"),
        ("modem", ",".join(f"Unit {n}" for n in range(21)), "modem.recipients: at most 20, not 21"),
        ("email", "x <a@b.c>", "email.recipients: e-mail addresses alone, as user@example.com"),
        ("email", "a@b.c, nobody", "email.recipients: e-mail addresses alone, as user@example.com"),
    ],
)
@pytest.mark.parametrize("identity", ["3G", "3K"])
def test_recipients_that_cannot_be_are_refused_and_the_device_is_not_told(
    harness: Harness, identity: str, channel: str, recipients: str, detail: str
) -> None:
    endpoint = {"recipients": recipients, "enable": True, "recipients_list": []}
    block = {**BLOCK, "endpoints": {**BLOCK["endpoints"], channel: endpoint}}
    asked = find(identity)

    answer = ask(asked, body={**(asked.body or {}), "notification": block})

    member, reason = detail.split(": ", 1)
    assert (answer.status, answer.body["detail"]) == (400, [{"member": member, "reason": reason}])
    assert harness.link.sent == []


def test_twenty_recipients_and_their_other_spellings_are_taken(harness: Harness) -> None:
    harness.link.replies["set_uart_prop"] = {}
    names = [f"a{n}@example.com" for n in range(20)]
    endpoint = {"recipients": ",".join([*names, *map(str.upper, names)]), "enable": True, "recipients_list": []}
    block = {**BLOCK, "endpoints": {**BLOCK["endpoints"], "email": endpoint}}

    assert ask(find("3G"), body={**UART, "notification": block}).status == 200


def test_a_port_that_was_never_set_shows_the_owners_addresses(harness: Harness) -> None:
    harness.link.replies |= {"get_uart_prop": {"value": UART}, "get_gpio_prop": {"value": PIN}}

    uart = ask(find("3F")).body["value"]["notification"]
    pin = ask(find("3J")).body["value"]["notification"]

    assert uart["endpoints"].keys() == BLOCK["endpoints"].keys()
    assert uart["endpoints"]["email"] == {"recipients": "user@example.com", "enable": True, "recipients_list": []}
    assert (len(uart["messages"]), len(pin["messages"])) == (1, 2)
    assert pin["endpoints"]["mobile"]["enable"] is False


def test_a_pin_that_newer_firmware_tells_more_of_shows_it(harness: Harness) -> None:
    harness.link.replies["get_gpio_prop"] = {"value": {"direction": 0, "mode": 1, "pullup": 1, "notification": 5}}

    value = ask(find("3J")).body["value"]

    assert value["pullup"] == 1
    assert value["alertperiod"] == 0
    assert json.dumps(value["notification"]) != "5"


@pytest.mark.parametrize(
    ("recipients", "kept"),
    [
        ("+49 (0)170 1234567", "+491701234567"),
        ("+49 (0)170 1234567, +491701234567 ,+6500000000", "+491701234567, +6500000000"),
        ("14155552671", "+14155552671"),
        ("", ""),
    ],
)
def test_numbers_of_a_block_are_kept_in_one_form(harness: Harness, recipients: str, kept: str) -> None:
    harness.link.replies |= {"set_uart_prop": {}, "get_uart_prop": {"value": UART}}
    mobile = {"recipients": recipients, "enable": True, "recipients_list": []}
    block = {**BLOCK, "endpoints": {**BLOCK["endpoints"], "mobile": mobile}}

    assert ask(find("3G"), body={**UART, "notification": block}).status == 200

    shown = ask(find("3F")).body["value"]["notification"]
    assert shown["endpoints"]["mobile"]["recipients"] == kept


@pytest.mark.parametrize(
    "recipients", ["(415) 555-2671", "victim", "+19005550100", "+882165550100", "+911", "+112", "+6500000000, 5"]
)
def test_a_block_is_refused_with_what_is_no_number_or_costs_more(harness: Harness, recipients: str) -> None:
    harness.link.replies["set_uart_prop"] = {}
    mobile = {"recipients": recipients, "enable": False, "recipients_list": []}
    block = {**BLOCK, "endpoints": {**BLOCK["endpoints"], "mobile": mobile}}

    answer = ask(find("3G"), body={**UART, "notification": block})

    assert answer.status == 400
    assert answer.body["detail"][0]["member"] == "mobile.recipients"
    assert harness.link.sent == []

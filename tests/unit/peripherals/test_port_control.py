"""Setting and reading UART and GPIO: the device comes first, and only accepted settings are stored."""

from dataclasses import dataclass, field, replace

import pytest

from iotcloud.devices.model import Role
from iotcloud.errors import (
    CommunicationFailed,
    DeviceNotRegistered,
    DeviceUnreachable,
    InvalidInput,
    IotCloudError,
    NotPermitted,
)
from iotcloud.notification_blocks.model import Channel, Endpoint, NotificationBlock, Text
from iotcloud.peripherals.model import Configuration, Slot
from iotcloud.peripherals.port_control import PortControl, PortProperties
from iotcloud.peripherals.references import DeviceReferences
from tests.fakes.device_link import FakeDeviceLink
from tests.fakes.peripherals import FakeBlocks, FakeConfigurations, FakeContacts, FakeDevices
from tests.unit.peripherals.test_sensor_registration import DEVICE, DEVICEID, NAME, OWNER

UART, PIN = Slot("uart", 1), Slot("gpio", 2)
BLOCK = NotificationBlock((Text("Hello"),))
ATTRIBUTES = {"direction": 0, "mode": 2}


@dataclass
class Harness:
    """The service and its dependencies."""

    devices: FakeDevices = field(default_factory=lambda: FakeDevices({(OWNER, NAME): DEVICE}))
    configurations: FakeConfigurations = field(default_factory=FakeConfigurations)
    blocks: FakeBlocks = field(default_factory=FakeBlocks)
    contacts: FakeContacts = field(default_factory=FakeContacts)
    link: FakeDeviceLink = field(default_factory=FakeDeviceLink)

    @property
    def service(self) -> PortControl:
        return PortControl(
            self.devices, self.configurations, self.blocks, self.contacts, self.link, DeviceReferences(self.devices)
        )

    def share(self, username: str, role: Role) -> None:
        self.devices.known[username, NAME] = replace(DEVICE, role=role)


@pytest.fixture
def harness() -> Harness:
    return Harness()


@pytest.mark.parametrize(
    ("slot", "api", "payload", "source"),
    [
        (UART, "set_uart_prop", list(ATTRIBUTES.items()), "uart"),
        (PIN, "set_gpio_prop", [*ATTRIBUTES.items(), ("number", 2)], "gpio2"),
    ],
)
def test_set_properties_tells_the_device_and_keeps_what_it_took(
    harness: Harness, slot: Slot, api: str, payload: list[tuple[str, int]], source: str
) -> None:
    harness.link.replies[api] = {}

    harness.service.set_properties(OWNER, NAME, slot, PortProperties(ATTRIBUTES, BLOCK))

    assert list(harness.link.sent[0].payload.items()) == payload
    assert harness.configurations.kept == {(DEVICEID, slot): Configuration(slot, ATTRIBUTES)}
    assert harness.blocks.kept == {(DEVICEID, source): BLOCK}


def test_set_properties_without_a_block_leaves_the_stored_one(harness: Harness) -> None:
    harness.link.replies["set_gpio_prop"] = {}
    harness.blocks.save(DEVICEID, "gpio2", BLOCK)

    harness.service.set_properties(OWNER, NAME, PIN, PortProperties(ATTRIBUTES))

    assert harness.blocks.kept == {(DEVICEID, "gpio2"): BLOCK}


@pytest.mark.parametrize("failure", [DeviceUnreachable(), CommunicationFailed()])
def test_set_properties_that_the_device_did_not_take_keeps_nothing(harness: Harness, failure: IotCloudError) -> None:
    harness.link.replies["set_uart_prop"] = failure

    with pytest.raises(type(failure)):
        harness.service.set_properties(OWNER, NAME, UART, PortProperties(ATTRIBUTES, BLOCK))

    assert harness.configurations.kept == {}
    assert harness.blocks.kept == {}


def test_get_properties_shows_the_stored_block(harness: Harness) -> None:
    harness.link.replies["get_gpio_prop"] = {"value": ATTRIBUTES}
    harness.blocks.save(DEVICEID, "gpio2", BLOCK)

    assert harness.service.get_properties(OWNER, NAME, PIN) == PortProperties(ATTRIBUTES, BLOCK)
    assert harness.link.sent[0].payload == {"number": 2}


def test_get_properties_shows_the_default_block_of_the_owner(harness: Harness) -> None:
    harness.link.replies["get_uart_prop"] = {"value": {"baudrate": 7}}
    harness.share("guest@example.com", Role.VIEWER)

    block = harness.service.get_properties(OWNER, NAME, UART).block
    shared = harness.service.get_properties("guest@example.com", NAME, UART).block

    assert block is not None
    assert block.texts == (Text("Hello World"),)
    assert block.endpoint(Channel.EMAIL).recipients == "user@example.com"
    assert shared == block.without_recipients()


@pytest.mark.parametrize("reply", [{}, {"value": None}, {"value": []}, {"value": "7"}])
def test_get_properties_of_a_device_that_says_none_has_none(harness: Harness, reply: dict[str, object]) -> None:
    harness.link.replies["get_uart_prop"] = reply

    assert harness.service.get_properties(OWNER, NAME, UART).attributes == {}


def test_viewers_may_look_and_operators_may_set(harness: Harness) -> None:
    harness.link.replies |= {"get_uart_prop": {"value": {}}, "set_uart_prop": {}}
    harness.share("viewer", Role.VIEWER)
    harness.share("operator", Role.OPERATOR)

    harness.service.get_properties("viewer", NAME, UART)
    harness.service.set_properties("operator", NAME, UART, PortProperties(ATTRIBUTES))
    with pytest.raises(NotPermitted):
        harness.service.set_properties("viewer", NAME, UART, PortProperties({}))
    with pytest.raises(DeviceNotRegistered):
        harness.service.get_properties("stranger", NAME, UART)

    assert harness.configurations.kept[DEVICEID, UART].attributes == ATTRIBUTES
    assert [one.api for one in harness.link.sent] == ["get_uart_prop", "set_uart_prop"]


def test_set_properties_keeps_the_ids_of_the_devices_that_are_written_to(harness: Harness) -> None:
    roof = replace(DEVICE, deviceid="PH81", devicename="Roof unit")
    harness.devices.register(roof)
    harness.link.replies = {"set_uart_prop": {}, "get_uart_prop": {"value": {}}}
    block = NotificationBlock((Text("on"),), {Channel.MODEM: Endpoint("Roof unit", is_enabled=True)})

    harness.service.set_properties(OWNER, NAME, Slot("uart", 1), PortProperties({"baudrate": 7}, block))
    harness.devices.rename(roof, "Tower unit")

    shown = harness.service.get_properties(OWNER, NAME, Slot("uart", 1)).block
    assert shown is not None
    assert shown.endpoint(Channel.MODEM) == Endpoint("Tower unit", is_enabled=True, targets=("PH81",))
    with pytest.raises(InvalidInput):
        harness.service.set_properties(OWNER, NAME, Slot("uart", 1), PortProperties({"baudrate": 9}, block))
    assert harness.configurations.list(DEVICEID)[0].attributes == {"baudrate": 7}


def test_an_operator_gives_the_block_back_and_leaves_it_as_it_is(harness: Harness) -> None:
    harness.link.replies |= {"get_gpio_prop": {"value": ATTRIBUTES}, "set_gpio_prop": {}}
    stored = replace(BLOCK, endpoints={Channel.EMAIL: Endpoint("anna@example.com", True)})
    harness.blocks.save(DEVICEID, "gpio2", stored)
    harness.share("operator", Role.OPERATOR)

    shown = harness.service.get_properties("operator", NAME, PIN)
    harness.service.set_properties("operator", NAME, PIN, shown)

    assert shown.block == stored.without_recipients()
    assert harness.blocks.kept == {(DEVICEID, "gpio2"): stored}


def test_an_operator_can_send_nothing_to_others_in_the_owners_name(harness: Harness) -> None:
    harness.link.replies["set_uart_prop"] = {}
    harness.share("operator", Role.OPERATOR)
    abroad = replace(BLOCK, endpoints={Channel.MOBILE: Endpoint("+19005550100", True)})

    with pytest.raises(NotPermitted):
        harness.service.set_properties("operator", NAME, UART, PortProperties(ATTRIBUTES, abroad))

    assert (harness.link.sent, harness.blocks.kept, harness.configurations.kept) == ([], {}, {})

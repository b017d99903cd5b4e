"""Setting, reading and enabling sensors: the device comes first, and only accepted settings are stored."""

from dataclasses import dataclass, field, replace

import pytest

from iotcloud.devices.model import Role
from iotcloud.errors import (
    CommunicationFailed,
    DeviceUnreachable,
    InvalidInput,
    NotPermitted,
    Problem,
    SensorNotRegistered,
)
from iotcloud.notification_blocks.model import Channel, Endpoint, NotificationBlock, Text
from iotcloud.peripherals.model import I2C, TPROBE, Configuration, Sensor, SensorNotConfigured, Slot
from iotcloud.peripherals.references import DeviceReferences
from iotcloud.peripherals.sensor_control import SensorControl, SensorProperties
from tests.fakes.device_link import FakeDeviceLink
from tests.fakes.peripherals import (
    FakeBlocks,
    FakeConfigurations,
    FakeContacts,
    FakeDevices,
    FakeSensors,
    FakeSlotMemory,
)
from tests.unit.peripherals.test_sensor_registration import AT, DEVICE, DEVICEID, LED, NAME, OWNER, POT

BLOCK = NotificationBlock((Text("Tank is full"), Text("Tank is normal", False)))
ATTRIBUTES = {"mode": 0, "threshold": {"value": 30}}
SONOFF = Sensor(Slot("tprobe", 1), "SONOFF 1", "temperature", "input", AT, subclass="humidity")


@dataclass
class Harness:
    """The service and its dependencies."""

    devices: FakeDevices = field(default_factory=lambda: FakeDevices({(OWNER, NAME): DEVICE}))
    sensors: FakeSensors = field(default_factory=FakeSensors)
    configurations: FakeConfigurations = field(default_factory=FakeConfigurations)
    blocks: FakeBlocks = field(default_factory=FakeBlocks)
    contacts: FakeContacts = field(default_factory=FakeContacts)
    memory: FakeSlotMemory = field(default_factory=FakeSlotMemory)
    link: FakeDeviceLink = field(default_factory=FakeDeviceLink)

    @property
    def service(self) -> SensorControl:
        return SensorControl(
            self.devices,
            self.sensors,
            self.configurations,
            self.blocks,
            self.contacts,
            self.memory,
            self.link,
            DeviceReferences(self.devices),
        )

    def kept(self, sensor: Sensor) -> Sensor:
        return self.sensors.kept[DEVICEID, sensor.sensorname]


@pytest.fixture
def harness() -> Harness:
    harness = Harness()
    for sensor in (POT, LED, SONOFF):
        harness.sensors.add(DEVICEID, sensor)
    return harness


def test_find_sensor_needs_the_role_that_is_asked_for(harness: Harness) -> None:
    harness.devices.known["guest", NAME] = replace(DEVICE, role=Role.VIEWER)

    assert harness.service.find_sensor("guest", NAME, I2C, 2, "POT 1", Role.VIEWER) == (
        replace(DEVICE, role=Role.VIEWER),
        POT,
    )
    with pytest.raises(NotPermitted):
        harness.service.find_sensor("guest", NAME, I2C, 2, "POT 1", Role.OPERATOR)
    with pytest.raises(SensorNotRegistered):
        harness.service.find_sensor(OWNER, NAME, TPROBE, 1, "POT 1", Role.OPERATOR)


def test_set_properties_tells_the_device_and_keeps_what_it_took(harness: Harness) -> None:
    harness.link.replies["set_i2c_dev_prop"] = {}

    harness.service.set_properties(DEVICE, POT, SensorProperties(ATTRIBUTES, BLOCK))

    (command,) = harness.link.sent
    assert list(command.payload.items()) == [*ATTRIBUTES.items(), ("address", 40), ("class", 3), ("number", 2)]
    assert harness.configurations.kept[DEVICEID, POT.slot] == Configuration(POT.slot, ATTRIBUTES, 3)
    assert harness.blocks.kept == {(DEVICEID, "i2c2POT 1"): BLOCK}
    assert (harness.kept(POT).is_enabled, harness.kept(POT).is_configured) == (False, True)
    assert harness.memory.rearmed == [(DEVICEID, POT.slot)]


def test_set_properties_of_two_classes_keeps_both_blocks(harness: Harness) -> None:
    harness.link.replies["set_tprobe_dev_prop"] = {}

    harness.service.set_properties(DEVICE, SONOFF, SensorProperties(ATTRIBUTES, BLOCK, BLOCK))

    assert harness.link.sent[0].payload["subclass"] == 5
    assert "address" not in harness.link.sent[0].payload
    assert list(harness.link.sent[0].payload)[-1] == "number"
    assert [source for _, source in harness.blocks.kept] == ["tprobe1SONOFF 1", "tprobe1SONOFF 1/subclass"]


def test_set_properties_without_a_block_leaves_the_stored_one(harness: Harness) -> None:
    harness.link.replies["set_i2c_dev_prop"] = {}
    harness.blocks.save(DEVICEID, "i2c2POT 1", BLOCK)

    harness.service.set_properties(DEVICE, POT, SensorProperties(ATTRIBUTES))

    assert harness.blocks.kept == {(DEVICEID, "i2c2POT 1"): BLOCK}


def test_set_properties_of_an_output_keeps_no_block(harness: Harness) -> None:
    harness.link.replies["set_i2c_dev_prop"] = {}

    harness.service.set_properties(DEVICE, LED, SensorProperties(ATTRIBUTES, BLOCK))

    assert harness.blocks.kept == {}


@pytest.mark.parametrize("failure", [DeviceUnreachable(), CommunicationFailed()])
def test_set_properties_that_the_device_did_not_take_leaves_it_unconfigured(
    harness: Harness, failure: DeviceUnreachable
) -> None:
    harness.link.replies["set_i2c_dev_prop"] = failure
    harness.sensors.switch(DEVICEID, [POT.switched(is_enabled=True, is_configured=True)])

    with pytest.raises(type(failure)):
        harness.service.set_properties(DEVICE, POT, SensorProperties(ATTRIBUTES, BLOCK))

    assert (harness.kept(POT).is_enabled, harness.kept(POT).is_configured) == (False, False)
    assert harness.configurations.kept == {}
    assert harness.blocks.kept == {}


def test_get_properties_of_an_input_shows_the_stored_block(harness: Harness) -> None:
    harness.link.replies["get_i2c_dev_prop"] = {"value": ATTRIBUTES}
    harness.blocks.save(DEVICEID, "i2c2POT 1", BLOCK)

    assert harness.service.get_properties(DEVICE, POT) == SensorProperties(ATTRIBUTES, BLOCK)
    assert list(harness.link.sent[0].payload.items()) == [("address", 40), ("class", 3), ("number", 2)]


@pytest.mark.parametrize("reply", [{}, {"value": {}}, {"value": None}, {"value": []}])
def test_get_properties_that_the_device_does_not_have_shows_the_default_block(
    harness: Harness, reply: dict[str, object]
) -> None:
    harness.link.replies["get_i2c_dev_prop"] = reply

    properties = harness.service.get_properties(DEVICE, POT)

    assert properties.attributes == {}
    assert properties.block is not None
    assert properties.block.endpoint(Channel.EMAIL).is_enabled
    assert not properties.block.endpoint(Channel.MOBILE).is_enabled


def test_get_properties_of_two_classes_shows_a_block_for_each(harness: Harness) -> None:
    harness.link.replies["get_tprobe_dev_prop"] = {"value": {**ATTRIBUTES, "subattributes": ATTRIBUTES}}

    properties = harness.service.get_properties(DEVICE, SONOFF)

    assert properties.block is not None
    assert properties.subclass_block is not None


@pytest.mark.parametrize("subattributes", [None, [], "text", 5])
def test_get_properties_takes_no_block_for_a_second_class_that_is_none(harness: Harness, subattributes: object) -> None:
    harness.link.replies["get_tprobe_dev_prop"] = {"value": {**ATTRIBUTES, "subattributes": subattributes}}

    assert harness.service.get_properties(DEVICE, SONOFF).subclass_block is None


def test_get_properties_of_an_output_has_no_block(harness: Harness) -> None:
    harness.link.replies["get_i2c_dev_prop"] = {"value": {"color": {}}}

    assert harness.service.get_properties(DEVICE, LED) == SensorProperties({"color": {}})


@pytest.mark.parametrize("is_enabled", [True, False])
def test_enable_sensor_switches_it_and_remembers_for_the_next_start(harness: Harness, is_enabled: bool) -> None:
    configured = POT.switched(is_enabled=not is_enabled, is_configured=True)
    harness.configurations.save(DEVICEID, Configuration(POT.slot, ATTRIBUTES, 3, is_enabled=not is_enabled))
    harness.link.replies["enable_i2c_dev"] = {}

    harness.service.enable_sensor(DEVICE, configured, is_enabled=is_enabled)

    assert list(harness.link.sent[0].payload.items()) == [("enable", int(is_enabled)), ("address", 40), ("number", 2)]
    assert harness.kept(POT).is_enabled is is_enabled
    assert harness.configurations.kept[DEVICEID, POT.slot].is_enabled is is_enabled
    assert bool(harness.memory.rearmed) is not is_enabled


@pytest.mark.parametrize(
    ("attributes", "is_enabled", "expected"),
    [
        ({**ATTRIBUTES, "inactivity_seconds": 600}, True, [(DEVICEID, POT.slot, 600)]),
        ({**ATTRIBUTES, "inactivity_seconds": 600}, False, []),
        ({**ATTRIBUTES, "inactivity_seconds": 10**12}, True, []),
        ({**ATTRIBUTES, "inactivity_seconds": "600"}, True, []),
        (ATTRIBUTES, True, []),
    ],
)
def test_a_sensor_that_is_switched_on_is_missed_from_then_on(
    harness: Harness, attributes: dict[str, object], is_enabled: bool, expected: list[object]
) -> None:
    configured = POT.switched(is_enabled=False, is_configured=True)
    harness.configurations.save(DEVICEID, Configuration(POT.slot, attributes, 3))
    harness.link.replies["enable_i2c_dev"] = {}

    harness.service.enable_sensor(DEVICE, configured, is_enabled=is_enabled)

    assert harness.memory.expected == expected


def test_enable_sensor_refuses_one_that_was_never_configured(harness: Harness) -> None:
    with pytest.raises(SensorNotConfigured):
        harness.service.enable_sensor(DEVICE, POT, is_enabled=True)

    assert harness.link.sent == []


def test_enable_sensor_of_an_unreachable_device_changes_nothing(harness: Harness) -> None:
    with pytest.raises(DeviceUnreachable):
        harness.service.enable_sensor(DEVICE, POT.switched(is_enabled=False, is_configured=True), is_enabled=True)

    assert not harness.kept(POT).is_enabled


def test_delete_configurations_is_the_owners(harness: Harness) -> None:
    harness.devices.known["guest", NAME] = replace(DEVICE, role=Role.OPERATOR)
    harness.configurations.save(DEVICEID, Configuration(POT.slot, ATTRIBUTES, 3))

    with pytest.raises(NotPermitted):
        harness.service.delete_configurations("guest", NAME)
    harness.service.delete_configurations(OWNER, NAME)

    assert harness.configurations.kept == {}


FORWARD = {"mode": 2, "hardware": {"devicename": "Roof unit"}}
ROOF = replace(DEVICE, deviceid="PH81", devicename="Roof unit")


def modem(recipients: str) -> NotificationBlock:
    return NotificationBlock((Text("on"), Text("off")), {Channel.MODEM: Endpoint(recipients, is_enabled=True)})


def test_set_properties_keeps_the_id_of_the_device_that_is_named(harness: Harness) -> None:
    harness.devices.register(ROOF)
    harness.link.replies = {"set_i2c_dev_prop": {}, "get_i2c_dev_prop": {"value": FORWARD}}

    harness.service.set_properties(DEVICE, POT, SensorProperties(FORWARD, modem("Roof unit")))
    harness.devices.rename(ROOF, "Tower unit")
    harness.devices.register(replace(DEVICE, deviceid="PH82", devicename="Roof unit"))

    (kept,) = harness.configurations.list(DEVICEID)
    assert (kept.attributes, kept.references) == (FORWARD, {"Roof unit": "PH81"})
    shown = harness.service.get_properties(DEVICE, POT)
    assert shown.attributes["hardware"] == {"devicename": "Tower unit"}
    assert shown.block is not None
    assert shown.block.endpoint(Channel.MODEM).recipients == "Tower unit"


@pytest.mark.parametrize(
    "properties",
    [
        SensorProperties(FORWARD),
        SensorProperties({"mode": 0, "subattributes": FORWARD}),
        SensorProperties({"mode": 0}, modem("Roof unit")),
        SensorProperties({"mode": 0}, None, modem("Roof unit")),
    ],
)
def test_set_properties_refuses_a_device_that_the_owner_has_not(harness: Harness, properties: SensorProperties) -> None:
    harness.devices.register(replace(ROOF, owner="stranger", username="stranger"))

    with pytest.raises(InvalidInput):
        harness.service.set_properties(DEVICE, SONOFF, properties)

    assert harness.link.sent == []
    assert harness.configurations.kept == {}
    assert harness.blocks.kept == {}


OPERATED = replace(DEVICE, username="operator", role=Role.OPERATOR)
FORWARDED = {"mode": 2, "hardware": {"devicename": "Roof unit"}}


def test_an_operator_keeps_blocks_and_destination_as_they_are(harness: Harness) -> None:
    harness.link.replies |= {
        "set_tprobe_dev_prop": {},
        "get_tprobe_dev_prop": {"value": {**FORWARDED, "subattributes": {}}},
    }
    harness.devices.register(ROOF)
    stored = replace(BLOCK, endpoints={Channel.MOBILE: Endpoint("+6500000000", True)})
    harness.blocks.save(DEVICEID, "tprobe1SONOFF 1", stored)
    harness.configurations.save(DEVICEID, Configuration(SONOFF.slot, FORWARDED, references={"Roof unit": "PH81"}))
    harness.devices.rename(ROOF, "Tower unit")

    shown = harness.service.get_properties(OPERATED, SONOFF)
    posted = replace(shown, attributes={"mode": 0, "hardware": {"devicename": ""}})
    harness.service.set_properties(OPERATED, SONOFF, posted)

    assert shown.block == stored.without_recipients()
    assert shown.subclass_block is not None
    assert not any(endpoint.recipients for endpoint in shown.subclass_block.endpoints.values())
    assert harness.blocks.kept == {(DEVICEID, "tprobe1SONOFF 1"): stored}
    kept = harness.configurations.kept[DEVICEID, SONOFF.slot]
    assert kept.attributes == {"mode": 0, "hardware": {"devicename": "Tower unit"}}
    assert kept.references == {"Tower unit": "PH81"}


@pytest.mark.parametrize(
    "posted",
    [
        SensorProperties(ATTRIBUTES, BLOCK),
        SensorProperties(ATTRIBUTES, None, BLOCK),
        SensorProperties({"mode": 2, "hardware": {"devicename": "Private safe"}}),
    ],
    ids=["block", "block of the second class", "destination"],
)
def test_an_operator_changes_nobody_who_is_written_to(harness: Harness, posted: SensorProperties) -> None:
    harness.link.replies["set_tprobe_dev_prop"] = {}

    with pytest.raises(NotPermitted):
        harness.service.set_properties(OPERATED, SONOFF, posted)

    assert (harness.link.sent, harness.blocks.kept, harness.configurations.kept) == ([], {}, {})


FOLLOWING = {"endpoint": 1, "hardware": {"devicename": "Roof unit", "sensorname": "POT 1"}}


def test_an_operator_sets_an_output_that_follows_a_device_that_is_shared(harness: Harness) -> None:
    harness.devices.register(ROOF)
    harness.devices.register(replace(ROOF, username="operator", devicename="Ann's roof", role=Role.VIEWER))
    harness.link.replies["set_i2c_dev_prop"] = {}
    posted = {"endpoint": 1, "hardware": {"devicename": "Ann's roof", "sensorname": "POT 1"}}

    harness.service.set_properties(OPERATED, LED, SensorProperties(posted))

    assert harness.configurations.kept[DEVICEID, LED.slot].attributes == FOLLOWING


@pytest.mark.parametrize("is_there", [True, False])
def test_an_operator_does_not_learn_whether_the_owner_has_a_device(harness: Harness, is_there: bool) -> None:
    if is_there:
        harness.devices.register(ROOF)
    harness.link.replies["set_i2c_dev_prop"] = {}

    with pytest.raises(InvalidInput) as refused:
        harness.service.set_properties(OPERATED, LED, SensorProperties(FOLLOWING))

    assert refused.value.detail == (Problem("hardware.devicename", "no device of this owner is called so"),)
    assert harness.link.sent == []


def test_an_operator_leaves_what_an_output_follows(harness: Harness) -> None:
    harness.devices.register(ROOF)
    harness.link.replies |= {"set_i2c_dev_prop": {}, "get_i2c_dev_prop": {"value": FOLLOWING}}
    harness.service.set_properties(DEVICE, LED, SensorProperties(FOLLOWING))
    harness.devices.rename(ROOF, "Tower unit")

    shown = harness.service.get_properties(OPERATED, LED)
    harness.service.set_properties(OPERATED, LED, shown)

    assert harness.configurations.kept[DEVICEID, LED.slot].references == {"Tower unit": "PH81"}

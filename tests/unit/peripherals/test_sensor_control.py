"""Setting, reading and switching sensors: the device is asked first, and only what it took is kept."""

from dataclasses import dataclass, field, replace

import pytest

from iotcloud.devices.model import Role
from iotcloud.errors import CommunicationFailed, DeviceUnreachable, InvalidInput, NotPermitted, SensorNotRegistered
from iotcloud.notices.model import Channel, Endpoint, NotificationBlock, Text
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
class House:
    """The service and what it stands on."""

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
def house() -> House:
    house = House()
    for sensor in (POT, LED, SONOFF):
        house.sensors.add(DEVICEID, sensor)
    return house


def test_find_sensor_needs_the_role_that_is_asked_for(house: House) -> None:
    house.devices.known["guest", NAME] = replace(DEVICE, role=Role.VIEWER)

    assert house.service.find_sensor("guest", NAME, I2C, 2, "POT 1", Role.VIEWER) == (
        replace(DEVICE, role=Role.VIEWER),
        POT,
    )
    with pytest.raises(NotPermitted):
        house.service.find_sensor("guest", NAME, I2C, 2, "POT 1", Role.OPERATOR)
    with pytest.raises(SensorNotRegistered):
        house.service.find_sensor(OWNER, NAME, TPROBE, 1, "POT 1", Role.OPERATOR)


def test_set_properties_tells_the_device_and_keeps_what_it_took(house: House) -> None:
    house.link.replies["set_i2c_dev_prop"] = {}

    house.service.set_properties(DEVICE, POT, SensorProperties(ATTRIBUTES, BLOCK))

    (command,) = house.link.sent
    assert list(command.payload.items()) == [*ATTRIBUTES.items(), ("address", 40), ("class", 3), ("number", 2)]
    assert house.configurations.kept[DEVICEID, POT.slot] == Configuration(POT.slot, ATTRIBUTES, 3)
    assert house.blocks.kept == {(DEVICEID, "i2c2POT 1"): BLOCK}
    assert (house.kept(POT).is_enabled, house.kept(POT).is_configured) == (False, True)
    assert house.memory.rearmed == [(DEVICEID, POT.slot)]


def test_set_properties_of_two_classes_keeps_both_blocks(house: House) -> None:
    house.link.replies["set_tprobe_dev_prop"] = {}

    house.service.set_properties(DEVICE, SONOFF, SensorProperties(ATTRIBUTES, BLOCK, BLOCK))

    assert house.link.sent[0].payload["subclass"] == 5
    assert "address" not in house.link.sent[0].payload
    assert list(house.link.sent[0].payload)[-1] == "number"
    assert [source for _, source in house.blocks.kept] == ["tprobe1SONOFF 1", "tprobe1SONOFF 1/subclass"]


def test_set_properties_without_a_block_leaves_the_stored_one(house: House) -> None:
    house.link.replies["set_i2c_dev_prop"] = {}
    house.blocks.save(DEVICEID, "i2c2POT 1", BLOCK)

    house.service.set_properties(DEVICE, POT, SensorProperties(ATTRIBUTES))

    assert house.blocks.kept == {(DEVICEID, "i2c2POT 1"): BLOCK}


def test_set_properties_of_an_output_keeps_no_block(house: House) -> None:
    house.link.replies["set_i2c_dev_prop"] = {}

    house.service.set_properties(DEVICE, LED, SensorProperties(ATTRIBUTES, BLOCK))

    assert house.blocks.kept == {}


@pytest.mark.parametrize("failure", [DeviceUnreachable(), CommunicationFailed()])
def test_set_properties_that_the_device_did_not_take_leaves_it_unconfigured(
    house: House, failure: DeviceUnreachable
) -> None:
    house.link.replies["set_i2c_dev_prop"] = failure
    house.sensors.switch(DEVICEID, [POT.switched(is_enabled=True, is_configured=True)])

    with pytest.raises(type(failure)):
        house.service.set_properties(DEVICE, POT, SensorProperties(ATTRIBUTES, BLOCK))

    assert (house.kept(POT).is_enabled, house.kept(POT).is_configured) == (False, False)
    assert house.configurations.kept == {}
    assert house.blocks.kept == {}


def test_get_properties_of_an_input_shows_the_stored_block(house: House) -> None:
    house.link.replies["get_i2c_dev_prop"] = {"value": ATTRIBUTES}
    house.blocks.save(DEVICEID, "i2c2POT 1", BLOCK)

    assert house.service.get_properties(DEVICE, POT) == SensorProperties(ATTRIBUTES, BLOCK)
    assert list(house.link.sent[0].payload.items()) == [("address", 40), ("class", 3), ("number", 2)]


@pytest.mark.parametrize("reply", [{}, {"value": {}}, {"value": None}, {"value": []}])
def test_get_properties_that_the_device_does_not_have_shows_the_default_block(
    house: House, reply: dict[str, object]
) -> None:
    house.link.replies["get_i2c_dev_prop"] = reply

    properties = house.service.get_properties(DEVICE, POT)

    assert properties.attributes == {}
    assert properties.block is not None
    assert properties.block.endpoint(Channel.EMAIL).is_enabled
    assert not properties.block.endpoint(Channel.MOBILE).is_enabled


def test_get_properties_of_two_classes_shows_a_block_for_each(house: House) -> None:
    house.link.replies["get_tprobe_dev_prop"] = {"value": {**ATTRIBUTES, "subattributes": ATTRIBUTES}}

    properties = house.service.get_properties(DEVICE, SONOFF)

    assert properties.block is not None
    assert properties.subclass_block is not None


@pytest.mark.parametrize("subattributes", [None, [], "text", 5])
def test_get_properties_takes_no_block_for_a_second_class_that_is_none(house: House, subattributes: object) -> None:
    house.link.replies["get_tprobe_dev_prop"] = {"value": {**ATTRIBUTES, "subattributes": subattributes}}

    assert house.service.get_properties(DEVICE, SONOFF).subclass_block is None


def test_get_properties_of_an_output_has_no_block(house: House) -> None:
    house.link.replies["get_i2c_dev_prop"] = {"value": {"color": {}}}

    assert house.service.get_properties(DEVICE, LED) == SensorProperties({"color": {}})


@pytest.mark.parametrize("is_enabled", [True, False])
def test_enable_sensor_switches_it_and_remembers_for_the_next_start(house: House, is_enabled: bool) -> None:
    configured = POT.switched(is_enabled=not is_enabled, is_configured=True)
    house.configurations.save(DEVICEID, Configuration(POT.slot, ATTRIBUTES, 3, is_enabled=not is_enabled))
    house.link.replies["enable_i2c_dev"] = {}

    house.service.enable_sensor(DEVICE, configured, is_enabled=is_enabled)

    assert list(house.link.sent[0].payload.items()) == [("enable", int(is_enabled)), ("address", 40), ("number", 2)]
    assert house.kept(POT).is_enabled is is_enabled
    assert house.configurations.kept[DEVICEID, POT.slot].is_enabled is is_enabled
    assert bool(house.memory.rearmed) is not is_enabled


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
    house: House, attributes: dict[str, object], is_enabled: bool, expected: list[object]
) -> None:
    configured = POT.switched(is_enabled=False, is_configured=True)
    house.configurations.save(DEVICEID, Configuration(POT.slot, attributes, 3))
    house.link.replies["enable_i2c_dev"] = {}

    house.service.enable_sensor(DEVICE, configured, is_enabled=is_enabled)

    assert house.memory.expected == expected


def test_enable_sensor_refuses_one_that_was_never_configured(house: House) -> None:
    with pytest.raises(SensorNotConfigured):
        house.service.enable_sensor(DEVICE, POT, is_enabled=True)

    assert house.link.sent == []


def test_enable_sensor_of_an_unreachable_device_changes_nothing(house: House) -> None:
    with pytest.raises(DeviceUnreachable):
        house.service.enable_sensor(DEVICE, POT.switched(is_enabled=False, is_configured=True), is_enabled=True)

    assert not house.kept(POT).is_enabled


def test_delete_configurations_is_the_owners(house: House) -> None:
    house.devices.known["guest", NAME] = replace(DEVICE, role=Role.OPERATOR)
    house.configurations.save(DEVICEID, Configuration(POT.slot, ATTRIBUTES, 3))

    with pytest.raises(NotPermitted):
        house.service.delete_configurations("guest", NAME)
    house.service.delete_configurations(OWNER, NAME)

    assert house.configurations.kept == {}


FORWARD = {"mode": 2, "hardware": {"devicename": "Roof unit"}}
ROOF = replace(DEVICE, deviceid="PH81", devicename="Roof unit")


def modem(recipients: str) -> NotificationBlock:
    return NotificationBlock((Text("on"), Text("off")), {Channel.MODEM: Endpoint(recipients, is_enabled=True)})


def test_set_properties_keeps_the_id_of_the_device_that_is_named(house: House) -> None:
    house.devices.register(ROOF)
    house.link.replies = {"set_i2c_dev_prop": {}, "get_i2c_dev_prop": {"value": FORWARD}}

    house.service.set_properties(DEVICE, POT, SensorProperties(FORWARD, modem("Roof unit")))
    house.devices.rename(ROOF, "Tower unit")
    house.devices.register(replace(DEVICE, deviceid="PH82", devicename="Roof unit"))

    (kept,) = house.configurations.list(DEVICEID)
    assert (kept.attributes, kept.references) == (FORWARD, {"Roof unit": "PH81"})
    shown = house.service.get_properties(DEVICE, POT)
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
def test_set_properties_refuses_a_device_that_the_owner_has_not(house: House, properties: SensorProperties) -> None:
    house.devices.register(replace(ROOF, owner="stranger", username="stranger"))

    with pytest.raises(InvalidInput):
        house.service.set_properties(DEVICE, SONOFF, properties)

    assert house.link.sent == []
    assert house.configurations.kept == {}
    assert house.blocks.kept == {}


OPERATED = replace(DEVICE, username="operator", role=Role.OPERATOR)
FORWARDED = {"mode": 2, "hardware": {"devicename": "Roof unit"}}


def test_an_operator_keeps_blocks_and_destination_as_they_are(house: House) -> None:
    house.link.replies |= {
        "set_tprobe_dev_prop": {},
        "get_tprobe_dev_prop": {"value": {**FORWARDED, "subattributes": {}}},
    }
    house.devices.register(ROOF)
    stored = replace(BLOCK, endpoints={Channel.MOBILE: Endpoint("+6500000000", True)})
    house.blocks.save(DEVICEID, "tprobe1SONOFF 1", stored)
    house.configurations.save(DEVICEID, Configuration(SONOFF.slot, FORWARDED, references={"Roof unit": "PH81"}))
    house.devices.rename(ROOF, "Tower unit")

    shown = house.service.get_properties(OPERATED, SONOFF)
    posted = replace(shown, attributes={"mode": 0, "hardware": {"devicename": ""}})
    house.service.set_properties(OPERATED, SONOFF, posted)

    assert shown.block == stored.without_recipients()
    assert shown.subclass_block is not None
    assert not any(endpoint.recipients for endpoint in shown.subclass_block.endpoints.values())
    assert house.blocks.kept == {(DEVICEID, "tprobe1SONOFF 1"): stored}
    kept = house.configurations.kept[DEVICEID, SONOFF.slot]
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
def test_an_operator_changes_nobody_who_is_written_to(house: House, posted: SensorProperties) -> None:
    house.link.replies["set_tprobe_dev_prop"] = {}

    with pytest.raises(NotPermitted):
        house.service.set_properties(OPERATED, SONOFF, posted)

    assert (house.link.sent, house.blocks.kept, house.configurations.kept) == ([], {}, {})


FOLLOWING = {"endpoint": 1, "hardware": {"devicename": "Roof unit", "sensorname": "POT 1"}}


def test_an_operator_sets_an_output_that_follows_a_device_that_is_shared(house: House) -> None:
    house.devices.register(ROOF)
    house.devices.register(replace(ROOF, username="operator", devicename="Ann's roof", role=Role.VIEWER))
    house.link.replies["set_i2c_dev_prop"] = {}
    posted = {"endpoint": 1, "hardware": {"devicename": "Ann's roof", "sensorname": "POT 1"}}

    house.service.set_properties(OPERATED, LED, SensorProperties(posted))

    assert house.configurations.kept[DEVICEID, LED.slot].attributes == FOLLOWING


@pytest.mark.parametrize("is_there", [True, False])
def test_an_operator_does_not_learn_whether_the_owner_has_a_device(house: House, is_there: bool) -> None:
    if is_there:
        house.devices.register(ROOF)
    house.link.replies["set_i2c_dev_prop"] = {}

    with pytest.raises(InvalidInput) as refused:
        house.service.set_properties(OPERATED, LED, SensorProperties(FOLLOWING))

    assert refused.value.fields == {"detail": ["hardware.devicename: no device of this owner is called so"]}
    assert house.link.sent == []


def test_an_operator_leaves_what_an_output_follows(house: House) -> None:
    house.devices.register(ROOF)
    house.link.replies |= {"set_i2c_dev_prop": {}, "get_i2c_dev_prop": {"value": FOLLOWING}}
    house.service.set_properties(DEVICE, LED, SensorProperties(FOLLOWING))
    house.devices.rename(ROOF, "Tower unit")

    shown = house.service.get_properties(OPERATED, LED)
    house.service.set_properties(OPERATED, LED, shown)

    assert house.configurations.kept[DEVICEID, LED.slot].references == {"Tower unit": "PH81"}

"""Registering sensors and listing them beside what the device reports."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import pytest

from iotcloud.devices.model import Device, Role
from iotcloud.errors import CommunicationFailed, DeviceNotRegistered, InvalidInput, NotPermitted, SensorNotRegistered
from iotcloud.notification_blocks.model import NotificationBlock, Text
from iotcloud.peripherals.model import (
    ADC,
    I2C,
    Configuration,
    Sensor,
    SensorAddressTaken,
    SensorNameTaken,
    Slot,
    SlotTaken,
)
from iotcloud.peripherals.sensor_registration import SensorRegistration
from tests.fakes.device_link import FakeDeviceLink
from tests.fakes.peripherals import FakeBlocks, FakeConfigurations, FakeDevices, FakeSensors, FakeSlotMemory

OWNER, NAME, DEVICEID = "user@example.com", "Barn unit", "PH80XXRR11232601"
AT = datetime(2026, 11, 23, tzinfo=UTC)
DEVICE = Device(
    deviceid=DEVICEID,
    owner=OWNER,
    username=OWNER,
    devicename=NAME,
    serialnumber="00001",
    registered_at=AT,
    registration="first",
)
POT = Sensor(Slot("i2c", 2, 40), "POT 1", "potentiometer", "input", AT)
LED = Sensor(Slot("i2c", 2, 8), "LED 1", "light", "output", AT)
WIND = Sensor(Slot("adc", 1), "Wind 1", "anemometer", "input", AT)


@dataclass
class Harness:
    """The service and its dependencies."""

    devices: FakeDevices = field(default_factory=lambda: FakeDevices({(OWNER, NAME): DEVICE}))
    sensors: FakeSensors = field(default_factory=FakeSensors)
    configurations: FakeConfigurations = field(default_factory=FakeConfigurations)
    blocks: FakeBlocks = field(default_factory=FakeBlocks)
    memory: FakeSlotMemory = field(default_factory=FakeSlotMemory)
    link: FakeDeviceLink = field(default_factory=FakeDeviceLink)

    @property
    def service(self) -> SensorRegistration:
        return SensorRegistration(self.devices, self.sensors, self.configurations, self.blocks, self.memory, self.link)


@pytest.fixture
def harness() -> Harness:
    return Harness()


def share_as(harness: Harness, role: Role) -> None:
    harness.devices.known["guest", NAME] = replace(DEVICE, role=role)


def test_add_sensor_keeps_it_without_asking_the_device(harness: Harness) -> None:
    harness.service.add_sensor(OWNER, NAME, POT)

    assert harness.service.get_sensor(OWNER, NAME, I2C, 2, "POT 1") == POT
    assert harness.link.sent == []


def test_add_sensor_refuses_a_name_already_taken_on_any_bus(harness: Harness) -> None:
    harness.service.add_sensor(OWNER, NAME, POT)

    with pytest.raises(SensorNameTaken):
        harness.service.add_sensor(OWNER, NAME, replace(WIND, sensorname="POT 1"))


def test_add_sensor_refuses_an_address_already_taken_in_the_slot(harness: Harness) -> None:
    harness.service.add_sensor(OWNER, NAME, POT)

    with pytest.raises(SensorAddressTaken):
        harness.service.add_sensor(OWNER, NAME, replace(POT, sensorname="POT 2"))


def test_add_sensor_takes_the_same_address_in_another_slot(harness: Harness) -> None:
    harness.service.add_sensor(OWNER, NAME, POT)
    harness.service.add_sensor(OWNER, NAME, replace(POT, sensorname="POT 2", slot=Slot("i2c", 3, 40)))

    assert len(harness.service.list_bus(OWNER, NAME, I2C)) == 2


def test_add_sensor_refuses_a_second_one_where_a_slot_holds_one(harness: Harness) -> None:
    harness.service.add_sensor(OWNER, NAME, WIND)

    with pytest.raises(SlotTaken):
        harness.service.add_sensor(OWNER, NAME, replace(WIND, sensorname="Wind 2"))


@pytest.mark.parametrize("username", ["stranger@example.com", ""])
def test_add_sensor_refuses_a_device_of_somebody_else(harness: Harness, username: str) -> None:
    with pytest.raises(DeviceNotRegistered):
        harness.service.add_sensor(username, NAME, POT)


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.VIEWER])
def test_add_sensor_and_delete_sensor_are_the_owners(harness: Harness, role: Role) -> None:
    share_as(harness, role)
    harness.service.add_sensor(OWNER, NAME, POT)

    with pytest.raises(NotPermitted):
        harness.service.add_sensor("guest", NAME, WIND)
    with pytest.raises(NotPermitted):
        harness.service.delete_sensor("guest", NAME, I2C, 2, "POT 1")


@pytest.mark.parametrize(("bus", "number", "name"), [(I2C, 1, "POT 1"), (ADC, 2, "POT 1"), (I2C, 2, "POT 9")])
def test_get_sensor_finds_it_only_in_its_slot(harness: Harness, bus: object, number: int, name: str) -> None:
    harness.service.add_sensor(OWNER, NAME, POT)

    with pytest.raises(SensorNotRegistered):
        harness.service.get_sensor(OWNER, NAME, bus, number, name)  # type: ignore[arg-type]


def test_get_sensor_refuses_a_slot_that_the_bus_does_not_have(harness: Harness) -> None:
    with pytest.raises(InvalidInput):
        harness.service.get_sensor(OWNER, NAME, ADC, 3, "Wind 1")


def test_delete_sensor_leaves_nothing_of_it(harness: Harness) -> None:
    harness.service.add_sensor(OWNER, NAME, POT)
    harness.configurations.save(DEVICEID, Configuration(POT.slot, {"mode": 0}))
    for source in ("i2c2POT 1", "i2c2POT 1/subclass", "i2c2POT 1#subclass"):
        harness.blocks.save(DEVICEID, source, NotificationBlock((Text("x"),)))

    harness.service.delete_sensor(OWNER, NAME, I2C, 2, "POT 1")

    assert harness.sensors.kept == {}
    assert harness.configurations.kept == {}
    assert harness.blocks.kept == {}
    assert harness.memory.forgotten == [(DEVICEID, POT.slot)]


def test_list_bus_tells_inputs_from_outputs(harness: Harness) -> None:
    for sensor in (POT, LED, WIND):
        harness.service.add_sensor(OWNER, NAME, sensor)

    assert harness.service.list_bus(OWNER, NAME, I2C) == (LED, POT)
    assert harness.service.list_bus(OWNER, NAME, I2C, is_input=True) == (POT,)
    assert harness.service.list_bus(OWNER, NAME, I2C, is_input=False) == (LED,)


def test_list_slot_shows_and_keeps_what_the_device_reports(harness: Harness) -> None:
    harness.service.add_sensor(OWNER, NAME, POT)
    harness.service.add_sensor(OWNER, NAME, LED)
    harness.link.replies["get_i2c_devs"] = {"value": [{"class": 3, "enabled": 1, "address": 40}]}

    listing = harness.service.list_slot(OWNER, NAME, I2C, 2)

    assert listing.is_device_reachable
    assert [(one.sensorname, one.is_enabled, one.is_configured) for one in listing.sensors] == [
        ("LED 1", False, False),
        ("POT 1", True, True),
    ]
    assert harness.sensors.kept[DEVICEID, "POT 1"].is_enabled
    assert harness.link.sent[0].payload == {"number": 2}


def test_list_slot_of_an_unreachable_device_shows_all_off_and_forgets_nothing(harness: Harness) -> None:
    harness.service.add_sensor(OWNER, NAME, POT)
    harness.sensors.switch(DEVICEID, [POT.switched(is_enabled=True, is_configured=True)])

    listing = harness.service.list_slot(OWNER, NAME, I2C, 2)

    assert not listing.is_device_reachable
    assert not listing.sensors[0].is_enabled
    assert harness.sensors.kept[DEVICEID, "POT 1"].is_enabled


def test_list_slot_passes_a_broken_broker_on(harness: Harness) -> None:
    harness.link.replies["get_i2c_devs"] = CommunicationFailed()

    with pytest.raises(CommunicationFailed):
        harness.service.list_slot(OWNER, NAME, I2C, 2)


def test_add_sensor_begins_its_readings_unless_the_place_is_taken(harness: Harness) -> None:
    harness.service.add_sensor(OWNER, NAME, POT)
    with pytest.raises(SensorAddressTaken):
        harness.service.add_sensor(OWNER, NAME, replace(POT, sensorname="POT 2"))

    assert harness.memory.begun == [(DEVICEID, POT)]


def test_delete_sensor_leaves_the_block_of_a_sensor_that_is_called_like_its_second_class(harness: Harness) -> None:
    namesake = replace(POT, sensorname="POT 1#subclass", slot=replace(POT.slot, address=41))
    for sensor in (POT, namesake):
        harness.service.add_sensor(OWNER, NAME, sensor)
    harness.blocks.save(DEVICEID, "i2c2POT 1#subclass", NotificationBlock((Text("x"),)))

    harness.service.delete_sensor(OWNER, NAME, I2C, 2, "POT 1")

    assert list(harness.blocks.kept) == [(DEVICEID, "i2c2POT 1#subclass")]

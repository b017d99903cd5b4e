"""One suite for the stores of peripherals, run against the fakes and DynamoDB (moto)."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from moto import mock_aws

from iotcloud.dynamodb import bind
from iotcloud.notification_blocks.model import Channel, Endpoint, NotificationBlock, Text
from iotcloud.notification_blocks.store import NotificationBlockRow, NotificationBlockStore
from iotcloud.peripherals.model import (
    MAX_SENSORS,
    Configuration,
    Sensor,
    SensorAddressTaken,
    SensorNameTaken,
    Slot,
    SlotTaken,
    TooManySensors,
    words_of,
)
from iotcloud.peripherals.store import ConfigurationRow, ConfigurationStore, SensorRow, SensorStore
from tests.fakes.peripherals import FakeBlocks, FakeConfigurations, FakeSensors
from tests.unit.peripherals.test_sensor_registration import AT, DEVICEID, LED, POT, WIND

DETAILED = replace(
    WIND,
    manufacturer="China PLC Center",
    model="QS-FS",
    units=("m/s",),
    formats=("float",),
    attributes=("Wind Speed",),
    subclass="humidity",
    subattributes=("Humidity",),
    extra={"addresses": {"default": 40, "max": 47.5}, "note": None},
)
BLOCK = NotificationBlock(
    (Text("Tank is full"), Text("Tank is normal", False)),
    {Channel.EMAIL: Endpoint("user@example.com", True, ({"to": "user@example.com", "group": False},))},
)


@pytest.fixture(params=["fake", "dynamodb"])
def kind(request: pytest.FixtureRequest, environment: dict[str, str]) -> Iterator[str]:
    if request.param == "fake":
        yield "fake"
        return
    with mock_aws():
        for row in (SensorRow, ConfigurationRow, NotificationBlockRow):
            bind(row, "test-", "eu-west-1")
            row.create_table(billing_mode="PAY_PER_REQUEST")
        yield "dynamodb"


@pytest.fixture
def sensors(kind: str) -> SensorStore | FakeSensors:
    return FakeSensors() if kind == "fake" else SensorStore()


@pytest.fixture
def configurations(kind: str) -> ConfigurationStore | FakeConfigurations:
    return FakeConfigurations(clock=lambda: AT) if kind == "fake" else ConfigurationStore(lambda: AT)


@pytest.fixture
def blocks(kind: str) -> NotificationBlockStore | FakeBlocks:
    return FakeBlocks() if kind == "fake" else NotificationBlockStore()


@pytest.mark.parametrize("sensor", [POT, LED, WIND, DETAILED])
def test_a_sensor_comes_back_as_it_was_added(sensors: SensorStore, sensor: Sensor) -> None:
    sensors.add(DEVICEID, sensor)

    assert sensors.find(DEVICEID, sensor.sensorname) == sensor
    assert sensors.list(DEVICEID) == (sensor,)
    assert sensors.find("another", sensor.sensorname) is None
    assert sensors.list("another") == ()


def test_a_name_an_address_and_a_slot_are_taken_once(sensors: SensorStore) -> None:
    sensors.add(DEVICEID, POT)
    sensors.add(DEVICEID, WIND)

    with pytest.raises(SensorNameTaken):
        sensors.add(DEVICEID, replace(LED, sensorname="POT 1"))
    with pytest.raises(SensorNameTaken):
        sensors.add(DEVICEID, POT)
    with pytest.raises(SensorAddressTaken):
        sensors.add(DEVICEID, replace(POT, sensorname="POT 2"))
    with pytest.raises(SlotTaken):
        sensors.add(DEVICEID, replace(WIND, sensorname="Wind 2"))
    assert [one.sensorname for one in sensors.list(DEVICEID)] == ["Wind 1", "POT 1"]


def test_a_device_has_room_for_so_many_sensors(sensors: SensorStore) -> None:
    crowd = [replace(POT, sensorname=f"POT {n}", slot=Slot("i2c", 1, n)) for n in range(1, MAX_SENSORS + 2)]
    for sensor in crowd[:-1]:
        sensors.add(DEVICEID, sensor)

    with pytest.raises(TooManySensors):
        sensors.add(DEVICEID, crowd[-1])
    with pytest.raises(SensorNameTaken):
        sensors.add(DEVICEID, crowd[0])
    assert len(sensors.list(DEVICEID)) == MAX_SENSORS

    sensors.delete(DEVICEID, crowd[0])
    sensors.add(DEVICEID, crowd[-1])


def test_a_deleted_sensor_frees_its_name_and_slot(sensors: SensorStore) -> None:
    sensors.add(DEVICEID, POT)
    sensors.delete(DEVICEID, POT)
    sensors.delete(DEVICEID, POT)

    sensors.add(DEVICEID, replace(POT, sensorname="POT 2"))

    assert [one.sensorname for one in sensors.list(DEVICEID)] == ["POT 2"]


def test_the_words_of_devices_follow_their_sensors(sensors: SensorStore) -> None:
    for sensor in (POT, WIND):
        sensors.add(DEVICEID, sensor)
    sensors.add("another", POT)

    sensors.delete(DEVICEID, POT)

    assert sensors.find_words([DEVICEID, "another", "unknown"]) == {
        DEVICEID: {words_of(WIND)},
        "another": {words_of(POT)},
    }


def test_no_words_are_left_of_an_erased_device(sensors: SensorStore) -> None:
    sensors.add(DEVICEID, POT)
    sensors.erase(DEVICEID)
    assert sensors.find_words([DEVICEID]) == {}


def test_a_state_is_kept_and_a_deleted_sensor_stays_deleted(sensors: SensorStore) -> None:
    sensors.add(DEVICEID, POT)

    sensors.switch(DEVICEID, [one.switched(is_enabled=True, is_configured=True) for one in (POT, LED)])

    assert sensors.list(DEVICEID) == (POT.switched(is_enabled=True, is_configured=True),)


def test_sensors_are_listed_by_slot_and_address(sensors: SensorStore) -> None:
    for sensor in (POT, replace(POT, sensorname="far", slot=Slot("i2c", 2, 110)), LED, WIND):
        sensors.add(DEVICEID, sensor)

    assert [one.sensorname for one in sensors.list(DEVICEID)] == ["Wind 1", "LED 1", "POT 1", "far"]


def test_erasing_a_device_leaves_the_others(sensors: SensorStore) -> None:
    sensors.add(DEVICEID, POT)
    sensors.add("another", POT)

    sensors.erase(DEVICEID)

    assert sensors.list(DEVICEID) == ()
    assert sensors.list("another") == (POT,)
    sensors.add(DEVICEID, POT)


def test_a_configuration_comes_back_as_it_was_saved(configurations: ConfigurationStore) -> None:
    first = Configuration(POT.slot, {"mode": 0, "limit": 1.5, "list": [{"a": None}]}, 3)
    second = Configuration(Slot("gpio", 4), {"direction": 1})
    third = replace(first, slot=Slot("tprobe", 1), references={"Roof unit": "PH81"})
    fourth = replace(first, slot=Slot("1wire", 1), references={})
    for one in (first, second, third, fourth):
        configurations.save(DEVICEID, one)

    assert configurations.list(DEVICEID) == (fourth, second, first, third)


def test_enabling_is_kept_only_where_something_is_configured(configurations: ConfigurationStore) -> None:
    configurations.save(DEVICEID, Configuration(POT.slot, {"mode": 0}, 3))

    configurations.enable(DEVICEID, POT.slot, is_enabled=True)
    configurations.enable(DEVICEID, WIND.slot, is_enabled=True)

    assert configurations.list(DEVICEID) == (Configuration(POT.slot, {"mode": 0}, 3, is_enabled=True),)


@pytest.mark.parametrize(("seconds", "stands"), [(-1, True), (0, False), (1, False)])
def test_what_a_device_said_before_a_port_was_set_does_not_count(
    configurations: ConfigurationStore, seconds: int, stands: bool
) -> None:
    said_at = AT + timedelta(seconds=seconds)
    kept, said = Configuration(POT.slot, {"mode": 0}, 3), Configuration(POT.slot, {"mode": 1}, 3)

    configurations.save(DEVICEID, kept)
    assert configurations.replace(DEVICEID, said, said_at) is not stands
    assert configurations.list(DEVICEID) == (kept if stands else said,)

    configurations.enable(DEVICEID, POT.slot, is_enabled=True)
    assert configurations.withdraw(DEVICEID, POT.slot, said_at) is not stands
    assert len(configurations.list(DEVICEID)) == (1 if stands else 0)


def test_the_newest_that_a_device_said_stands(configurations: ConfigurationStore) -> None:
    newest, older = Configuration(POT.slot, {"mode": 1}, 3), Configuration(POT.slot, {"mode": 0}, 3)

    assert configurations.replace(DEVICEID, newest, AT)
    assert configurations.replace(DEVICEID, newest, AT)
    assert not configurations.replace(DEVICEID, older, AT - timedelta(seconds=1))

    assert configurations.list(DEVICEID) == (newest,)
    assert configurations.withdraw(DEVICEID, WIND.slot, AT)


def test_configurations_are_deleted_by_slot_and_by_device(configurations: ConfigurationStore) -> None:
    for slot in (POT.slot, LED.slot, WIND.slot):
        configurations.save(DEVICEID, Configuration(slot, {}))

    configurations.delete(DEVICEID, [POT.slot])
    assert [one.slot for one in configurations.list(DEVICEID)] == [WIND.slot, LED.slot]

    configurations.erase(DEVICEID)
    assert configurations.list(DEVICEID) == ()


def test_a_block_comes_back_as_it_was_saved(blocks: NotificationBlockStore) -> None:
    blocks.save(DEVICEID, "i2c2POT 1", BLOCK)

    modem = {Channel.MODEM: Endpoint("Roof unit", is_enabled=True, targets=("PH81", "PH82"))}
    blocks.save(DEVICEID, "uart", replace(BLOCK, endpoints=modem))

    assert blocks.find(DEVICEID, "i2c2POT 1") == BLOCK
    assert blocks.find(DEVICEID, "uart") == replace(BLOCK, endpoints=modem)
    assert blocks.find(DEVICEID, "i2c2POT 2") is None
    assert blocks.find("another", "i2c2POT 1") is None


def test_blocks_are_deleted_by_source_and_by_device(blocks: NotificationBlockStore) -> None:
    for source in ("uart", "gpio1", "gpio2"):
        blocks.save(DEVICEID, source, BLOCK)

    blocks.delete(DEVICEID, "gpio1", "never stored")
    assert blocks.find(DEVICEID, "gpio1") is None
    assert blocks.find(DEVICEID, "gpio2") == BLOCK

    blocks.erase(DEVICEID)
    assert blocks.find(DEVICEID, "uart") is None


def test_sensors_of_several_devices_are_listed_together(sensors: SensorStore | FakeSensors) -> None:
    for number in range(1, 5):
        sensors.add("BIG", replace(POT, sensorname=f"POT {number}", slot=Slot("i2c", number, 40)))
    sensors.add(DEVICEID, WIND)
    sensors.add("OTHER", LED)

    found = sensors.list_all([DEVICEID, "BIG", "NONE"])

    assert found == {DEVICEID: (WIND,), "BIG": sensors.list("BIG")}
    assert sensors.list_all([]) == {}


def test_more_than_a_hundred_sensors_are_listed_together(sensors: SensorStore | FakeSensors) -> None:
    for number in range(1, 103):
        sensors.add("BIG", replace(POT, sensorname=f"POT {number}", slot=Slot("i2c", 1, number)))

    assert len(sensors.list_all(["BIG"])["BIG"]) == 102


def test_a_deleted_sensor_is_not_listed(sensors: SensorStore | FakeSensors) -> None:
    sensors.add(DEVICEID, WIND)
    sensors.delete(DEVICEID, WIND)

    assert sensors.list_all([DEVICEID]) == {}


def test_ports_of_several_devices_are_found_together(configurations: ConfigurationStore | FakeConfigurations) -> None:
    uart, pin = Configuration(Slot("uart", 1), {"baudrate": 7}, is_enabled=True), Configuration(Slot("gpio", 4), {})
    configurations.save(DEVICEID, pin)
    configurations.save(DEVICEID, uart)
    configurations.save(DEVICEID, Configuration(WIND.slot, {}))
    configurations.save("OTHER", pin)

    assert configurations.find_ports([DEVICEID, "NONE"]) == {DEVICEID: (uart, pin)}
    assert configurations.find_ports([]) == {}

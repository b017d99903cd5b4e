"""Slots, buses and the rules of sensors."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from iotcloud.errors import InvalidInput, MissingParameter
from iotcloud.peripherals.model import (
    ADC,
    BUSES,
    I2C,
    SENSOR_CLASSES,
    InvalidAddress,
    Sensor,
    Slot,
    checked_sensor,
    reconcile,
    unreachable,
)
from iotcloud.peripherals.property_schema import CLASS_PROPERTIES

REGISTERED_AT = datetime(2026, 11, 23, tzinfo=UTC)
POT = Sensor(Slot("i2c", 2, 40), "POT 1", "potentiometer", "input", REGISTERED_AT)
WIND = Sensor(Slot("adc", 1), "Wind 1", "anemometer", "input", REGISTERED_AT)


def test_every_sensor_class_has_a_schema_of_properties() -> None:
    assert CLASS_PROPERTIES.keys() == SENSOR_CLASSES.keys()


@pytest.mark.parametrize(
    ("source", "address"), [("i2c2", 40), ("adc1", None), ("1wire1", None), ("tprobe1", None), ("gpio4", None)]
)
def test_a_source_is_read_back_as_written(source: str, address: int | None) -> None:
    assert Slot.from_source(source, address).source == source


@pytest.mark.parametrize(
    ("source", "address"),
    [
        ("i2c5", 40),
        ("i2c0", 40),
        ("adc3", None),
        ("1wire2", None),
        ("spi1", None),
        ("", None),
        ("i2c", 1),
        ("i2c2", None),
        ("adc1", 4),
    ],
)
def test_a_source_that_the_board_does_not_have_is_refused(source: str, address: int | None) -> None:
    with pytest.raises(InvalidInput):
        Slot.from_source(source, address)


@pytest.mark.parametrize("bus", BUSES.values(), ids=lambda bus: bus.name)
def test_a_bus_has_the_slots_of_the_contract(bus: object) -> None:
    assert bus.check_number(1) == 1  # type: ignore[attr-defined]
    for number in (0, bus.slots + 1):  # type: ignore[attr-defined]
        with pytest.raises(InvalidInput):
            bus.check_number(number)  # type: ignore[attr-defined]


def test_a_sensor_that_fits_its_slot_is_taken() -> None:
    assert checked_sensor(POT) is POT


@pytest.mark.parametrize(
    ("sensor", "condition"),
    [
        (replace(POT, slot=Slot("i2c", 2)), MissingParameter),
        (replace(POT, slot=Slot("i2c", 2, 0)), InvalidAddress),
        (replace(POT, slot=Slot("i2c", 2, 256)), InvalidAddress),
        (replace(POT, sensor_class="thermometer"), InvalidInput),
        (replace(POT, sensorname=".."), InvalidInput),
        (replace(POT, sensorname="POT\u200b1"), InvalidInput),
        (replace(POT, subclass="wetness"), InvalidInput),
        (replace(POT, type="output"), InvalidInput),
        (replace(POT, sensor_class="light"), InvalidInput),
        (replace(WIND, sensor_class="light", type="output"), InvalidInput),
        (replace(WIND, slot=Slot("adc", 3)), InvalidInput),
    ],
)
def test_a_sensor_that_does_not_fit_is_refused(sensor: Sensor, condition: type[InvalidInput]) -> None:
    with pytest.raises(condition):
        checked_sensor(sensor)


def test_sensors_take_the_state_that_the_device_reports() -> None:
    other = replace(POT, slot=Slot("i2c", 2, 41), sensorname="POT 2", is_configured=True)

    on, gone, wind = reconcile(
        [POT, other, WIND],
        {"i2c2": [{"class": 3, "enabled": 1, "address": 40}], "adc1": [{"class": 6, "enabled": 0}]},
    )

    assert (on.is_enabled, on.is_configured) == (True, True)
    assert (gone.is_enabled, gone.is_configured) == (False, False)
    assert (wind.is_enabled, wind.is_configured) == (False, True)


def test_a_slot_that_now_holds_another_class_is_not_the_registered_sensor() -> None:
    (wind,) = reconcile([WIND], {"adc1": [{"class": 7, "enabled": 1}]})

    assert not wind.is_configured


@pytest.mark.parametrize("entries", [None, {}, "on", [None], [[]], [{"enabled": 1}], 5])
def test_a_report_that_makes_no_sense_says_nothing_is_set(entries: object) -> None:
    (pot,) = reconcile([POT], {"i2c2": entries})

    assert not pot.is_configured


def test_sensors_of_an_unreachable_device_show_as_off() -> None:
    (pot,) = unreachable([POT.switched(is_enabled=True, is_configured=True)])

    assert (pot.is_enabled, pot.is_configured) == (False, False)


def test_buses_are_told_apart_by_address_or_hold_one_sensor() -> None:
    assert I2C.is_addressed
    assert not ADC.is_addressed

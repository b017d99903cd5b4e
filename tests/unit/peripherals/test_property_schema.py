"""Properties of ports and sensors: the contract's objects are accepted, malformed ones are rejected."""

import json
from pathlib import Path
from typing import Any

import pytest

from iotcloud.errors import InvalidInput, MissingParameter
from iotcloud.peripherals.property_schema import (
    CLASS_PROPERTIES,
    GpioProperties,
    InputProperties,
    UartProperties,
    for_device,
    parse_properties,
)
from tests.unit.peripherals.test_model import POT, Sensor, replace

BLOCK = {
    "messages": [{"message": "Tank is full", "enable": True}, {"message": "Tank is normal", "enable": False}],
    "endpoints": {"email": {"recipients": "user@example.com", "enable": True, "recipients_list": []}},
}
UART: dict[str, Any] = {
    "baudrate": 11,
    "parity": 0,
    "flowcontrol": 0,
    "stopbits": 0,
    "databits": 1,
    "notification": BLOCK,
}
INPUT_PIN: dict[str, Any] = {"direction": 0, "mode": 2, "alert": 1, "alertperiod": 10000}
OUTPUT_PIN: dict[str, Any] = {"direction": 1, "mode": 2, "polarity": 0, "mark": 1, "space": 1, "count": 1}
THRESHOLD: dict[str, Any] = {
    "mode": 1,
    "threshold": {"value": 0, "min": 10, "max": 30.5, "activate": 0},
    "alert": {"type": 0, "period": 60000},
    "hardware": {"devicename": ""},
}
BY_CLASS: dict[str, dict[str, Any]] = json.loads(
    (Path(__file__).parents[2] / "events" / "sensor_properties.json").read_text()
)


@pytest.mark.parametrize("sensor_class", CLASS_PROPERTIES)
def test_the_contracts_object_of_each_class_reaches_the_device_whole(sensor_class: str) -> None:
    told = CLASS_PROPERTIES[sensor_class].parse(BY_CLASS[sensor_class]).for_device()

    assert {name: told[name] for name in BY_CLASS[sensor_class]}.keys() == BY_CLASS[sensor_class].keys()
    assert "notification" not in told


def test_the_device_is_not_told_who_is_notified() -> None:
    assert UartProperties.parse(UART).for_device() == {name: UART[name] for name in list(UART)[:5]}


def test_a_member_that_no_schema_knows_reaches_the_device() -> None:
    assert InputProperties.parse({**THRESHOLD, "offset": [1, 2]}).for_device()["offset"] == [1, 2]


@pytest.mark.parametrize("member", UART)
def test_each_member_of_the_uart_is_required(member: str) -> None:
    with pytest.raises(MissingParameter):
        UartProperties.parse({name: value for name, value in UART.items() if name != member})


@pytest.mark.parametrize(
    "change",
    [
        {"baudrate": 16},
        {"baudrate": -1},
        {"parity": 3},
        {"stopbits": 2},
        {"databits": "1"},
        {"parity": None},
        {"notification": None},
        {"notification": []},
    ],
)
def test_a_uart_setting_outside_its_list_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        UartProperties.parse({**UART, **change})


@pytest.mark.parametrize(
    "pin",
    [
        INPUT_PIN,
        OUTPUT_PIN,
        {"direction": 1, "mode": 0, "polarity": 1},
        {"direction": 1, "mode": 1, "polarity": 1, "width": 5},
    ],
)
def test_a_pin_needs_only_what_its_direction_and_mode_use(pin: dict[str, Any]) -> None:
    told = GpioProperties.parse(pin).for_device()

    assert list(told) == ["direction", "mode", "alert", "alertperiod", "polarity", "width", "mark", "space", "count"]


@pytest.mark.parametrize(
    "pin",
    [
        {**INPUT_PIN, "alertperiod": 4999},
        {"direction": 0, "mode": 0, "alert": 1},
        {"direction": 0, "mode": 0, "alertperiod": 10000},
        {**INPUT_PIN, "mode": 4},
        {**OUTPUT_PIN, "mode": 3},
        {**OUTPUT_PIN, "count": 0},
        {"direction": 1, "mode": 1, "polarity": 1, "width": 0},
        {"direction": 1, "mode": 1, "polarity": 1},
        {"direction": 1, "mode": 0},
        {"direction": 2, "mode": 0},
        {**INPUT_PIN, "alertperiod": 1.5},
    ],
)
def test_a_pin_that_contradicts_itself_is_refused(pin: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        GpioProperties.parse(pin)


@pytest.mark.parametrize(
    "change",
    [
        {"mode": 3},
        {"mode": None},
        {"threshold": {"value": "30"}},
        {"threshold": {"min": 31, "max": 30}},
        {"threshold": {"value": float("nan")}},
        {"threshold": {"value": 1e40}},
        {"alert": {"type": 2}},
        {"alert": {"period": -1}},
        {"hardware": {"devicename": 5}},
        {"threshold": {"hysteresis": -0.1}},
        {"threshold": {"hysteresis": "1"}},
        {"threshold": {"hysteresis": float("inf")}},
        {"threshold": {"min": 10, "max": 30, "activate": 0, "hysteresis": 10.5}},
        {"inactivity_seconds": 59},
        {"inactivity_seconds": 604801},
        {"inactivity_seconds": 600.5},
        {"inactivity_seconds": "600"},
        {"notification": {"messages": [], "endpoints": {}}},
    ],
)
def test_a_threshold_that_makes_no_sense_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        InputProperties.parse({**THRESHOLD, **change})


@pytest.mark.parametrize(
    "change",
    [
        {"threshold": {"min": 10, "max": 30, "activate": 0, "hysteresis": 10}},
        {"threshold": {"min": 10, "max": 30, "activate": 1, "hysteresis": 50}},
        {"mode": 0, "threshold": {"value": 5, "hysteresis": 0.5}},
    ],
)
def test_hysteresis_reaches_the_device_and_what_is_kept(change: dict[str, Any]) -> None:
    told = InputProperties.parse({**THRESHOLD, **change}).for_device()

    assert told["threshold"]["hysteresis"] == change["threshold"]["hysteresis"]


@pytest.mark.parametrize("left_out", [{}, {"inactivity_seconds": None, "threshold": {"hysteresis": None}}])
def test_what_an_old_client_does_not_know_its_device_does_not_get(left_out: dict[str, Any]) -> None:
    told = InputProperties.parse({**THRESHOLD, **left_out}).for_device()

    assert "hysteresis" not in told["threshold"]
    assert "inactivity_seconds" not in told


def test_a_sensor_is_silent_as_a_whole() -> None:
    sensor: Sensor = replace(POT, sensor_class="temperature", subclass="humidity")

    main, _ = parse_properties(sensor, {**THRESHOLD, "inactivity_seconds": 600, "subattributes": THRESHOLD})
    assert main.for_device()["inactivity_seconds"] == 600
    with pytest.raises(InvalidInput):
        parse_properties(sensor, {**THRESHOLD, "subattributes": {**THRESHOLD, "inactivity_seconds": 600}})


def test_a_two_class_sensor_has_properties_for_both() -> None:
    sensor: Sensor = replace(POT, sensor_class="temperature", subclass="humidity")

    main, sub = parse_properties(
        sensor, {**THRESHOLD, "subattributes": {**THRESHOLD, "mode": 0, "notification": BLOCK}}
    )

    assert sub is not None
    assert sub.notification is not None
    assert for_device(main, sub)["subattributes"] == {**THRESHOLD, "mode": 0}


def test_a_two_class_sensor_without_its_second_object_is_refused() -> None:
    with pytest.raises(MissingParameter):
        parse_properties(replace(POT, sensor_class="temperature", subclass="humidity"), THRESHOLD)


@pytest.mark.parametrize("member", ["address", "class", "number", "subclass"])
def test_members_that_say_where_are_not_the_clients_to_set(member: str) -> None:
    assert member not in InputProperties.parse({**THRESHOLD, member: 9}).for_device()
    assert member not in GpioProperties.parse({**INPUT_PIN, member: 9}).for_device()


@pytest.mark.parametrize("value", ["7", True, 7.0, 7.5, None, [7]])
def test_numbers_are_whole_and_no_text(value: object) -> None:
    with pytest.raises(InvalidInput):
        UartProperties.parse({**UART, "baudrate": value})
    with pytest.raises(InvalidInput):
        GpioProperties.parse({**OUTPUT_PIN, "mark": value})


def test_more_than_a_device_can_keep_is_refused() -> None:
    with pytest.raises(InvalidInput):
        InputProperties.parse({**THRESHOLD, "notes": ["x" * 4000] * 5}).for_device()

"""Rules of sensors: thresholds of both classes, and forwarding."""

from dataclasses import replace
from typing import Any

import pytest

from iotcloud.peripherals.model import Configuration, Sensor, Slot
from iotcloud.readings.alerts.rules import Target, find_rules, forwarded
from iotcloud.readings.alerts.thresholds import Threshold, Zone
from iotcloud.readings.model import Value
from tests.fakes.messages import NOON

POT = Sensor(
    Slot("i2c", 2, 40), "POT 1", "potentiometer", "input", NOON, formats=("int",), attributes=("Range",), units=("",)
)
PROBE = Sensor(
    Slot("tprobe", 1),
    "TH 1",
    "temperature",
    "input",
    NOON,
    subclass="humidity",
    formats=("float", "int"),
    attributes=("Temperature",),
    subattributes=("Humidity",),
)
LED = Sensor(Slot("i2c", 2, 8), "LED 1", "light", "output", NOON)
SINGLE = {"mode": 0, "threshold": {"value": 30}}
FORWARD = {"mode": 2, "hardware": {"devicename": "Roof unit"}}


def rules_by_slot(sensor: Sensor, attributes: dict[str, Any]) -> Any:
    return find_rules([Configuration(sensor.slot, attributes)], [POT, PROBE, LED]).get(sensor.slot)


def test_a_sensor_with_a_threshold_is_watched() -> None:
    rules = rules_by_slot(POT, SINGLE)

    assert rules.threshold == Threshold(Zone.ABOVE, 30, 30)
    assert rules.subthreshold is None
    assert rules.forward_to is None


def test_a_second_class_has_a_threshold_of_its_own() -> None:
    rules = rules_by_slot(PROBE, {"mode": 2, "subattributes": SINGLE})

    assert rules.threshold is None
    assert rules.subthreshold == Threshold(Zone.ABOVE, 30, 30)
    assert rules.class_name(is_subclass=False) == "temperature"
    assert rules.class_name(is_subclass=True) == "humidity"


def test_a_sensor_of_one_class_has_no_second_threshold() -> None:
    assert rules_by_slot(POT, SINGLE | {"subattributes": SINGLE}).subthreshold is None


def test_a_sensor_in_continuous_mode_is_forwarded() -> None:
    rules = rules_by_slot(POT, FORWARD)

    assert rules.forward_to == Target("Roof unit")
    assert not rules.has_thresholds


@pytest.mark.parametrize(
    ("sensor", "attributes"),
    [
        (POT, {}),
        (POT, {"mode": 0}),
        (POT, {"mode": 2}),
        (POT, {"mode": 2, "hardware": {"devicename": ""}}),
        (POT, {"mode": 2, "hardware": {"devicename": 7}}),
        (POT, {"mode": 2, "hardware": {"devicename": "x" * 65}}),
        (POT, {"mode": 2, "hardware": "Roof unit"}),
        (POT, {"mode": 0, "hardware": {"devicename": "Roof unit"}}),
        (LED, SINGLE),
    ],
)
def test_nothing_is_watched_that_is_not_set_or_makes_no_sense(sensor: Sensor, attributes: dict[str, Any]) -> None:
    assert rules_by_slot(sensor, attributes) is None


def test_a_slot_without_a_registered_sensor_is_not_watched() -> None:
    assert find_rules([Configuration(POT.slot, SINGLE)], [PROBE]) == {}


def test_a_threshold_is_another_one_with_every_part_of_its_setting() -> None:
    base = rules_by_slot(PROBE, SINGLE | {"subattributes": SINGLE})
    others = [
        replace(base, threshold=Threshold(Zone.ABOVE, 31, 31)),
        replace(base, threshold=Threshold(Zone.OUTSIDE, 30, 30)),
        replace(base, threshold=Threshold(Zone.ABOVE, 30, 30, hysteresis=1)),
        replace(base, threshold=Threshold(Zone.ABOVE, 30, 30, repeat_ms=1)),
        replace(base, sensor=replace(PROBE, sensorname="TH 2")),
        replace(base, sensor=replace(PROBE, sensor_class="battery")),
    ]

    fingerprints = [each.fingerprint(is_subclass=False) for each in [base, *others]]

    assert len(set(fingerprints)) == len(fingerprints)
    assert base.fingerprint(is_subclass=True) != fingerprints[0]
    assert replace(base).fingerprint(is_subclass=False) == fingerprints[0]


def test_a_reading_is_forwarded_in_the_protocols_shape() -> None:
    assert forwarded(rules_by_slot(POT, FORWARD), "Barn unit", Value(131.0)) == {
        "sensors": [
            {
                "devicename": "Barn unit",
                "peripheral": "I2C",
                "sensorname": "POT 1",
                "attribute": "Range",
                "value": 131,
            }
        ]
    }


def test_a_reading_of_two_classes_is_forwarded_with_both_each_in_its_format() -> None:
    ((reading,),) = forwarded(rules_by_slot(PROBE, FORWARD), "Barn unit", Value(21.5, 61.7)).values()

    assert reading["value"] == 21.5
    assert reading["subclass"] == {"attribute": "Humidity", "value": 61}


def test_a_second_value_that_did_not_come_is_not_forwarded() -> None:
    ((reading,),) = forwarded(rules_by_slot(PROBE, FORWARD), "Barn unit", Value(21.5)).values()

    assert "subclass" not in reading


def test_a_sensor_without_labels_is_forwarded_with_an_empty_one() -> None:
    bare = replace(POT, attributes=(), formats=())
    rules = find_rules([Configuration(bare.slot, FORWARD)], [bare])[bare.slot]

    ((reading,),) = forwarded(rules, "Barn unit", Value(131.5)).values()

    assert (reading["attribute"], reading["value"]) == ("", 131.5)

"""What owners set for their sensors: thresholds of both classes, and forwarding."""

from dataclasses import replace
from typing import Any

import pytest

from iotcloud.peripherals.model import Configuration, Sensor, Slot
from iotcloud.readings.model import Value
from iotcloud.readings.thresholds import Threshold, Zone
from iotcloud.readings.watches import Target, find_watches, forwarded
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


def watches(sensor: Sensor, attributes: dict[str, Any]) -> Any:
    return find_watches([Configuration(sensor.slot, attributes)], [POT, PROBE, LED]).get(sensor.slot)


def test_a_sensor_with_a_threshold_is_watched() -> None:
    watch = watches(POT, SINGLE)

    assert watch.threshold == Threshold(Zone.ABOVE, 30, 30)
    assert watch.subthreshold is None
    assert watch.forward_to is None


def test_a_second_class_has_a_threshold_of_its_own() -> None:
    watch = watches(PROBE, {"mode": 2, "subattributes": SINGLE})

    assert watch.threshold is None
    assert watch.subthreshold == Threshold(Zone.ABOVE, 30, 30)
    assert watch.class_name(is_subclass=False) == "temperature"
    assert watch.class_name(is_subclass=True) == "humidity"


def test_a_sensor_of_one_class_has_no_second_threshold() -> None:
    assert watches(POT, SINGLE | {"subattributes": SINGLE}).subthreshold is None


def test_a_sensor_in_continuous_mode_is_forwarded() -> None:
    watch = watches(POT, FORWARD)

    assert watch.forward_to == Target("Roof unit")
    assert not watch.has_thresholds


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
    assert watches(sensor, attributes) is None


def test_a_slot_without_a_registered_sensor_is_not_watched() -> None:
    assert find_watches([Configuration(POT.slot, SINGLE)], [PROBE]) == {}


def test_a_threshold_is_another_one_with_every_part_of_its_setting() -> None:
    base = watches(PROBE, SINGLE | {"subattributes": SINGLE})
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
    assert forwarded(watches(POT, FORWARD), "Barn unit", Value(131.0)) == {
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
    ((reading,),) = forwarded(watches(PROBE, FORWARD), "Barn unit", Value(21.5, 61.7)).values()

    assert reading["value"] == 21.5
    assert reading["subclass"] == {"attribute": "Humidity", "value": 61}


def test_a_second_value_that_did_not_come_is_not_forwarded() -> None:
    ((reading,),) = forwarded(watches(PROBE, FORWARD), "Barn unit", Value(21.5)).values()

    assert "subclass" not in reading


def test_a_sensor_without_labels_is_forwarded_with_an_empty_one() -> None:
    bare = replace(POT, attributes=(), formats=())
    watch = find_watches([Configuration(bare.slot, FORWARD)], [bare])[bare.slot]

    ((reading,),) = forwarded(watch, "Barn unit", Value(131.5)).values()

    assert (reading["attribute"], reading["value"]) == ("", 131.5)

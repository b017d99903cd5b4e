"""When a reading is active, and the text of its condition."""

from typing import Any

import pytest

from iotcloud.readings.alerts.thresholds import Threshold, Zone
from iotcloud.readings.model import is_number

SINGLE = {"mode": 0, "threshold": {"value": 30, "min": 0, "max": 100, "activate": 0}, "alert": {"type": 0}}
OUTSIDE = {"mode": 1, "threshold": {"value": 0, "min": 10, "max": 30, "activate": 0}, "alert": {"type": 0}}
WITHIN = {
    "mode": 1,
    "threshold": {"value": 0, "min": 40, "max": 60, "activate": 1},
    "alert": {"type": 1, "period": 5000},
}


def threshold(properties: dict[str, Any], **changes: object) -> Threshold:
    found = Threshold.from_attributes(properties | {"threshold": properties["threshold"] | changes})
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("properties", "expected"),
    [
        (SINGLE, Threshold(Zone.ABOVE, 30, 30)),
        (OUTSIDE, Threshold(Zone.OUTSIDE, 10, 30)),
        (WITHIN, Threshold(Zone.WITHIN, 40, 60, repeat_ms=5000)),
        ({"mode": 0, "threshold": {}}, Threshold(Zone.ABOVE, 0, 0)),
        ({"mode": 1, "threshold": {}, "alert": {"type": 1}}, Threshold(Zone.OUTSIDE, 0, 100, repeat_ms=60000)),
        ({"mode": 0, "threshold": {"value": 1.5, "hysteresis": 0.5}}, Threshold(Zone.ABOVE, 1.5, 1.5, 0.5)),
    ],
)
def test_from_attributes_reads_an_inputs_properties(properties: dict[str, Any], expected: Threshold) -> None:
    assert Threshold.from_attributes(properties) == expected


@pytest.mark.parametrize(
    "properties",
    [
        {},
        {"mode": 2, "threshold": {}},
        {"mode": 3, "threshold": {}},
        {"mode": "0", "threshold": {}},
        {"mode": 0},
        {"mode": 0, "threshold": 7},
        {"mode": 0, "threshold": {"value": "30"}},
        {"mode": 0, "threshold": {"value": True}},
        {"mode": 0, "threshold": {"value": float("nan")}},
        {"mode": 0, "threshold": {"hysteresis": -1}},
        {"mode": 0, "threshold": {}, "alert": {"period": -1}},
        {"mode": 0, "threshold": {}, "alert": {"period": "x"}},
        {"mode": 0, "threshold": {}, "alert": {"type": 1, "period": 1e29}},
        {"mode": 0, "threshold": {}, "alert": {"type": 1, "period": 2**31}},
        {"mode": 1, "threshold": {"min": 5, "max": 4}},
    ],
)
def test_from_attributes_finds_no_threshold_in_what_makes_no_sense(properties: dict[str, Any]) -> None:
    assert Threshold.from_attributes(properties) is None


@pytest.mark.parametrize(
    ("properties", "active", "inactive"),
    [
        (SINGLE, [30.1, 31, 1000], [30, 29.9, -1]),
        (OUTSIDE, [9.9, 30.1, -5], [10, 30, 20]),
        (WITHIN, [40, 60, 50], [39.9, 60.1]),
    ],
)
def test_a_reading_is_active_beyond_its_limits(
    properties: dict[str, Any], active: list[float], inactive: list[float]
) -> None:
    for was_active in (False, True):
        assert all(threshold(properties).is_active(value, was_active=was_active) for value in active)
        assert not any(threshold(properties).is_active(value, was_active=was_active) for value in inactive)


@pytest.mark.parametrize(
    ("properties", "between"),
    [(SINGLE, [30, 29, 28.1]), (OUTSIDE, [10, 11.9, 28.1, 30]), (WITHIN, [39, 38, 61, 62])],
)
def test_with_hysteresis_a_reading_between_the_limits_stays_what_the_one_before_was(
    properties: dict[str, Any], between: list[float]
) -> None:
    smooth = threshold(properties, hysteresis=2)

    assert all(smooth.is_active(value, was_active=True) for value in between)
    assert not any(smooth.is_active(value, was_active=False) for value in between)


def test_hysteresis_wider_than_a_range_leaves_its_middle_inactive() -> None:
    assert not threshold(OUTSIDE, hysteresis=1000).is_active(20, was_active=True)


@pytest.mark.parametrize(
    ("properties", "value", "is_activation", "text"),
    [
        (SINGLE, 31.2, True, "temperature 31.2 > 30 (activation)"),
        (SINGLE, 29, False, "temperature 29 <= 30 (deactivation)"),
        (OUTSIDE, 2.9, True, "temperature 2.9 < 10 (activation)"),
        (OUTSIDE, 31, True, "temperature 31 > 30 (activation)"),
        (OUTSIDE, 20, False, "temperature 10 <= 20 <= 30 (deactivation)"),
        (WITHIN, 55.0, True, "temperature 40 <= 55.0 <= 60 (activation)"),
        (WITHIN, 39, False, "temperature 39 < 40 (deactivation)"),
        (WITHIN, 61, False, "temperature 61 > 60 (deactivation)"),
    ],
)
def test_describe_says_what_happened_in_the_protocols_words(
    properties: dict[str, Any], value: float, is_activation: bool, text: str
) -> None:
    assert threshold(properties).describe("temperature", value, is_activation=is_activation) == text


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (1, True),
        (1.5, True),
        (-(10**30), True),
        (10**31, False),
        (-1.1e30, False),
        (10**4000, False),
        (True, False),
        ("1", False),
    ],
)
def test_numbers_are_what_can_be_compared(value: object, expected: bool) -> None:
    assert is_number(value) is expected


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf"), None, [1]])
def test_what_cannot_be_compared_is_no_number(value: object) -> None:
    assert not is_number(value)

"""Samples of devices, and the state derived from them."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iotcloud.histories.model import position_of
from iotcloud.peripherals.model import Slot
from iotcloud.readings.alerts.threshold_state import AlertEvent, Reading, ThresholdState, Transition
from iotcloud.readings.model import Extremes, Sample, Value, read_samples
from iotcloud.readings.state.codec import decode_state, encode_state
from iotcloud.readings.state.model import DeviceState, PendingAlert, SensorState
from tests.fakes.messages import after

POT, TEMP, WIND = Slot("i2c", 1, 40), Slot("i2c", 1, 72), Slot("adc", 1)
PROBE = Slot("tprobe", 1)
REPORT = {
    "sensors": {
        "i2c1": [{"address": 40, "value": 131, "class": 3}, {"address": 72, "value": 21.5, "class": 4}],
        "adc1": [{"value": 3.4, "class": 6}],
        "1wire1": [{"value": 19.9, "class": 4}],
        "tprobe1": [{"value": 22.0, "class": 4, "subclass": {"value": 61.5, "class": 5}}],
    }
}
"""The protocol's own example."""


def read(report: object) -> tuple[list[Sample], int]:
    return read_samples(json.dumps(report), after(0), "m1")


def sample(number: int, **values: float) -> Sample:
    slots = {"pot": POT, "temp": TEMP, "wind": WIND}
    return Sample(position_of(after(number), f"m{number}"), {slots[name]: Value(one) for name, one in values.items()})


def test_read_samples_reads_the_protocols_example() -> None:
    (found,), ignored = read(REPORT)

    assert ignored == 0
    assert found.position == position_of(after(0), "m1")
    assert found.values == {
        POT: Value(131),
        TEMP: Value(21.5),
        WIND: Value(3.4),
        Slot("1wire", 1): Value(19.9),
        PROBE: Value(22.0, 61.5),
    }


def test_read_samples_puts_packed_samples_where_they_belong_in_time() -> None:
    wind = {"adc1": [{"value": 1, "class": 6}]}

    found, ignored = read({"samples": [{"age": 5, "sensors": wind}, {"age": 10.5, "sensors": wind}], "sensors": wind})

    assert ignored == 0
    assert [each.at for each in found] == [after(-10.5), after(-5), after(0)]
    assert len({each.position for each in found}) == 3


def test_read_samples_tells_packed_samples_of_one_time_apart() -> None:
    wind = {"adc1": [{"value": 1}]}

    found, _ = read({"samples": [{"age": 0, "sensors": wind}] * 2})

    assert len({each.position for each in found}) == 2


@pytest.mark.parametrize("payload", ["", "{", "[]", "7", "null", "[" * 100_000, "\x00"])
def test_read_samples_finds_nothing_in_what_is_no_report(payload: str) -> None:
    assert read_samples(payload, after(0), "m1") == ([], 1)


@pytest.mark.parametrize(
    "sensors",
    [
        7,
        {"adc1": 7},
        {"adc1": []},
        {"adc1": [7]},
        {"adc1": [{}]},
        {"adc1": [{"value": "3.4"}]},
        {"adc1": [{"value": None}]},
        {"adc1": [{"value": True}]},
        {"adc1": [{"value": 1, "address": 40}]},
        {"adc3": [{"value": 1}]},
        {"adc": [{"value": 1}]},
        {"gpio1": [{"value": 1}]},
        {"uart": [{"value": 1}]},
        {"spi1": [{"value": 1}]},
        {"": [{"value": 1}]},
        {"i2c1": [{"value": 1}]},
        {"i2c1": [{"value": 1, "address": "40"}]},
        {"i2c1": [{"value": 1, "address": True}]},
        {"i2c5": [{"value": 1, "address": 40}]},
    ],
)
def test_read_samples_counts_what_is_no_reading_and_keeps_the_rest(sensors: Any) -> None:
    samples, ignored = read({"sensors": sensors, "samples": [{"age": 0, "sensors": {"adc2": [{"value": 1}]}}]})

    assert [list(each.values) for each in samples] == [[Slot("adc", 2)]]
    assert ignored == 1


@pytest.mark.parametrize("packed", [7, None, [7], [{}], [{"age": -1}], [{"age": 3601}], [{"age": "1"}], [{"age": 1}]])
def test_read_samples_counts_packed_samples_that_are_none(packed: Any) -> None:
    samples, ignored = read({"samples": packed, "sensors": {"adc1": [{"value": 1}]}})

    assert len(samples) == 1
    assert ignored == 1


def test_a_number_that_no_json_can_hold_is_no_reading() -> None:
    assert read_samples('{"sensors": {"adc1": [{"value": NaN}, {"value": 1e999}]}}', after(0), "m1") == ([], 2)


def test_a_second_value_that_is_none_leaves_the_first() -> None:
    ((found,), _) = read({"sensors": {"tprobe1": [{"value": 1, "subclass": {"value": "x"}}]}})

    assert found.values == {PROBE: Value(1)}


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(-5, 5)), min_size=1, max_size=8), st.randoms())
def test_extremes_do_not_depend_on_order_or_on_how_often_a_reading_comes(
    readings: list[tuple[int, int]], draw: Any
) -> None:
    samples = [sample(number, pot=value) for number, value in readings]
    again = [*samples, draw.choice(samples)]
    draw.shuffle(again)

    state = DeviceState().with_samples(again)

    values = [value for _, value in readings]
    assert state.of(POT).extremes == Extremes(min(values), max(values))


def test_readings_from_before_they_were_cleared_do_not_count() -> None:
    state = DeviceState({POT: SensorState(cleared=position_of(after(5)))})

    state = state.with_samples([sample(4, pot=-100), sample(6, pot=3)])

    assert state.of(POT).extremes == Extremes(3, 3)


def test_a_sensor_that_is_sent_no_more_is_missing_until_it_is_sent_again() -> None:
    state = DeviceState().with_samples([sample(1, pot=1, wind=1), sample(2, wind=1)])
    assert state.of(POT).missing_since == sample(2).position
    assert state.of(WIND).missing_since is None

    state = state.with_samples([sample(3, pot=1, wind=1)])
    assert state.of(POT).missing_since is None


def test_an_old_sample_does_not_say_which_sensors_send_now() -> None:
    state = DeviceState().with_samples([sample(1, pot=1), sample(3, pot=1, wind=1)])

    assert state.with_samples([sample(2, pot=1)]) == state


def test_samples_that_say_nothing_new_change_nothing() -> None:
    state = DeviceState().with_samples([sample(1, pot=1), sample(2, pot=9)])

    assert state.with_samples([sample(1, pot=1), sample(2, pot=9), sample(3, pot=5)]) == state


positions = st.integers(0, 10**12).map(lambda ms: f"{ms:013d}#m{ms % 7}")
numbers = st.integers(-(10**6), 10**6) | st.floats(-1e6, 1e6)
extremes = st.none() | st.builds(Extremes, numbers, numbers)
threshold_states = st.builds(
    ThresholdState,
    st.text("0123456789abcdef", max_size=12),
    positions,
    st.booleans(),
    st.lists(st.builds(Transition, positions, st.booleans(), positions), max_size=3).map(tuple),
    st.lists(positions, max_size=3).map(tuple),
)
slots = st.sampled_from([POT, TEMP, WIND, PROBE])
states = st.builds(
    DeviceState,
    st.dictionaries(
        slots,
        st.builds(
            SensorState, positions, extremes, extremes, st.none() | positions, threshold_states, threshold_states
        ),
        max_size=3,
    ),
    st.frozensets(slots, max_size=3),
    positions,
    st.lists(
        st.builds(
            PendingAlert,
            slots,
            st.booleans(),
            st.builds(AlertEvent, st.builds(Reading, positions, numbers), st.booleans()),
            st.text(max_size=20),
        ),
        max_size=2,
    ).map(tuple),
)


@given(states)
def test_what_is_remembered_can_be_read_back(state: DeviceState) -> None:
    assert decode_state(encode_state(state)) == state


def test_what_is_remembered_of_a_usual_device_takes_one_kilobyte() -> None:
    """DynamoDB counts a write by the kilobyte; twelve sensors without thresholds fit into one."""
    values = {
        f"{name}{number}": name for name, slots in (("adc", 2), ("1wire", 1), ("tprobe", 1)) for number in (1, slots)
    }
    report = {source: [{"value": 21.5}] for source in values} | {
        f"i2c{number}": [{"address": address, "value": 128} for address in (40, 72)] for number in (1, 2, 3, 4)
    }
    (found,), _ = read({"sensors": report})

    assert len(encode_state(DeviceState().with_samples([found]))) < 900

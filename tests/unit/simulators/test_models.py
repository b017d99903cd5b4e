"""Simulated values: walks within their class, and scripts from files."""

from itertools import pairwise
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.devices.python.models import SENSOR_CLASSES, Script, SensorClass, UnreadableScript, Walk, read_scripts

INPUTS = [one for one in SENSOR_CLASSES.values() if one.is_input]


def test_classes_are_those_of_the_protocol() -> None:
    assert {number: one.name for number, one in SENSOR_CLASSES.items()} == {
        0: "speaker", 1: "display", 2: "light", 3: "potentiometer", 4: "temperature",
        5: "humidity", 6: "anemometer", 7: "battery", 8: "fluid",
    }  # fmt: skip
    assert [one.number for one in INPUTS] == [3, 4, 5, 6, 7, 8]


@pytest.mark.parametrize("sensor_class", INPUTS, ids=lambda one: one.name)
@given(seed=st.integers())
def test_walk_stays_within_its_class_and_moves_by_steps(sensor_class: SensorClass, seed: int) -> None:
    walk = Walk(sensor_class, {}, Random(seed))
    values = [walk.next() for _ in range(50)]
    assert all(sensor_class.lowest <= value <= sensor_class.highest for value in values)
    slack = 1 if sensor_class.decimals == 0 else 0.1
    assert all(abs(one - next_) <= sensor_class.step + slack for one, next_ in pairwise(values))


@pytest.mark.parametrize(("chosen", "highest"), [(0, 255), (1, 99), (2, 15), (3, 9), (4, 255), ("x", 255)])
def test_potentiometer_gives_whole_numbers_within_its_range(chosen: object, highest: int) -> None:
    walk = Walk(SENSOR_CLASSES[3], {"range": chosen}, Random(7))
    values = [walk.next() for _ in range(2000)]
    assert all(isinstance(value, int) and 0 <= value <= highest for value in values)
    assert max(values) > highest * 0.8


def test_same_seed_walks_the_same_way() -> None:
    one, other = (Walk(SENSOR_CLASSES[4], {}, Random(3)) for _ in range(2))
    assert [one.next() for _ in range(20)] == [other.next() for _ in range(20)]


def test_script_begins_again_at_its_end() -> None:
    script = Script([1, 2.5])
    assert [script.next() for _ in range(5)] == [1, 2.5, 1, 2.5, 1]


def test_scripts_are_read_from_csv_and_json(tmp_path: Path) -> None:
    table, objects = tmp_path / "values.csv", tmp_path / "values.json"
    table.write_text("i2c1@40,tprobe1/subclass\n131,61.5\n132,\n")
    objects.write_text('{"i2c1@40": [131, 132], "tprobe1/subclass": [61.5]}')
    assert read_scripts(table) == read_scripts(objects) == {"i2c1@40": [131, 132], "tprobe1/subclass": [61.5]}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", "i2c1@40\nwarm\n"),
        ("a.json", "{"),
        ("a.json", "[1]"),
        ("a.json", '{"adc1": []}'),
        ("a.json", '{"adc1": ["x"]}'),
    ],
)
def test_unreadable_scripts_are_refused(tmp_path: Path, name: str, content: str) -> None:
    path = tmp_path / name
    path.write_text(content)
    with pytest.raises(UnreadableScript, match=name):
        read_scripts(path)
    with pytest.raises(UnreadableScript):
        read_scripts(tmp_path / "absent.json")

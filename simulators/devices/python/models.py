"""Sources of simulated values: a random walk or a script; and the classes of sensors."""

import csv
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from random import Random
from typing import Protocol

from simulators.devices.python.payloads import Payload

Number = int | float

SUBCLASS = "/subclass"
"""Suffix of a two-class sensor's name for its second value."""


@dataclass(frozen=True)
class SensorClass:
    """A row of `classes.json`. The figures of the walk are in the unit of the sensor; outputs have none."""

    number: int
    name: str
    type: str
    lowest: Number = 0
    highest: Number = 0
    start: Number = 0
    step: Number = 0
    """The largest change between two readings."""
    decimals: int = 0
    ranges: tuple[int, ...] = ()
    """Highest values that the property `range` chooses from."""

    @property
    def is_input(self) -> bool:
        return self.type == "input"


def _read_classes() -> Mapping[int, SensorClass]:
    rows = json.loads((Path(__file__).parent.parent / "classes.json").read_text(encoding="utf-8"))
    return {row["number"]: SensorClass(**{**row, "ranges": tuple(row.get("ranges", ()))}) for row in rows}


SENSOR_CLASSES = _read_classes()


class Model(Protocol):
    """A source of values."""

    def next(self) -> Number:
        """Give the value of the next reading."""


class Script:
    """One value after the other, repeated from the beginning."""

    def __init__(self, values: Sequence[Number]) -> None:
        self._values = cycle(values)

    def next(self) -> Number:
        return next(self._values)


class Walk:
    """A random walk within the limits of its class."""

    def __init__(self, sensor_class: SensorClass, attributes: Payload, random: Random) -> None:
        self._class = sensor_class
        self._random = random
        self._value: Number = sensor_class.start
        chosen = attributes.get("range", 0)
        is_choice = isinstance(chosen, int) and 0 <= chosen < len(sensor_class.ranges)
        self._scale = sensor_class.ranges[chosen] / sensor_class.highest if is_choice else 1

    def next(self) -> Number:
        step = self._random.uniform(-self._class.step, self._class.step)
        self._value = min(max(self._value + step, self._class.lowest), self._class.highest)
        value = self._value * self._scale
        return round(value, self._class.decimals) if self._class.decimals else int(value)


class UnreadableScript(ValueError):
    """A file of values is invalid; the message has the reason."""


def read_scripts(path: Path) -> Mapping[str, Sequence[Number]]:
    """Parse values by sensor: `i2c1@40`, `adc1`, `tprobe1`, and `tprobe1/subclass` for its second value.

    A JSON file is an object of lists. A CSV file has a column per sensor, a row per reading; empty cells are skipped.
    """
    try:
        content = path.read_text(encoding="utf-8")
        scripts: object = json.loads(content) if path.suffix == ".json" else _columns(content)
    except (OSError, ValueError) as unreadable:
        raise UnreadableScript(f"{path}: {unreadable}") from unreadable
    if not isinstance(scripts, dict):
        raise UnreadableScript(f"{path}: not an object of lists")
    for sensor, values in scripts.items():
        if not isinstance(values, list) or not values or not all(isinstance(one, int | float) for one in values):
            raise UnreadableScript(f"{path}: {sensor} is not a list of numbers")
    return scripts


def _columns(content: str) -> dict[str, list[Number]]:
    rows = list(csv.DictReader(content.splitlines()))
    names = rows[0].keys() if rows else ()
    return {name: [_number(row[name]) for row in rows if row[name]] for name in names}


def _number(text: str) -> Number:
    return float(text) if "." in text else int(text)

"""What a device reports of its sensors (device protocol 5). No I/O."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Any, TypeGuard

from iotcloud.device_input import MAX_NUMBER, UnusableInput, read_object
from iotcloud.errors import InvalidInput
from iotcloud.histories.model import Message, instant_of, position_of
from iotcloud.peripherals.model import ADDRESSES, BUSES, Sensor, Slot

Number = int | float
MAX_AGE_SECONDS = 3600
"""How old a sample may be when its message arrives."""


@dataclass(frozen=True)
class Value:
    """The values of one sensor; only two-class sensors have the second."""

    value: Number
    subvalue: Number | None = None
    sensor_class: int | None = field(default=None, compare=False)
    """The class reported by the device, by its wire number; None when it reports none."""
    subclass: int | None = field(default=None, compare=False)

    def of_classes(self, sensor_class: int, subclass: int | None) -> "Value | None":
        """The values as a sensor of these classes can measure them; None for another class."""
        if self.sensor_class not in (None, sensor_class):
            return None
        return self if self.subclass in (None, subclass) else replace(self, subvalue=None)


@dataclass(frozen=True)
class Sample:
    """The values of a device's sensors at one time, with its position among all samples of the device."""

    position: str
    values: Mapping[Slot, Value]
    message: str = field(default="", compare=False)
    """The position of the message that brought it; empty for its own."""

    @property
    def received(self) -> str:
        """The position in the order of arrival."""
        return self.message or self.position

    @property
    def at(self) -> datetime:
        return instant_of(self.position)


def read_samples(payload: str, received_at: datetime, message_id: str) -> tuple[list[Sample], int]:
    """Parse the samples of a `sensor_reading`, and count its invalid entries.

    A device sends one sample, `{"sensors": {...}}`, timed at its arrival. To save messages it may send several,
    `{"samples": [{"age": seconds, "sensors": {...}}, ...]}`, each `age` seconds older than that.
    """
    try:
        members = read_object(payload, skips_numbers=True)
    except UnusableInput:
        return [], 1
    message = position_of(received_at, message_id)
    packed = members.get("samples", [])
    found = [_read_sample(one, received_at, f"{message_id}+{n}", message) for n, one in enumerate(_listed(packed))]
    if "sensors" in members:
        values, ignored = _read_values(members["sensors"])
        found.append((Sample(message, values, message), ignored))
    samples = sorted((sample for sample, _ in found if sample.values), key=attrgetter("position"))
    return samples, sum(ignored for _, ignored in found) + (0 if isinstance(packed, list) else 1)


def _read_sample(one: Any, received_at: datetime, message_id: str, message: str) -> tuple[Sample, int]:
    age = one.get("age") if isinstance(one, dict) else None
    if not is_number(age) or not 0 <= age <= MAX_AGE_SECONDS:
        return Sample("", {}), 1
    values, ignored = _read_values(one.get("sensors"))
    return Sample(position_of(received_at - timedelta(seconds=age), message_id), values, message), ignored


def _read_values(sensors: Any) -> tuple[dict[Slot, Value], int]:
    if not isinstance(sensors, dict):
        return {}, 1
    values: dict[Slot, Value] = {}
    ignored = 0
    for source, entries in sensors.items():
        for entry in _listed(entries) or [None]:
            slot, value = _read_slot(source, entry), _read_value(entry)
            if slot is None or value is None:
                ignored += 1
            else:
                values[slot] = value
    return values, ignored


def _read_slot(source: str, entry: Any) -> Slot | None:
    address = entry.get("address") if isinstance(entry, dict) else None
    if address is not None and (type(address) is not int or address not in ADDRESSES):
        return None
    try:
        slot = Slot.from_source(source, address)
    except InvalidInput:
        return None
    return slot if slot.peripheral in BUSES else None


def _read_value(entry: Any) -> Value | None:
    if not isinstance(entry, dict) or not is_number(entry.get("value")):
        return None
    second = entry.get("subclass")
    second = second if isinstance(second, dict) else {}
    subvalue = second.get("value")
    return Value(entry["value"], subvalue if is_number(subvalue) else None, _class_of(entry), _class_of(second))


def _class_of(entry: Mapping[str, Any]) -> int | None:
    number = entry.get("class")
    return number if isinstance(number, int) and not isinstance(number, bool) else None


def measured_by(sensor: Sensor, sample: Sample) -> Value | None:
    """The values of a sample that belong to a sensor: of its class, and received after its registration."""
    value = sample.values.get(sensor.slot)
    if value is None or sample.received < position_of(sensor.registered_at):
        return None
    return value.of_classes(sensor.class_number, sensor.subclass_number)


def of_sensors(sensors: Iterable[Sensor], samples: Iterable[Sample]) -> tuple[Sample, ...]:
    """Remove values from samples that do not belong to the sensors registered in the slots."""
    by_slot = {sensor.slot: sensor for sensor in sensors}
    return tuple(
        replace(sample, values=dict(_measured(by_slot, sample))) if by_slot.keys() & sample.values.keys() else sample
        for sample in samples
    )


def _measured(sensors: Mapping[Slot, Sensor], sample: Sample) -> Iterator[tuple[Slot, Value]]:
    for slot, value in sample.values.items():
        measured = measured_by(sensors[slot], sample) if slot in sensors else value
        if measured is not None:
            yield slot, measured


def _listed(entries: Any) -> list[Any]:
    return entries if isinstance(entries, list) else []


@dataclass(frozen=True)
class Extremes:
    """The lowest and the highest of a sensor's values."""

    lowest: Number
    highest: Number

    def widened(self, value: Number) -> "Extremes":
        """The same, with one more value."""
        return (
            self
            if self.lowest <= value <= self.highest
            else Extremes(min(self.lowest, value), max(self.highest, value))
        )


def widen(known: Extremes | None, value: Number | None) -> Extremes | None:
    """Extend the extremes by a value; either may be None."""
    if value is None:
        return known
    return Extremes(value, value) if known is None else known.widened(value)


def is_number(value: object) -> TypeGuard[Number]:
    """Whether this is a number within the bounds of readings: no boolean, no NaN, not beyond MAX_NUMBER."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= MAX_NUMBER


def samples_of(messages: Sequence[Message]) -> list[Sample]:
    """Read the samples of messages, and put them in order."""
    found = [
        sample
        for message in messages
        for sample in read_samples(message.payload, message.received_at, message.message_id)[0]
    ]
    return sorted(found, key=lambda sample: sample.position)

"""What a device reports of its sensors (device protocol 5), and what is remembered of each. No I/O."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from iotcloud.device_input import UnusableInput, read_object
from iotcloud.errors import InvalidInput
from iotcloud.histories.model import OLDEST, instant_of, position_of
from iotcloud.peripherals.model import ADDRESSES, BUSES, Sensor, Slot
from iotcloud.readings.alerts.inactivity import Inactivity
from iotcloud.readings.alerts.threshold_state import UNEVALUATED, AlertEvent, ThresholdState
from iotcloud.readings.alerts.thresholds import Number, is_number

MAX_AGE_SECONDS = 3600
"""How old a sample may be when its message arrives."""
MAX_PLACES = 256
"""Slots of a device whose extremes are kept without a sensor being set up there: twice what can be registered."""
MAX_PENDING = 256
"""Alerts that one change of the state raises; beyond, the newest count. One for each class of 128 sensors."""


@dataclass(frozen=True)
class Value:
    """What one sensor measured; the second number only of two-class sensors."""

    value: Number
    subvalue: Number | None = None
    sensor_class: int | None = field(default=None, compare=False)
    """What the device says that it measured, as devices number classes; None when it does not say."""
    subclass: int | None = field(default=None, compare=False)

    def of_classes(self, sensor_class: int, subclass: int | None) -> "Value | None":
        """The same as a sensor of these classes can have measured it; None when it was another class."""
        if self.sensor_class not in (None, sensor_class):
            return None
        return self if self.subclass in (None, subclass) else replace(self, subvalue=None)


@dataclass(frozen=True)
class Sample:
    """What the sensors of a device measured at one time, at its place among all samples of the device."""

    position: str
    values: Mapping[Slot, Value]
    message: str = field(default="", compare=False)
    """The position of the message that brought it; empty for its own."""

    @property
    def received(self) -> str:
        """Where it stands in the order in which messages came."""
        return self.message or self.position

    @property
    def at(self) -> datetime:
        return instant_of(self.position)


def read_samples(payload: str, received_at: datetime, message_id: str) -> tuple[list[Sample], int]:
    """Read the samples of a `sensor_reading`, and count what in it is no reading.

    A device sends one sample, `{"sensors": {...}}`, of the time at which it arrives. To save messages it may send
    several, `{"samples": [{"age": seconds, "sensors": {...}}, ...]}`, each of `age` seconds before that.
    """
    try:
        members = read_object(payload, skips_numbers=True)
    except UnusableInput:
        return [], 1
    packed = members.get("samples", [])
    found = [_read_sample(one, received_at, f"{message_id}+{n}") for n, one in enumerate(_listed(packed))]
    if "sensors" in members:
        values, ignored = _read_values(members["sensors"])
        found.append((Sample(position_of(received_at, message_id), values), ignored))
    message = position_of(received_at, message_id)
    samples = sorted(
        (replace(sample, message=message) for sample, _ in found if sample.values), key=lambda sample: sample.position
    )
    return samples, sum(ignored for _, ignored in found) + (0 if isinstance(packed, list) else 1)


def _read_sample(one: Any, received_at: datetime, message_id: str) -> tuple[Sample, int]:
    age = one.get("age") if isinstance(one, dict) else None
    if not is_number(age) or not 0 <= age <= MAX_AGE_SECONDS:
        return Sample("", {}), 1
    values, ignored = _read_values(one.get("sensors"))
    return Sample(position_of(received_at - timedelta(seconds=age), message_id), values), ignored


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
    if address is not None and (not isinstance(address, int) or isinstance(address, bool)):
        return None
    try:
        slot = Slot.from_source(source, address)
    except InvalidInput:
        return None
    if slot.address is not None and slot.address not in ADDRESSES:
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
    """What a sensor measured, of all that a sample has: nothing of another class, and nothing that came before it was
    registered."""
    value = sample.values.get(sensor.slot)
    if value is None or sample.received < position_of(sensor.registered_at):
        return None
    return value.of_classes(sensor.class_number, sensor.subclass_number)


def of_sensors(sensors: Iterable[Sensor], samples: Iterable[Sample]) -> tuple[Sample, ...]:
    """Leave out of samples what the sensors that are registered in the slots did not measure."""
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
        return Extremes(min(self.lowest, value), max(self.highest, value))


def widen(known: Extremes | None, value: Number | None) -> Extremes | None:
    """Take a value among those of which the extremes are known; there may be neither."""
    if value is None:
        return known
    return Extremes(value, value) if known is None else known.widened(value)


@dataclass(frozen=True)
class RegisteredSensor:
    """What a slot's readings are held against: since when a sensor is registered there, and of which classes."""

    since: str
    """A position: what was received before it does not count."""
    sensor_class: int
    subclass: int | None = None


@dataclass(frozen=True)
class SensorState:
    """What is remembered of one sensor beside its readings, which lie in the log."""

    cleared: str = OLDEST
    """Readings from before this do not count any more."""
    extremes: Extremes | None = None
    subextremes: Extremes | None = None
    missing_since: str | None = None
    """From where on the device sends nothing of this sensor; None while it does."""
    threshold_state: ThresholdState = UNEVALUATED
    subthreshold_state: ThresholdState = UNEVALUATED
    inactivity: Inactivity | None = None
    """None: its owner did not ask to be told when it is silent, or it is switched off."""
    sensor: "RegisteredSensor | None" = None
    """The sensor whose readings these are; None when none was registered, or before this was remembered."""

    def with_sample(self, sample: Sample, value: Value) -> "SensorState":
        """Take a reading into the extremes. The order of readings does not matter, nor does taking one twice."""
        if sample.position < self.cleared:
            return self
        if self.sensor is not None:
            own = value.of_classes(self.sensor.sensor_class, self.sensor.subclass)
            if own is None or sample.received < self.sensor.since:
                return self
            value = own
        return replace(
            self,
            extremes=widen(self.extremes, value.value),
            subextremes=widen(self.subextremes, value.subvalue),
        )


@dataclass(frozen=True)
class PendingAlert:
    """Something that is to be told and may not have been handed on yet."""

    slot: Slot
    is_subclass: bool
    event: AlertEvent
    condition: str
    is_inactivity: bool = False
    """Whether this is about no readings, and not about their values."""


@dataclass(frozen=True)
class DeviceState:
    """What is remembered of all sensors of a device.

    It is written only when something in it changes, which readings seldom do: that is what keeps a reading's price at
    one write. The latest values are not in it; they are the log's newest.
    """

    slots: Mapping[Slot, SensorState] = field(default_factory=dict)
    sending: frozenset[Slot] = frozenset()
    """The sensors of which the device sent something, by the newest sample that changed this."""
    sending_since: str = OLDEST
    pending: tuple[PendingAlert, ...] = ()

    def of(self, slot: Slot) -> SensorState:
        """What is remembered of a sensor; nothing, at first."""
        return self.slots.get(slot, SensorState())

    @property
    def due_at(self) -> datetime | None:
        """When somebody has to look whether a sensor is silent, or to hand on what that has to tell; None: never."""
        waiting = [one.event.reading.at for one in self.pending if one.is_inactivity]
        inactivities = [state.inactivity for state in self.slots.values() if state.inactivity is not None]
        return min([*waiting, *(one.due_at for one in inactivities if not one.is_inactive)], default=None)

    def reach(self, first: str) -> str:
        """Return from where on the log must be judged anew when there is a new sample at `first`."""
        threshold_states = [
            one for state in self.slots.values() for one in (state.threshold_state, state.subthreshold_state)
        ]
        return min((threshold_state.reach(first) for threshold_state in threshold_states), default=first)

    def with_slot(self, slot: Slot, state: SensorState) -> "DeviceState":
        """The same, with a sensor's memory replaced."""
        return replace(self, slots={**self.slots, slot: state})

    def with_samples(self, samples: Iterable[Sample]) -> "DeviceState":
        """Take samples, in order, into the extremes and into what is known of which sensors send."""
        slots = dict(self.slots)
        state = self
        for sample in samples:
            for slot, value in sample.values.items():
                if slot in slots or len(slots) < MAX_PLACES:
                    slots[slot] = slots.get(slot, SensorState()).with_sample(sample, value)
            state = replace(state, slots=slots)._with_sending(sample)
            slots = dict(state.slots)
        return state

    def with_pending(self, pending: Iterable[PendingAlert]) -> "DeviceState":
        """Take alerts that are to be raised; when there are too many, the newest."""
        waiting = (*self.pending, *pending)
        if len(waiting) > MAX_PENDING:
            waiting = tuple(sorted(waiting, key=lambda one: one.event.reading.position)[-MAX_PENDING:])
        return replace(self, pending=waiting)

    def with_depth(self, transitions: int) -> "DeviceState":
        """The same with at most so many turns and repeats of each threshold, so that it takes less room."""
        shortened = {
            slot: replace(
                one,
                threshold_state=one.threshold_state.shortened(transitions),
                subthreshold_state=one.subthreshold_state.shortened(transitions),
            )
            for slot, one in self.slots.items()
        }
        return replace(self, slots=shortened)

    def _with_sending(self, sample: Sample) -> "DeviceState":
        sending = frozenset(sample.values) & self.slots.keys()
        if sending == self.sending or sample.position < self.sending_since:
            return self
        slots = dict(self.slots)
        for slot in self.sending ^ sending:
            slots[slot] = replace(self.of(slot), missing_since=None if slot in sending else sample.position)
        return replace(self, slots=slots, sending=sending, sending_since=sample.position)


@dataclass(frozen=True)
class VersionedState:
    """What is remembered of a device, and the count of writes by which a change in between shows."""

    state: DeviceState = field(default_factory=DeviceState)
    version: int = 0


class VersionConflict(Exception):
    """Someone else wrote the memory since it was read: read again, and judge again."""

"""State kept per device beside its readings: extremes, threshold states, pending alerts. No I/O."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from iotcloud.histories.model import OLDEST
from iotcloud.peripherals.model import Slot
from iotcloud.readings.alerts.inactivity import Inactivity
from iotcloud.readings.alerts.threshold_state import UNEVALUATED, AlertEvent, ThresholdState
from iotcloud.readings.model import Extremes, Sample, Value, widen

MAX_PLACES = 256
"""Slots per device whose extremes are kept without a registered sensor: twice the number that can be registered."""
MAX_PENDING = 256
"""Alerts that one change of the state raises; beyond, the newest count. One for each class of 128 sensors."""


@dataclass(frozen=True)
class RegisteredSensor:
    """The sensor of a slot: its registration time and its classes."""

    since: str
    """A position. Readings received before it are ignored."""
    sensor_class: int
    subclass: int | None = None


@dataclass(frozen=True)
class SensorState:
    """The state of one sensor. Its readings are in the log."""

    cleared: str = OLDEST
    """Readings from before this do not count any more."""
    extremes: Extremes | None = None
    subextremes: Extremes | None = None
    missing_since: str | None = None
    """The position since which the device sends nothing of this sensor; None while it does."""
    threshold_state: ThresholdState = UNEVALUATED
    subthreshold_state: ThresholdState = UNEVALUATED
    inactivity: Inactivity | None = None
    """None when no inactivity limit is set, or the sensor is disabled."""
    sensor: "RegisteredSensor | None" = None
    """The sensor of these readings; None without a registered one, and in old rows."""

    def with_sample(self, sample: Sample, value: Value) -> "SensorState":
        """Take a reading into the extremes. The order of readings does not matter, nor does taking one twice."""
        if sample.position < self.cleared:
            return self
        if self.sensor is not None:
            own = value.of_classes(self.sensor.sensor_class, self.sensor.subclass)
            if own is None or sample.received < self.sensor.since:
                return self
            value = own
        extremes, subextremes = widen(self.extremes, value.value), widen(self.subextremes, value.subvalue)
        if (extremes, subextremes) == (self.extremes, self.subextremes):
            return self
        return replace(self, extremes=extremes, subextremes=subextremes)


NOTHING_KNOWN = SensorState()


@dataclass(frozen=True)
class PendingAlert:
    """An alert that may not have been sent yet."""

    slot: Slot
    is_subclass: bool
    event: AlertEvent
    condition: str
    is_inactivity: bool = False
    """Whether this is about no readings, and not about their values."""


@dataclass(frozen=True)
class DeviceState:
    """The state of all sensors of a device.

    It is written only when it changes, which few readings cause: so most readings cost one write. The latest values
    are not part of it; the log has them.
    """

    slots: Mapping[Slot, SensorState] = field(default_factory=dict)
    sending: frozenset[Slot] = frozenset()
    """The sensors of which the device sent something, by the newest sample that changed this."""
    sending_since: str = OLDEST
    pending: tuple[PendingAlert, ...] = ()

    def of(self, slot: Slot) -> SensorState:
        """The state of a sensor, empty at first."""
        return self.slots.get(slot, NOTHING_KNOWN)

    @property
    def due_at(self) -> datetime | None:
        """When the next inactivity check is due, or alerts of one are pending; None for never."""
        waiting = [one.event.reading.at for one in self.pending if one.is_inactivity]
        inactivities = [state.inactivity for state in self.slots.values() if state.inactivity is not None]
        return min([*waiting, *(one.due_at for one in inactivities if not one.is_inactive)], default=None)

    def reach(self, first: str) -> str:
        """Return where evaluation of the log must start when there is a new sample at `first`."""
        threshold_states = [
            one for state in self.slots.values() for one in (state.threshold_state, state.subthreshold_state)
        ]
        return min((threshold_state.reach(first) for threshold_state in threshold_states), default=first)

    def with_slot(self, slot: Slot, state: SensorState) -> "DeviceState":
        """The same, with a sensor's state replaced."""
        return replace(self, slots={**self.slots, slot: state})

    def with_samples(self, samples: Iterable[Sample]) -> "DeviceState":
        """Apply samples, in order, to the extremes and to the record of sending sensors."""
        slots, sending, since = dict(self.slots), self.sending, self.sending_since
        for sample in samples:
            for slot, value in sample.values.items():
                if slot in slots or len(slots) < MAX_PLACES:
                    slots[slot] = slots.get(slot, NOTHING_KNOWN).with_sample(sample, value)
            now_sending = sample.values.keys() & slots.keys()
            if now_sending == sending or sample.position < since:
                continue
            for slot in sending ^ now_sending:
                missing_since = None if slot in now_sending else sample.position
                slots[slot] = replace(slots.get(slot, NOTHING_KNOWN), missing_since=missing_since)
            sending, since = frozenset(now_sending), sample.position
        return replace(self, slots=slots, sending=sending, sending_since=since)

    def with_pending(self, pending: Iterable[PendingAlert]) -> "DeviceState":
        """Take alerts that are to be raised; when there are too many, the newest."""
        waiting = (*self.pending, *pending)
        if len(waiting) > MAX_PENDING:
            waiting = tuple(sorted(waiting, key=lambda one: one.event.reading.position)[-MAX_PENDING:])
        return replace(self, pending=waiting)

    def with_depth(self, transitions: int) -> "DeviceState":
        """The same with at most so many transitions and repeats per threshold, to save space."""
        shortened = {
            slot: replace(
                one,
                threshold_state=one.threshold_state.shortened(transitions),
                subthreshold_state=one.subthreshold_state.shortened(transitions),
            )
            for slot, one in self.slots.items()
        }
        return replace(self, slots=shortened)


@dataclass(frozen=True)
class VersionedState:
    """The state of a device with its version, for optimistic locking."""

    state: DeviceState = field(default_factory=DeviceState)
    version: int = 0


class VersionConflict(Exception):
    """Another worker wrote the state since it was read: read and evaluate again."""

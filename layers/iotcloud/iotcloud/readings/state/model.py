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
"""Slots of a device whose extremes are kept without a sensor being set up there: twice what can be registered."""
MAX_PENDING = 256
"""Alerts that one change of the state raises; beyond, the newest count. One for each class of 128 sensors."""


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
        extremes, subextremes = widen(self.extremes, value.value), widen(self.subextremes, value.subvalue)
        if (extremes, subextremes) == (self.extremes, self.subextremes):
            return self
        return replace(self, extremes=extremes, subextremes=subextremes)


NOTHING_KNOWN = SensorState()


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
        return self.slots.get(slot, NOTHING_KNOWN)

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


@dataclass(frozen=True)
class VersionedState:
    """What is remembered of a device, and the count of writes by which a change in between shows."""

    state: DeviceState = field(default_factory=DeviceState)
    version: int = 0


class VersionConflict(Exception):
    """Someone else wrote the memory since it was read: read again, and judge again."""

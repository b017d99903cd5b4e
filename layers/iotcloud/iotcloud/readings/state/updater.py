"""Remembers of a device's sensors what readings alone do not say: their extremes, which of them send, and what was told
of their thresholds and silence. Correct with any number of workers, in any order of readings, however often they come.

The readings are in the log before this begins. The log is read, the memory is written over the version that was read,
and both are read again until nothing changes: of several workers at one device, the last to write sees everything.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Protocol

from iotcloud.errors import DependencyFailed
from iotcloud.histories.model import Lane
from iotcloud.peripherals.model import Slot
from iotcloud.readings.alerts.rules import SensorRules
from iotcloud.readings.model import Sample, samples_of
from iotcloud.readings.state.evaluation import evaluate_samples, look_back
from iotcloud.readings.state.lookback import Lookback, ReadingLog
from iotcloud.readings.state.model import DeviceState, PendingAlert, VersionConflict, VersionedState

MAX_ATTEMPTS = 20
"""How often one batch may write a device's memory; more means that other workers never leave it alone."""


class StateContention(DependencyFailed):
    """Others wrote a device's memory again and again; what was to be done with it is to be tried again."""

    message = "Sensor memory is busy"


class DeviceStates(Protocol):
    """What is remembered of devices' sensors."""

    def find(self, registrations: Mapping[str, str]) -> Mapping[str, VersionedState]: ...

    def save(self, deviceid: str, registration: str, state: DeviceState, version: int) -> None:
        """Write over the version that was read; raise VersionConflict."""
        ...


class AlertSink(Protocol):
    """The way to those who tell people and devices."""

    def tell(self, batch: "Batch", events: Sequence[PendingAlert]) -> None:
        """Hand on, each at least once; the receiver tells them apart. Raise DependencyFailed."""
        ...


@dataclass(frozen=True)
class Batch:
    """New samples of one device, by position."""

    owner: str
    deviceid: str
    registration: str
    samples: tuple[Sample, ...]


@dataclass(frozen=True)
class StateUpdate:
    """What came of a batch."""

    told: int = 0
    is_late: bool = False
    """Whether the samples were too old to be judged."""
    since: tuple[Sample, ...] = ()
    """All samples of the device from the batch's first on, if its readings are watched."""


@dataclass(frozen=True)
class StateUpdater:
    """Takes batches of samples into devices' memories, and hands on what is to be told of them."""

    log: ReadingLog
    states: DeviceStates
    events: AlertSink

    def update(self, batch: Batch, rules_by_slot: Mapping[Slot, SensorRules], kept: VersionedState) -> StateUpdate:
        """Take a batch that is in the log; `kept` is the memory as it was last read.

        What is to be told is first written into the memory and then handed on: a worker that dies in between leaves
        it to the next. Raise DependencyFailed, as StateContention is one: then the batch is to be taken again.
        """
        since: tuple[Sample, ...] | None = ()
        for _ in range(MAX_ATTEMPTS):
            since = self._read_log(batch, kept.state) if rules_by_slot else ()
            state = kept.state.with_samples(batch.samples)
            if since:
                lookback = Lookback(self.log, batch.deviceid, batch.registration, kept.state)
                state = evaluate_samples(
                    state, rules_by_slot, since, partial(lookback.find_previous, since[0].position)
                )
            if state == kept.state:
                break
            kept = self._save(batch, state, kept)
        else:
            raise StateContention
        self._hand_on(batch, kept)
        return StateUpdate(told=len(kept.state.pending), is_late=since is None, since=since or ())

    def check(
        self, device: "Batch", rules_by_slot: Mapping[Slot, SensorRules], kept: VersionedState, until: datetime
    ) -> int:
        """Look which of a device's sensors were silent up to an instant, tell of it, and return how much was told.

        `device` is a batch without samples. Sensors that are watched no more are not looked at again. Raise
        DependencyFailed: then nothing is lost, and the device stays due.
        """
        for _ in range(MAX_ATTEMPTS):
            state = self._with_inactivity(device, rules_by_slot, kept.state, until)
            if state == kept.state:
                break
            kept = self._save(device, state, kept)
        else:
            raise StateContention
        self._hand_on(device, kept)
        return len(kept.state.pending)

    def _with_inactivity(
        self, device: "Batch", rules_by_slot: Mapping[Slot, SensorRules], state: DeviceState, until: datetime
    ) -> DeviceState:
        lookback = Lookback(self.log, device.deviceid, device.registration, state)
        for slot, known in state.slots.items():
            if known.inactivity is None:
                continue
            if slot not in rules_by_slot or rules_by_slot[slot].inactivity_seconds is None:
                state = state.with_slot(slot, replace(known, inactivity=None))
            elif known.inactivity.is_over(until):
                inactivity, told = look_back(rules_by_slot[slot], known.inactivity, lookback, until)
                state = state.with_slot(slot, replace(known, inactivity=inactivity))
                state = state.with_pending(told)
        return state

    def _read_log(self, batch: Batch, state: DeviceState) -> tuple[Sample, ...] | None:
        """Read all samples from the batch's first on; from its last on when that is too much, None when that is too."""
        for oldest in (state.reach(batch.samples[0].position), state.reach(batch.samples[-1].position)):
            messages = self.log.read_on(batch.deviceid, batch.registration, Lane.READINGS, oldest)
            if messages is not None:
                return tuple(sample for sample in samples_of(messages) if sample.position >= oldest)
        return None

    def _save(self, batch: Batch, state: DeviceState, kept: VersionedState) -> VersionedState:
        """Write a memory, and return what is kept now: another worker's, if that came first."""
        try:
            self.states.save(batch.deviceid, batch.registration, state, kept.version)
        except VersionConflict:
            return self.states.find({batch.deviceid: batch.registration})[batch.deviceid]
        return VersionedState(state, kept.version + 1)

    def _hand_on(self, batch: Batch, kept: VersionedState) -> None:
        told = kept.state.pending
        if told:
            self.events.tell(batch, told)
        while any(one in told for one in kept.state.pending):
            rest = tuple(one for one in kept.state.pending if one not in told)
            kept = self._save(batch, replace(kept.state, pending=rest), kept)

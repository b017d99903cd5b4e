"""Maintains per-device sensor state: extremes, which sensors send, and the state of alerts. Safe under concurrency,
redelivery and reordering.

Readings are in the log first. Then, with optimistic locking: read the log, evaluate, write the state conditionally, and
repeat until nothing changes. Of several workers on one device, the last to write sees everything.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial

from iotcloud.errors import DependencyFailed
from iotcloud.histories.model import Lane
from iotcloud.peripherals.model import Slot
from iotcloud.readings.alerts.rules import SensorRules
from iotcloud.readings.interfaces import AlertSink, DeviceStates, ReadingLog
from iotcloud.readings.model import Sample, samples_of
from iotcloud.readings.state.evaluation import evaluate_samples, look_back
from iotcloud.readings.state.lookback import Lookback
from iotcloud.readings.state.model import DeviceState, VersionConflict, VersionedState

MAX_ATTEMPTS = 20
"""Optimistic-lock attempts before StateContention is raised."""


class StateContention(DependencyFailed):
    """Other workers kept writing a device's state. The operation can be retried."""

    message = "Sensor memory is busy"


@dataclass(frozen=True)
class Batch:
    """New samples of one device, by position."""

    owner: str
    deviceid: str
    registration: str
    samples: tuple[Sample, ...]


@dataclass(frozen=True)
class StateUpdate:
    """The outcome of a batch."""

    told: int = 0
    is_late: bool = False
    """Whether the samples were too old to be evaluated."""
    since: tuple[Sample, ...] = ()
    """All samples of the device from the batch's first on, if its readings are watched."""
    state: DeviceState = field(default_factory=DeviceState)
    """The device's state after the batch."""


@dataclass(frozen=True)
class StateUpdater:
    """Applies batches of samples to devices' states, and sends the resulting alerts."""

    log: ReadingLog
    states: DeviceStates
    events: AlertSink

    def update(self, batch: Batch, rules_by_slot: Mapping[Slot, SensorRules], kept: VersionedState) -> StateUpdate:
        """Apply a batch that is in the log. `kept` is the state as last read.

        Alerts are first written into the state and then sent (outbox): after a crash in between, the next worker sends
        them. Raise DependencyFailed, including StateContention; then retry the batch.
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
            if not rules_by_slot and kept.state is state:
                # Without rules nothing of the log counts, and taking the same samples again changes nothing.
                break
        else:
            raise StateContention
        self._hand_on(batch, kept)
        return StateUpdate(told=len(kept.state.pending), is_late=since is None, since=since or (), state=kept.state)

    def check(
        self, device: "Batch", rules_by_slot: Mapping[Slot, SensorRules], kept: VersionedState, until: datetime
    ) -> int:
        """Check a device's sensors for inactivity up to an instant, send alerts, and return their number.

        `device` is a batch without samples. Sensors without a limit leave the check. Raise DependencyFailed; then
        nothing is lost, and the device stays due.
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
        """Read all samples from the batch's first on. If that exceeds one request, from its last on; None if that does
        too.
        """
        for oldest in (state.reach(batch.samples[0].position), state.reach(batch.samples[-1].position)):
            messages = self.log.read_on(batch.deviceid, batch.registration, Lane.READINGS, oldest)
            if messages is not None:
                return tuple(sample for sample in samples_of(messages) if sample.position >= oldest)
        return None

    def _save(self, batch: Batch, state: DeviceState, kept: VersionedState) -> VersionedState:
        """Write the state. Return the stored one, which is another worker's if that came first."""
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

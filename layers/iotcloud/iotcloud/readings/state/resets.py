"""Forgets readings when their owner deletes them, and thresholds' states when a sensor is set anew or switched; has
sensors be missed that were switched on."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Protocol

from iotcloud.clock import Clock
from iotcloud.errors import SensorBusy
from iotcloud.histories.model import position_of
from iotcloud.peripherals.model import Sensor, Slot
from iotcloud.readings.alerts.inactivity import Inactivity
from iotcloud.readings.alerts.threshold_state import ThresholdState
from iotcloud.readings.state.model import RegisteredSensor, SensorState, VersionConflict
from iotcloud.readings.state.updater import MAX_ATTEMPTS, DeviceStates


class Registrations(Protocol):
    """Knows the registrations of devices."""

    def find_registration(self, deviceid: str) -> str | None:
        """Return the registration of a device; None when there is none."""
        ...


@dataclass(frozen=True)
class StateResets:
    """Changes what is remembered of sensors from now on; readings that are still on their way do not count either.

    Raise SensorBusy when others never leave the memory alone.
    """

    registrations: Registrations
    states: DeviceStates
    clock: Clock

    def reset_slots(self, deviceid: str, slots: Iterable[Slot]) -> None:
        """Forget the readings of slots, their extremes and the states of their thresholds."""
        now = position_of(self.clock())
        forgotten = SensorState(
            cleared=now, threshold_state=ThresholdState(since=now), subthreshold_state=ThresholdState(since=now)
        )
        self._change(deviceid, slots, lambda _: forgotten)

    def begin_slot(self, deviceid: str, sensor: Sensor) -> None:
        """Have a slot begin anew with a sensor: what came before it, or is of another class, is none of its readings.

        Readings that were deleted stay so. Late ones of before count when they come after this.
        """
        now = position_of(self.clock())
        threshold_state = ThresholdState(since=now)
        begun = RegisteredSensor(now, sensor.class_number, sensor.subclass_number)
        self._change(
            deviceid,
            [sensor.slot],
            lambda known: SensorState(
                cleared=known.cleared,
                missing_since=known.missing_since,
                threshold_state=threshold_state,
                subthreshold_state=threshold_state,
                sensor=begun,
            ),
        )

    def clear_slots(self, deviceid: str, slots: Iterable[Slot]) -> None:
        """Forget the readings of slots and their extremes; what their thresholds told stays told."""
        now = position_of(self.clock())
        self._change(deviceid, slots, lambda known: replace(known, cleared=now, extremes=None, subextremes=None))

    def rearm_slot(self, deviceid: str, slot: Slot) -> None:
        """Forget the states of a slot's thresholds: the next reading beyond one is told. It is not missed any more."""
        anew = ThresholdState(since=position_of(self.clock()))
        self._change(
            deviceid,
            [slot],
            lambda known: replace(known, threshold_state=anew, subthreshold_state=anew, inactivity=None),
        )

    def expect_data(self, deviceid: str, slot: Slot, seconds: int) -> None:
        """Have a slot be missed when it sends nothing for so long from now on; one that is missed already stays so."""
        anew = Inactivity(seconds, position_of(self.clock()))
        self._change(deviceid, [slot], lambda known: replace(known, inactivity=known.inactivity or anew))

    def _change(self, deviceid: str, slots: Iterable[Slot], change: Callable[[SensorState], SensorState]) -> None:
        changed, registration = list(slots), self.registrations.find_registration(deviceid)
        if registration is None:
            return
        for _ in range(MAX_ATTEMPTS):
            kept = self.states.find({deviceid: registration})[deviceid]
            state = kept.state
            for slot in changed:
                state = state.with_slot(slot, change(state.of(slot)))
            try:
                self.states.save(deviceid, registration, state, kept.version)
            except VersionConflict:
                continue
            return
        raise SensorBusy

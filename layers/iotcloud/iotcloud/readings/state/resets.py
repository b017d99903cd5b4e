"""Resets of sensor state: when readings are deleted, or a sensor is set, enabled or disabled."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from iotcloud.clock import Clock
from iotcloud.devices.interfaces import Registrations
from iotcloud.errors import SensorBusy
from iotcloud.histories.model import position_of
from iotcloud.peripherals.model import Sensor, Slot
from iotcloud.readings.alerts.inactivity import Inactivity
from iotcloud.readings.alerts.threshold_state import ThresholdState
from iotcloud.readings.interfaces import DeviceStates
from iotcloud.readings.state.model import RegisteredSensor, SensorState, VersionConflict
from iotcloud.readings.state.updater import MAX_ATTEMPTS


@dataclass(frozen=True)
class StateResets:
    """Resets the state of sensors from now on. Readings still in flight are ignored too.

    Raise SensorBusy under contention.
    """

    registrations: Registrations
    states: DeviceStates
    clock: Clock

    def reset_slots(self, deviceid: str, slots: Iterable[Slot]) -> None:
        """Clear the readings of slots, their extremes and the states of their thresholds."""
        now = position_of(self.clock())
        forgotten = SensorState(
            cleared=now, threshold_state=ThresholdState(since=now), subthreshold_state=ThresholdState(since=now)
        )
        self._change(deviceid, slots, lambda _: forgotten)

    def begin_slot(self, deviceid: str, sensor: Sensor) -> None:
        """Start a slot with a new sensor, without earlier readings and those of another class.

        Deleted readings stay deleted. Late readings from before count when they arrive after this.
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
        """Clear the readings of slots and their extremes. The states of their thresholds stay."""
        now = position_of(self.clock())
        self._change(deviceid, slots, lambda known: replace(known, cleared=now, extremes=None, subextremes=None))

    def rearm_slot(self, deviceid: str, slot: Slot) -> None:
        """Reset the states of a slot's thresholds, so that the next active reading raises an alert. Ends its inactivity
        check.
        """
        anew = ThresholdState(since=position_of(self.clock()))
        self._change(
            deviceid,
            [slot],
            lambda known: replace(known, threshold_state=anew, subthreshold_state=anew, inactivity=None),
        )

    def expect_data(self, deviceid: str, slot: Slot, seconds: int) -> None:
        """Start the inactivity check of a slot from now on. A running check continues."""
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

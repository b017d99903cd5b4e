"""Scheduled check for inactive sensors, which alerts their owners."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from iotcloud.batches import Failures
from iotcloud.clock import Clock
from iotcloud.devices.interfaces import DevicesById
from iotcloud.devices.model import RegisteredDevice
from iotcloud.peripherals.interfaces import Configurations, Sensors
from iotcloud.readings.alerts.rules import find_rules
from iotcloud.readings.interfaces import DeviceStates
from iotcloud.readings.state.model import VersionConflict, VersionedState
from iotcloud.readings.state.updater import Batch, StateUpdater

MAX_DEVICES = 1000
"""Devices that one run looks at; more wait for the next."""
LATENESS = timedelta(seconds=30)
"""How long a reading may be on its way through rule, queue and sensorian without being missed."""


@dataclass(frozen=True)
class CheckResult:
    """The outcome of one run."""

    devices: int
    told: int
    failed: Sequence[str]
    """Ids of the devices that remain due."""
    reasons: Mapping[str, int] = field(default_factory=dict)
    """Why, by exception and line."""


@dataclass(frozen=True)
class InactivityCheck:
    """Finds inactive sensors. Runs may overlap each other and the sensorian's; each alert is still raised once."""

    devices: DevicesById
    states: DeviceStates
    configurations: Configurations
    sensors: Sensors
    state_updater: StateUpdater
    clock: Clock

    def run(self) -> CheckResult:
        """Check the devices that are due. A device whose check fails stays due."""
        until = self.clock() - LATENESS
        due = self.states.find_due(until, MAX_DEVICES)
        devices = self.devices.find_devices(due)
        states = self.states.find({deviceid: device.registration for deviceid, device in devices.items()})
        told, failures = 0, Failures()
        for deviceid in due:
            with failures.confined([deviceid]):
                if deviceid in devices:
                    told += self._attend_to(devices[deviceid], states[deviceid], until)
                else:
                    self.states.erase(deviceid)
        return CheckResult(len(due), told, failures.ids, failures.reasons)

    def _attend_to(self, device: RegisteredDevice, kept: VersionedState, until: datetime) -> int:
        if kept.state.due_at is None:
            self._forget_former_life(device, kept)
            return 0
        rules_by_slot = find_rules(self.configurations.list(device.deviceid), self.sensors.list(device.deviceid))
        return self.state_updater.check(
            Batch(device.owner, device.deviceid, device.registration, ()), rules_by_slot, kept, until
        )

    def _forget_former_life(self, device: RegisteredDevice, kept: VersionedState) -> None:
        """Replace the state of an earlier registration, if it still stands, by one that is not due."""
        try:
            self.states.save(device.deviceid, device.registration, kept.state, kept.version)
        except VersionConflict:
            return

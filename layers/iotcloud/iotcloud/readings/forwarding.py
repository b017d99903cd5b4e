"""Forwards readings to another device of the same owner (device protocol 8)."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from iotcloud.devices.interfaces import Publisher
from iotcloud.devices.model import Device
from iotcloud.errors import DeviceNotRegistered
from iotcloud.peripherals.interfaces import Configurations
from iotcloud.peripherals.model import Slot
from iotcloud.readings.alerts.rules import FORWARD_API, SensorRules, Target, forwarded
from iotcloud.readings.interfaces import ForwardingDevices
from iotcloud.readings.model import Sample
from iotcloud.readings.state.updater import Batch

MAX_FORWARDED = 200
"""Readings of one batch that are published to other devices: about two seconds. The newest of a sensor go first."""


NO_TARGET = "target is not registered"


@dataclass
class Forwarded:
    """The outcome of forwarding a batch."""

    sent: int = 0
    failed: Counter[str] = field(default_factory=Counter)
    """How many were not sent, by reason."""


@dataclass(frozen=True)
class Forwarder:
    """Publishes readings to the devices that their owners chose."""

    devices: ForwardingDevices
    configurations: Configurations
    publisher: Callable[[], Publisher]
    """Made when it is needed, since most readings are not forwarded."""

    def forward(self, batch: Batch, rules_by_slot: Mapping[Slot, SensorRules], since: Sequence[Sample]) -> Forwarded:
        """Publish a batch's readings in order. `since` is the complete log from there on.

        A reading older than one already forwarded is skipped: it would set the other device back. A redelivered batch
        is published again, unless newer readings followed. Raise CommunicationFailed.
        """
        positions = {sample.position for sample in batch.samples}
        outcome = Forwarded()
        for slot, rules in rules_by_slot.items():
            if rules.forward_to:
                of_slot = [sample for sample in since if slot in sample.values]
                overtaking = max((each.position for each in of_slot if each.position not in positions), default="")
                due = [each for each in of_slot if each.position in positions and each.position > overtaking]
                self._send(batch.deviceid, rules, rules.forward_to, due[outcome.sent - MAX_FORWARDED :], outcome)
            if outcome.sent >= MAX_FORWARDED:
                break
        return outcome

    def _send(
        self, deviceid: str, rules: SensorRules, meant: Target, samples: Sequence[Sample], outcome: Forwarded
    ) -> None:
        source = self.devices.find_owned(deviceid) if samples else None
        if source is None:
            return
        target = self._find(source, meant)
        if target is None:
            outcome.failed[NO_TARGET] += len(samples)
            return
        names = self._names_of_source(source, target)
        for sample in samples:
            for devicename in names:
                payload = forwarded(rules, devicename, sample.values[rules.sensor.slot])
                self.publisher().publish(target.deviceid, FORWARD_API, payload)
        outcome.sent += len(samples)

    def _find(self, source: Device, meant: Target) -> Device | None:
        """Find the target device among those of the owner of the sensor's device."""
        if meant.deviceid is not None:
            target = self.devices.find_owned(meant.deviceid) if meant.deviceid else None
        else:
            try:
                target = self.devices.find(source.owner, meant.devicename)
            except DeviceNotRegistered:
                return None
        return None if target is None or target.owner != source.owner or target.is_leaving else target

    def _names_of_source(self, source: Device, target: Device) -> Sequence[str]:
        """Return the names of the source device that the target's outputs are configured with.

        Outputs compare names (device protocol 8). Without a configuration the current name is used.
        """
        told = {
            name
            for one in self.configurations.list(target.deviceid)
            for name, deviceid in (one.references or {}).items()
            if deviceid == source.deviceid
        }
        return sorted(told) or [source.devicename]

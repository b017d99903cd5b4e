"""Forwards readings to another device of the same owner (device protocol 8)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from iotcloud.devices.model import Device
from iotcloud.errors import DeviceNotRegistered
from iotcloud.peripherals.model import Slot
from iotcloud.readings.model import Sample
from iotcloud.readings.remembering import Batch
from iotcloud.readings.watches import FORWARD_API, Watch, forwarded

MAX_FORWARDED = 200
"""Readings of one batch that are published to other devices: about two seconds. The newest of a sensor go first."""


class OwnedDevices(Protocol):
    """Devices of owners."""

    def find_owned(self, deviceid: str) -> Device | None:
        """Return a device as its owner sees it; None when it is not registered."""
        ...

    def find(self, username: str, devicename: str) -> Device:
        """Return the device that a user calls so; raise DeviceNotRegistered."""
        ...


class Publisher(Protocol):
    """Sends messages to devices."""

    def publish(self, deviceid: str, api: str, payload: Mapping[str, object]) -> None:
        """Hand a message to the broker, which delivers it at least once; raise CommunicationFailed."""
        ...


@dataclass(frozen=True)
class Forwarder:
    """Publishes readings to the devices that their owners chose."""

    devices: OwnedDevices
    publisher: Callable[[], Publisher]
    """Made when it is needed, since most readings are not forwarded."""

    def forward(self, batch: Batch, watches: Mapping[Slot, Watch], since: Sequence[Sample]) -> int:
        """Publish a batch's readings in order, and return how many; `since` is all that the log holds from there on.

        A reading that another one has overtaken is not sent: the other device would go back to it. A batch that comes
        again is sent again, unless it was overtaken. Raise CommunicationFailed.
        """
        positions = {sample.position for sample in batch.samples}
        count = 0
        for slot, watch in watches.items():
            if watch.forward_to:
                of_slot = [sample for sample in since if slot in sample.values]
                overtaking = max((each.position for each in of_slot if each.position not in positions), default="")
                due = [each for each in of_slot if each.position in positions and each.position > overtaking]
                count += self._send(batch.deviceid, watch, watch.forward_to, due[count - MAX_FORWARDED :])
            if count >= MAX_FORWARDED:
                break
        return count

    def _send(self, deviceid: str, watch: Watch, devicename: str, samples: Sequence[Sample]) -> int:
        source = self.devices.find_owned(deviceid) if samples else None
        if source is None:
            return 0
        try:
            target = self.devices.find(source.owner, devicename)
        except DeviceNotRegistered:
            return 0
        if target.owner != source.owner or target.is_leaving:
            return 0
        for sample in samples:
            payload = forwarded(watch, source.devicename, sample.values[watch.sensor.slot])
            self.publisher().publish(target.deviceid, FORWARD_API, payload)
        return len(samples)

"""What the services of readings need from stores, adapters and other features."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from iotcloud.devices.model import Device, RegisteredDevice
from iotcloud.histories.model import (
    Lane,
    Message,
    Span,
    Stretch,
    Window,
)
from iotcloud.histories.recording import Recorded
from iotcloud.ingest import Delivery, DeviceMessage
from iotcloud.pagination import Page
from iotcloud.peripherals.model import Bus, Configuration, Sensor, Slot
from iotcloud.peripherals.sensor_registration import SlotListing

if TYPE_CHECKING:
    from iotcloud.readings.model import Sample
    from iotcloud.readings.state.model import DeviceState, PendingAlert, VersionedState
    from iotcloud.readings.state.updater import Batch


class AlertSink(Protocol):
    """The sink of alerts."""

    def tell(self, batch: Batch, events: Sequence[PendingAlert]) -> None:
        """Send alerts, at least once; the receiver removes duplicates. Raise DependencyFailed."""
        ...


class DeviceStates(Protocol):
    """Store of per-device sensor state, with an index of due checks."""

    def find(self, registrations: Mapping[str, str]) -> Mapping[str, VersionedState]: ...
    def find_due(self, at: datetime, limit: int) -> Sequence[str]: ...

    def save(self, deviceid: str, registration: str, state: DeviceState, version: int) -> None:
        """Write over the version that was read; raise VersionConflict."""
        ...

    def erase(self, deviceid: str) -> None: ...


class ForwardingDevices(Protocol):
    """Devices of owners."""

    def find_owned(self, deviceid: str) -> Device | None:
        """Return a device as its owner sees it, or None."""
        ...

    def find(self, username: str, devicename: str) -> Device:
        """Return the device that a user calls so; raise DeviceNotRegistered."""
        ...


class ListedDevices(Protocol):
    """A user's devices, with the rights that the user has now."""

    def list_devices(self, username: str, limit: int, cursor: str | None = None) -> Page[Device]: ...


class MessageRecorder(Protocol):
    """The historian's own use case."""

    def record_messages(self, deliveries: Sequence[Delivery]) -> Recorded: ...


class Ports(Protocol):
    """What ports without sensors are set to, of several devices."""

    def find_ports(self, deviceids: Iterable[str]) -> Mapping[str, Sequence[Configuration]]: ...


class ReadingLog(Protocol):
    """The messages of devices, by lane."""

    def read_device(self, deviceid: str, registration: str, lane: Lane, window: Window) -> Stretch: ...

    def read_forward(self, deviceid: str, registration: str, lane: Lane, window: Window) -> Stretch:
        """Read one lane of one device oldest first, in one request."""
        ...

    def read_spans(
        self, deviceid: str, registration: str, oldest: str, newest: str, limit: int
    ) -> tuple[Sequence[Span], str | None]:
        """Read the spans that begin between two positions, oldest first, in one request; and where it ended early."""
        ...

    def find_messages(self, deviceid: str, registration: str, positions: Iterable[str]) -> Sequence[Message]:
        """Read messages of the readings' lane by their positions, a hundred in a request."""
        ...

    def read_on(self, deviceid: str, registration: str, lane: Lane, oldest: str) -> Sequence[Message] | None:
        """Read on from a position, consistently. None when that exceeds one request."""
        ...

    def read_back(self, deviceid: str, registration: str, lane: Lane, newest: str) -> Sequence[Message]:
        """Read the newest few up to a position, with all that was written before."""
        ...


class SensorsOfDevices(Protocol):
    """The registered sensors of several devices."""

    def list_all(self, deviceids: Iterable[str]) -> Mapping[str, Sequence[Sensor]]: ...


class SlotLister(Protocol):
    """Finds the sensors of slots, as their devices report them."""

    def list_slot(self, username: str, devicename: str, bus: Bus, number: int) -> SlotListing: ...


class SpanLog(Protocol):
    """From when to when the samples of late messages were taken."""

    def put_spans(self, owner: str, deviceid: str, registration: str, spans: Sequence[Span]) -> None:
        """Write spans. Idempotent. Raise DependencyFailed."""
        ...


class StateResetter(Protocol):
    """Lets readings count no more."""

    def clear_slots(self, deviceid: str, slots: Iterable[Slot]) -> None: ...


class TriggerHistory(Protocol):
    """The messages of devices."""

    def put_messages(self, messages: Sequence[Message]) -> Collection[Message]:
        """Write messages. Idempotent. Return those that could not be written."""
        ...


class TriggerQueue(Protocol):
    """The notifier's queue."""

    def send(self, triggers: Sequence[DeviceMessage]) -> None:
        """Send triggers; raise DependencyFailed when one was refused."""
        ...


class LiveReadings(Protocol):
    """Tells the users who watch a device what it measured."""

    def tell_readings(self, device: RegisteredDevice, samples: Sequence[Sample], state: DeviceState) -> None: ...

"""Fakes of the sensorian's dependencies, in memory."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from iotcloud.errors import DependencyFailed
from iotcloud.ingest import DeviceMessage
from iotcloud.readings.state.codec import decode_state, encode_state
from iotcloud.readings.state.model import DeviceState, PendingAlert, VersionConflict, VersionedState
from iotcloud.readings.state.updater import Batch


@dataclass
class FakeMemories:
    """See iotcloud.readings.state.store.DeviceStateStore; memories go through their text, as they do there."""

    rows: dict[str, tuple[str, int, str]] = field(default_factory=dict)
    writes: int = 0

    def find(self, registrations: Mapping[str, str]) -> dict[str, VersionedState]:
        return {deviceid: self._kept(deviceid, registration) for deviceid, registration in registrations.items()}

    def _kept(self, deviceid: str, registration: str) -> VersionedState:
        if deviceid not in self.rows:
            return VersionedState()
        kept_registration, version, text = self.rows[deviceid]
        return VersionedState(decode_state(text) if kept_registration == registration else DeviceState(), version)

    def save(self, deviceid: str, registration: str, state: DeviceState, version: int) -> None:
        if version != (self.rows[deviceid][1] if deviceid in self.rows else 0):
            raise VersionConflict
        self.writes += 1
        self.rows[deviceid] = (registration, version + 1, encode_state(state))

    def find_due(self, at: datetime, limit: int) -> list[str]:
        due = {deviceid: decode_state(text).due_at for deviceid, (_, _, text) in self.rows.items()}
        return [deviceid for deviceid, due_at in due.items() if due_at is not None and due_at <= at][:limit]

    def erase(self, deviceid: str) -> None:
        self.rows.pop(deviceid, None)


@dataclass
class FakeTellings:
    """Records the alerts; `is_down` makes it fail."""

    told: list[tuple[str, PendingAlert]] = field(default_factory=list)
    is_down: bool = False

    def tell(self, batch: Batch, events: Sequence[PendingAlert]) -> None:
        if self.is_down:
            raise DependencyFailed
        self.told += [(batch.deviceid, event) for event in events]


@dataclass
class FakeTriggerQueue:
    """Records the sent triggers; `is_down` makes it fail."""

    sent: list[DeviceMessage] = field(default_factory=list)
    is_down: bool = False

    def send(self, triggers: Sequence[DeviceMessage]) -> None:
        if self.is_down:
            raise DependencyFailed
        self.sent += triggers

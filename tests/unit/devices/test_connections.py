"""The broker's events are stored, in batches."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from iotcloud.devices.connections import ConnectionService
from iotcloud.devices.model import RegisteredDevice
from iotcloud.devices.presence import Mark, Presence
from iotcloud.devices.schema import LifecycleEvent
from iotcloud.errors import DependencyFailed
from tests.fakes.devices import FakeDevices, make_device

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
CONNECTED: Mapping[str, Any] = {
    "clientId": "PH80XXRR1123264F",
    "timestamp": int(NOW.timestamp() * 1000),
    "eventType": "connected",
    "sessionIdentifier": "2c8d0a5e-0000-0000-0000-000000000000",
    "principalIdentifier": "ab" * 32,
    "ipAddress": "192.0.2.7",
    "versionNumber": 3,
}
DISCONNECTED = {**CONNECTED, "eventType": "disconnected", "disconnectReason": "CONNECTION_LOST"}


@dataclass
class Surroundings:
    """The service's dependencies: used certificates and parked events."""

    used: list[tuple[str, str]] = field(default_factory=list)
    parked: dict[str, str] = field(default_factory=dict)
    fails: bool = False

    def note_use(self, device: RegisteredDevice, certificate_id: str) -> None:
        """See CertificateUse."""
        if self.fails:
            raise DependencyFailed
        self.used.append((device.deviceid, certificate_id))

    def park(self, bodies: Mapping[str, str]) -> None:
        """See Parking."""
        self.parked |= bodies


@pytest.fixture
def devices() -> FakeDevices:
    devices = FakeDevices()
    devices.add(make_device())
    return devices


@pytest.fixture
def surroundings() -> Surroundings:
    return Surroundings()


@pytest.fixture
def service(devices: FakeDevices, surroundings: Surroundings) -> ConnectionService:
    return ConnectionService(devices, surroundings, surroundings)


def batch(*bodies: Mapping[str, Any] | str) -> Any:
    texts = [body if isinstance(body, str) else json.dumps(body) for body in bodies]
    return LifecycleEvent.read_arrivals(
        {"Records": [{"messageId": str(number), "body": text} for number, text in enumerate(texts)]}
    )


def test_events_are_recorded_and_the_certificate_used_is_noted(
    service: ConnectionService, devices: FakeDevices, surroundings: Surroundings
) -> None:
    recorded = service.record_events(batch(CONNECTED))

    assert (recorded.recorded, recorded.unknown, recorded.unreadable, list(recorded.failed)) == (1, 0, 0, [])
    assert devices.find("ann", "Barn unit").presence == Presence(connected=Mark(NOW, 3))
    assert surroundings.used == [("PH80XXRR1123264F", "ab" * 32)]


def test_a_disconnection_is_kept_with_its_reason(service: ConnectionService, devices: FakeDevices) -> None:
    service.record_events(batch(DISCONNECTED, CONNECTED))
    device = devices.find("ann", "Barn unit")
    assert device.presence.reason == "CONNECTION_LOST"
    assert device.is_online is False


def test_events_of_others_are_counted(service: ConnectionService, surroundings: Surroundings) -> None:
    recorded = service.record_events(batch({**CONNECTED, "clientId": "api-1"}, CONNECTED))
    assert (recorded.recorded, recorded.unknown) == (1, 1)
    assert [used[0] for used in surroundings.used] == ["PH80XXRR1123264F"]


@pytest.mark.parametrize(
    "body",
    [
        "",
        "nonsense",
        "[]",
        "{}",
        "null",
        {**CONNECTED, "versionNumber": "x"},
        {**CONNECTED, "versionNumber": -1},
        {**CONNECTED, "timestamp": 10**18},
        {**CONNECTED, "eventType": "connect_failed"},
        {key: value for key, value in CONNECTED.items() if key != "clientId"},
    ],
)
def test_what_cannot_be_read_is_parked_and_keeps_nothing_back(
    service: ConnectionService, surroundings: Surroundings, body: Any
) -> None:
    recorded = service.record_events(batch(body, CONNECTED))
    assert (recorded.recorded, recorded.unreadable, list(recorded.failed)) == (1, 1, [])
    assert list(surroundings.parked) == [body if isinstance(body, str) else json.dumps(body)]


def test_what_could_not_be_finished_comes_again(service: ConnectionService, surroundings: Surroundings) -> None:
    surroundings.fails = True
    assert service.record_events(batch(DISCONNECTED, CONNECTED)).failed == ["1"]
    surroundings.fails = False
    assert service.record_events(batch(CONNECTED)).failed == []
    assert len(surroundings.used) == 1

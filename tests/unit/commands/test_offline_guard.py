"""A call to an offline device returns at once."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import pytest

from iotcloud.commands.offline_guard import OfflineGuard
from iotcloud.devices.model import Device
from iotcloud.devices.presence import Mark, Presence
from iotcloud.errors import DeviceUnreachable
from tests.fakes.devices import make_device

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@dataclass
class Wire:
    """A link and a probe that record their calls."""

    is_there: bool | None = None
    asked: list[str] = field(default_factory=list)
    sent: list[tuple[str, float]] = field(default_factory=list)
    is_silent: bool = False

    def is_connected(self, deviceid: str) -> bool | None:
        """See PresenceProbe."""
        self.asked.append(deviceid)
        return self.is_there

    def request(
        self, device: Device, api: str, payload: Mapping[str, object], timeout_seconds: float = 3.0
    ) -> Mapping[str, object]:
        """See DeviceLink."""
        self.sent.append((api, timeout_seconds))
        if self.is_silent:
            raise DeviceUnreachable(value={"version": "0.1"})
        return {}


HERE = make_device(presence=Presence(connected=Mark(NOW, 3)))
AWAY = make_device(presence=Presence(connected=Mark(NOW, 3), disconnected=Mark(NOW, 3)))
NEVER_SEEN = make_device()


@pytest.mark.parametrize("device", [HERE, NEVER_SEEN, replace(AWAY, heartbeat_at=NOW.replace(hour=13))])
def test_a_device_that_may_be_there_is_asked_without_more_ado(device: Device) -> None:
    wire = Wire()
    assert OfflineGuard(wire, wire).request(device, "get_status", {}, 1.5) == {}
    assert (wire.asked, wire.sent) == ([], [("get_status", 1.5)])


@pytest.mark.parametrize("is_there", [False, None])
def test_a_device_that_is_away_is_not_waited_for(is_there: bool | None) -> None:
    wire = Wire(is_there)
    with pytest.raises(DeviceUnreachable) as unreachable:
        OfflineGuard(wire, wire).request(AWAY, "get_status", {})
    assert wire.sent == []
    assert unreachable.value.fields == {"online": False}


@pytest.mark.parametrize(
    ("device", "known"),
    [(HERE, {"online": True}), (AWAY, {"online": True}), (NEVER_SEEN, {})],
    ids=["connected", "just back", "never seen"],
)
def test_what_presence_knew_of_a_silent_device_is_told(device: Device, known: dict[str, bool]) -> None:
    wire = Wire(is_there=True, is_silent=True)
    with pytest.raises(DeviceUnreachable) as unreachable:
        OfflineGuard(wire, wire).request(device, "get_status", {})
    assert unreachable.value.fields == {"value": {"version": "0.1"}, **known}


def test_the_broker_has_the_last_word() -> None:
    wire = Wire(is_there=True)
    OfflineGuard(wire, wire).request(AWAY, "get_status", {})
    assert (wire.asked, wire.sent) == ([AWAY.deviceid], [("get_status", 3.0)])

"""Status and settings of a device: sent commands, stored state, and rights."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest

from iotcloud.board.service import BoardService
from iotcloud.devices.model import Device, Role
from iotcloud.errors import CommunicationFailed, DeviceNotRegistered, DeviceUnreachable, InvalidInput, NotPermitted
from tests.fakes.device_link import FakeDeviceLink
from tests.fakes.devices import make_device
from tests.fakes.peripherals import FakeDevices

HEARD_AT = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@dataclass
class Versions:
    recorded: list[tuple[str, str]] = field(default_factory=list)

    def record_version(self, deviceid: str, version: str) -> None:
        self.recorded.append((deviceid, version))


@dataclass
class Bench:
    device: Device = field(default_factory=make_device)
    link: FakeDeviceLink = field(default_factory=FakeDeviceLink)
    versions: Versions = field(default_factory=Versions)

    @property
    def service(self) -> BoardService:
        known = {(self.device.username, self.device.devicename): self.device}
        return BoardService(FakeDevices(known), self.link, self.versions)


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_get_status_asks_the_device_and_remembers_its_version(bench: Bench) -> None:
    bench.link.replies["get_status"] = {"value": {"status": 1, "version": "0.2"}}

    assert bench.service.get_status("ann", "Barn unit") == {"status": 1, "version": "0.2"}

    assert [(sent.deviceid, sent.api, sent.payload) for sent in bench.link.sent] == [
        (bench.device.deviceid, "get_status", {})
    ]
    assert bench.versions.recorded == [(bench.device.deviceid, "0.2")]


def test_get_status_writes_nothing_when_the_version_is_known(bench: Bench) -> None:
    bench.device = make_device(version="0.2")
    bench.link.replies["get_status"] = {"value": {"status": 1, "version": "0.2"}}

    bench.service.get_status("ann", "Barn unit")

    assert bench.versions.recorded == []


@pytest.mark.parametrize(("version", "text"), [(2, "2"), (1.5, "1.5"), ("9" * 100_000, "9" * 64), ("0.1-ä", "0.1-ä")])
def test_get_status_takes_a_version_as_a_short_text(bench: Bench, version: object, text: str) -> None:
    bench.link.replies["get_status"] = {"value": {"status": 1, "version": version}}

    value = bench.service.get_status("ann", "Barn unit")

    assert value == {"status": 1, "version": text}
    assert [kept for _, kept in bench.versions.recorded] == [text]


@pytest.mark.parametrize("version", [None, True, {"major": 0}, [1]])
def test_get_status_remembers_no_version_that_is_no_text(bench: Bench, version: object) -> None:
    bench.link.replies["get_status"] = {"value": {"status": 1, "version": version}}

    bench.service.get_status("ann", "Barn unit")

    assert bench.versions.recorded == []


def test_a_silent_device_is_reported_with_what_is_remembered_of_it(bench: Bench) -> None:
    bench.device = make_device(version="0.1", heartbeat_at=HEARD_AT)

    with pytest.raises(DeviceUnreachable) as unreachable:
        bench.service.get_status("ann", "Barn unit")

    assert unreachable.value.fields == {"value": {"heartbeat": "1795435200", "version": "0.1"}}


def test_a_failing_broker_is_reported_as_such(bench: Bench) -> None:
    bench.link.replies["get_status"] = CommunicationFailed()

    with pytest.raises(CommunicationFailed):
        bench.service.get_status("ann", "Barn unit")


def test_set_status_sends_the_number(bench: Bench) -> None:
    bench.link.replies["set_status"] = {"value": {"status": 3}}

    assert bench.service.set_status("ann", "Barn unit", 2) == {"status": 3}
    assert bench.link.sent[0].payload == {"status": 2}


def test_set_status_refuses_a_state_that_cannot_be_asked_for_before_asking(bench: Bench) -> None:
    with pytest.raises(InvalidInput):
        bench.service.set_status("ann", "Barn unit", 1)
    assert bench.link.sent == []


def test_forward_keeps_the_order_of_members(bench: Bench) -> None:
    bench.link.replies["enable_gpio"] = {}

    assert bench.service.forward("ann", "Barn unit", "enable_gpio", {"enable": 1, "number": 2}) == {}
    assert list(bench.link.sent[0].payload.items()) == [("enable", 1), ("number", 2)]


def test_an_unknown_device_is_not_asked(bench: Bench) -> None:
    for ask in (
        lambda: bench.service.get_status("bob", "Barn unit"),
        lambda: bench.service.set_status("ann", "Shed unit", 2),
        lambda: bench.service.forward("ann", "Shed unit", "get_settings"),
    ):
        with pytest.raises(DeviceNotRegistered):
            ask()
    assert bench.link.sent == []


def test_a_viewer_may_ask_and_not_change(bench: Bench) -> None:
    bench.device = make_device(role=Role.VIEWER)
    bench.link.replies |= {"get_status": {"value": {"status": 1}}, "get_settings": {"value": {"sensorrate": 5}}}

    bench.service.get_status("ann", "Barn unit")
    bench.service.forward("ann", "Barn unit", "get_settings")
    with pytest.raises(NotPermitted):
        bench.service.set_status("ann", "Barn unit", 2)
    with pytest.raises(NotPermitted):
        bench.service.forward("ann", "Barn unit", "set_settings", {"sensorrate": 5})

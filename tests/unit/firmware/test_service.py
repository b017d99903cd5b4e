"""What owners ask of firmware: who may, what the device is told, and what is kept when it is away."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import count

import pytest

from iotcloud.devices.model import Device, Role
from iotcloud.errors import CommunicationFailed, DeviceNotRegistered, DeviceUnreachable, InvalidInput, NotPermitted
from iotcloud.firmware.model import Catalogue, FirmwareNotFound
from iotcloud.firmware.service import COMES_LATER, UpdateService
from iotcloud.firmware.updates import ASKED_FOR, DeviceFirmware, State, Update, UpdateUnderWay, VersionTooOld
from tests.fakes.device_link import FakeDeviceLink
from tests.fakes.devices import make_device
from tests.fakes.firmware import FakeCatalogue, FakeRecords
from tests.fakes.peripherals import FakeDevices
from tests.unit.firmware.releases import NOON, make_release

CATALOGUE = Catalogue((make_release("0.1"), make_release("0.2"), make_release("0.9", "esp32")))


@dataclass
class Bench:
    device: Device = field(default_factory=lambda: make_device(version="0.1"))
    catalogue: FakeCatalogue = field(default_factory=lambda: FakeCatalogue(CATALOGUE))
    records: FakeRecords = field(default_factory=FakeRecords)
    link: FakeDeviceLink = field(default_factory=lambda: FakeDeviceLink({"beg_ota": {}}))
    now: datetime = NOON

    @property
    def service(self) -> UpdateService:
        devices = FakeDevices({("ann", "Barn unit"): self.device})
        ids = count(1)
        return UpdateService(
            devices, self.catalogue, self.records, self.link, lambda: f"u{next(ids)}", lambda: self.now
        )

    def start(self, version: str | None = None) -> Update:
        return self.service.start_update("ann", "Barn unit", version)

    @property
    def kept(self) -> Update:
        update = self.records.rows[self.device.deviceid].update
        assert update is not None
        return update


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_start_update_tells_the_device_the_latest_version_of_its_model(bench: Bench) -> None:
    bench.start()

    (sent,) = bench.link.sent
    release = CATALOGUE.latest("ft900")
    assert (sent.api, sent.payload) == (
        "beg_ota",
        {"version": "0.2", "size": 180_224, "location": release.location, "checksum": 305_419_896},
    )
    assert (bench.kept.state, bench.kept.is_forced) == (State.ONGOING, False)


def test_start_update_tells_devices_that_check_signatures_more(bench: Bench) -> None:
    device = bench.device
    bench.records.rows[device.deviceid] = DeviceFirmware(
        device.deviceid, device.registration, "ann", "esp32", checks_signatures=True, revision=1
    )

    bench.start()

    assert bench.link.sent[0].payload["version"] == "0.9"
    assert {"sha256", "minimum", "key", "signature"} < set(bench.link.sent[0].payload)


@pytest.mark.parametrize("version", ["0.1", "0.1.0"])
def test_the_same_or_an_older_version_is_the_owners_will(bench: Bench, version: str) -> None:
    bench.start(version)

    assert bench.kept.is_forced


@pytest.mark.parametrize("version", ["0.3", "x", "0.9", ""])
def test_start_update_refuses_a_version_that_is_not_there_and_tells_nobody(bench: Bench, version: str) -> None:
    with pytest.raises(FirmwareNotFound):
        bench.start(version)

    assert (bench.link.sent, bench.records.rows) == ([], {})


def test_start_update_refuses_when_there_is_no_firmware(bench: Bench) -> None:
    bench.catalogue.catalogue = Catalogue()
    with pytest.raises(FirmwareNotFound):
        bench.start()


def test_start_update_refuses_a_device_whose_version_is_too_old(bench: Bench) -> None:
    bench.catalogue.catalogue = Catalogue((make_release("0.9", minimum="0.5"),))
    with pytest.raises(VersionTooOld):
        bench.start()
    assert issubclass(VersionTooOld, InvalidInput)


def test_a_device_that_is_away_is_kept_in_mind(bench: Bench) -> None:
    bench.link.replies["beg_ota"] = DeviceUnreachable()

    with pytest.raises(DeviceUnreachable) as raised:
        bench.start()

    assert raised.value.message == COMES_LATER
    assert raised.value.fields["value"] == {"version": "0.1"}
    assert bench.kept.state is State.PENDING


def test_a_broker_that_fails_leaves_the_update_waiting(bench: Bench) -> None:
    bench.link.replies["beg_ota"] = CommunicationFailed()
    with pytest.raises(CommunicationFailed):
        bench.start()
    assert bench.kept.state is State.PENDING


def test_two_updates_at_once_are_refused(bench: Bench) -> None:
    bench.start()
    with pytest.raises(UpdateUnderWay):
        bench.start("0.1")
    assert len(bench.link.sent) == 1


def test_of_two_calls_at_the_same_moment_one_is_refused(bench: Bench) -> None:
    device = bench.device
    other = Update.request(make_release("0.1"), "other", NOON, is_forced=True)
    bench.records.others = [DeviceFirmware(device.deviceid, device.registration, "ann", update=other)]

    with pytest.raises(UpdateUnderWay):
        bench.start()

    assert (bench.link.sent, bench.kept.update_id) == ([], "other")


def test_an_update_that_still_waits_is_replaced(bench: Bench) -> None:
    bench.link.replies["beg_ota"] = DeviceUnreachable()
    with pytest.raises(DeviceUnreachable):
        bench.start()
    with pytest.raises(UpdateUnderWay):
        bench.start("0.1")
    bench.now += ASKED_FOR
    bench.link.replies["beg_ota"] = {}

    bench.start("0.1")

    assert (bench.kept.version, bench.kept.state) == ("0.1", State.ONGOING)


def test_an_update_that_ended_while_the_device_answered_stays_ended(bench: Bench) -> None:
    real = bench.records.save

    def end_meanwhile(firmware: DeviceFirmware) -> DeviceFirmware | None:
        kept = real(firmware)
        if kept is not None and kept.update is not None and kept.update.state is State.PENDING:
            done = replace(kept.update, state=State.SUCCEEDED)
            real(replace(kept, update=done))
        return kept

    bench.records.save = end_meanwhile  # type: ignore[method-assign]
    bench.start()

    assert bench.kept.state is State.SUCCEEDED


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.VIEWER])
def test_only_the_owner_starts_and_cancels_and_others_see(bench: Bench, role: Role) -> None:
    bench.start()
    bench.device = replace(bench.device, role=role)

    with pytest.raises(NotPermitted):
        bench.start()
    with pytest.raises(NotPermitted):
        bench.service.cancel_update("ann", "Barn unit")
    seen = bench.service.get_update("ann", "Barn unit")
    assert seen is not None
    assert seen.version == "0.2"


def test_nobody_starts_or_sees_an_update_of_a_device_that_is_not_theirs(bench: Bench) -> None:
    for ask in (bench.service.start_update, bench.service.get_update, bench.service.cancel_update):
        with pytest.raises(DeviceNotRegistered):
            ask("eve", "Barn unit")


def test_an_update_of_an_earlier_registration_is_not_seen_and_is_written_over(bench: Bench) -> None:
    bench.start()
    bench.device = replace(bench.device, registration="another")

    assert bench.service.get_update("ann", "Barn unit") is None
    bench.start("0.1")
    assert bench.records.rows[bench.device.deviceid].registration == "another"


def test_get_update_tells_that_time_has_run_out(bench: Bench) -> None:
    bench.start()
    bench.now += timedelta(hours=1)

    seen = bench.service.get_update("ann", "Barn unit")

    assert seen is not None
    assert seen.state is State.FAILED


def test_get_update_knows_of_none(bench: Bench) -> None:
    assert bench.service.get_update("ann", "Barn unit") is None


def test_cancel_update_ends_it_and_lets_another_begin(bench: Bench) -> None:
    bench.start()
    bench.records.others = [replace(bench.records.rows[bench.device.deviceid], model="esp32")]

    cancelled = bench.service.cancel_update("ann", "Barn unit")

    assert cancelled is not None
    assert (cancelled.state, bench.kept.state) == (State.FAILED, State.FAILED)
    assert bench.records.rows[bench.device.deviceid].model == "esp32"
    assert bench.start().state is State.PENDING


def test_cancel_update_has_nothing_to_do_without_one(bench: Bench) -> None:
    assert bench.service.cancel_update("ann", "Barn unit") is None

"""What devices ask of their firmware, and what they are answered: honest ones, others, and those that send nonsense."""

import json
from base64 import b64decode
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest

from iotcloud.devices.model import Device
from iotcloud.firmware.device_requests import FirmwareRequests, Served
from iotcloud.firmware.updates import ASKED_FOR, SIGN_EVERY, DeviceFirmware, State, Update
from iotcloud.ingest import Delivery, DeviceMessage
from iotcloud.topics import parse
from tests.fakes.devices import FakeDevices, make_device
from tests.fakes.firmware import FakeCatalogue, FakeRecords
from tests.fakes.publisher import FakePublisher
from tests.unit.firmware.releases import NOON, make_release

IMAGE = bytes(range(256)) * 2
RELEASE = make_release("0.2", size=len(IMAGE))
LOCATION = RELEASE.location
ONE = make_device(deviceid="ONE", version="0.1")
OTHER = make_device("Roof unit", deviceid="OTHER", owner="bob")


@dataclass
class Bench:
    devices: FakeDevices = field(default_factory=FakeDevices)
    records: FakeRecords = field(default_factory=FakeRecords)
    bucket: FakeCatalogue = field(default_factory=lambda: FakeCatalogue(images={LOCATION: IMAGE}))
    publisher: FakePublisher = field(default_factory=FakePublisher)
    seconds: float = 0

    def __post_init__(self) -> None:
        self.devices.add(ONE)
        self.devices.add(OTHER)
        self.service = FirmwareRequests(self.devices, self.records, self.bucket, self.publisher)

    def update(self, state: State = State.ONGOING, device: Device = ONE, **members: Any) -> None:
        """Have an update of a device in some state, requested at noon."""
        update = replace(Update.request(RELEASE, "u1", NOON, is_forced=False), state=state, **members)
        firmware = DeviceFirmware(device.deviceid, device.registration, device.owner, update=update, revision=1)
        self.records.rows[device.deviceid] = firmware

    def message(self, api: str, payload: object = None, deviceid: str = "ONE") -> Delivery:
        octets = payload if isinstance(payload, bytes) else json.dumps({} if payload is None else payload).encode()
        self.seconds += 1
        at = NOON + timedelta(seconds=self.seconds)
        return Delivery(f"d{self.seconds}", "", DeviceMessage(parse(f"server/{deviceid}/{api}"), octets, at, "m1"))

    def serve(self, api: str, payload: object = None, deviceid: str = "ONE") -> Served:
        return self.service.serve([self.message(api, payload, deviceid)])

    def kept(self, deviceid: str = "ONE") -> Update:
        update = self.records.rows[deviceid].update
        assert update is not None
        return update


@pytest.fixture
def bench() -> Bench:
    return Bench()


def ask(offset: Any, size: Any, location: Any = LOCATION) -> dict[str, Any]:
    return {"location": location, "offset": offset, "size": size}


def test_a_device_gets_the_part_that_it_asks_for(bench: Bench) -> None:
    bench.update()

    served = bench.serve("req_firmware", ask(500, 128))

    ((deviceid, api, sent),) = bench.publisher.published
    assert (deviceid, api) == ("ONE", "rcv_firmware")
    assert list(sent) == ["location", "offset", "size", "bin"]
    assert (sent["location"], sent["offset"], sent["size"]) == (LOCATION, 500, 12)
    assert b64decode(str(sent["bin"])) == IMAGE[500:]
    assert served == Served(blocks=1, block_bytes=12)


def test_all_parts_together_are_the_image_and_cost_no_write_each(bench: Bench) -> None:
    bench.update()
    received = b""
    while len(received) < len(IMAGE):
        bench.serve("req_firmware", ask(len(received), 16))
        received += b64decode(str(bench.publisher.published[-1][2]["bin"]))

    assert received == IMAGE
    assert len(bench.publisher.published) == 32
    assert bench.records.writes == 0


def test_a_device_that_asks_for_parts_is_alive(bench: Bench) -> None:
    bench.update()
    bench.seconds = SIGN_EVERY.total_seconds()

    bench.serve("req_firmware", ask(0, 16))

    assert bench.kept().heard_at > NOON


def test_a_device_whose_answer_was_lost_has_begun(bench: Bench) -> None:
    bench.update(State.PENDING)
    bench.serve("req_firmware", ask(0, 16))
    assert bench.kept().state is State.ONGOING


def test_behind_the_end_there_is_nothing(bench: Bench) -> None:
    bench.update()
    bench.serve("req_firmware", ask(len(IMAGE), 128))
    assert bench.publisher.published[0][2] == {**ask(len(IMAGE), 0), "bin": ""}


@pytest.mark.parametrize(
    "payload",
    [
        ask(-1, 128),
        ask(0, 0),
        ask(0, -1),
        ask("0", 128),
        ask(0.5, 128),
        ask(0, 128, "ft900/other.bin"),
        ask(0, 128, "../catalogue.json"),
        ask(0, 128, ""),
        ask(0, 128, 5),
        {},
        [],
        b"not JSON",
        b"",
        b'{"offset": NaN}',
    ],
)
def test_a_request_for_what_is_not_the_devices_is_answered_with_nothing(bench: Bench, payload: object) -> None:
    bench.update()
    served = bench.serve("req_firmware", payload)
    assert bench.publisher.published == [("ONE", "rcv_firmware", {})]
    assert served == Served(refused=1)


@pytest.mark.parametrize("state", [State.SUCCEEDED, State.FAILED])
def test_a_device_whose_update_has_ended_gets_nothing(bench: Bench, state: State) -> None:
    bench.update(state)
    assert bench.serve("req_firmware", ask(0, 128)).refused == 1


def test_a_device_without_an_update_gets_nothing_of_anothers(bench: Bench) -> None:
    bench.update()
    bench.serve("req_firmware", ask(0, 128), "OTHER")
    bench.serve("req_firmware", ask(0, 128), "UNREGISTERED")
    assert bench.publisher.published == [("OTHER", "rcv_firmware", {}), ("UNREGISTERED", "rcv_firmware", {})]


def test_a_device_of_another_registration_gets_nothing(bench: Bench) -> None:
    bench.update()
    bench.records.rows["ONE"] = replace(bench.records.rows["ONE"], registration="earlier")
    assert bench.serve("req_firmware", ask(0, 128)).refused == 1


def test_an_image_that_was_withdrawn_is_not_there(bench: Bench) -> None:
    bench.update()
    bench.bucket.images.clear()
    assert bench.serve("req_firmware", ask(0, 128)).refused == 1


@pytest.mark.parametrize("result", ["successful", "completed"])
def test_a_success_is_kept_in_either_word(bench: Bench, result: str) -> None:
    bench.update()
    assert bench.serve("end_ota", {"value": {"result": result}}) == Served(ended=1)
    assert bench.kept().state is State.SUCCEEDED


def test_a_failure_is_kept_with_its_reason(bench: Bench) -> None:
    bench.update()
    bench.serve("end_ota", {"value": {"result": "failed", "reason": "checksum"}})
    assert (bench.kept().state, bench.kept().reason) == (State.FAILED, "checksum")


def test_an_end_that_comes_twice_is_taken_once(bench: Bench) -> None:
    bench.update()
    delivery = bench.message("end_ota", {"value": {"result": "completed"}})
    assert bench.service.serve([delivery]) == Served(ended=1)
    assert bench.service.serve([delivery]) == Served()


@pytest.mark.parametrize(
    "payload",
    [{"value": {"result": "done"}}, {"value": {}}, {"value": 5}, {"value": []}, {}, [], b"{", {"result": "failed"}],
)
def test_what_is_no_end_is_counted_and_changes_nothing(bench: Bench, payload: object) -> None:
    bench.update()
    assert bench.serve("end_ota", payload) == Served(unasked=1)
    assert bench.kept().state is State.ONGOING


def test_an_end_that_nobody_asked_for_is_counted(bench: Bench) -> None:
    for deviceid in ("OTHER", "UNREGISTERED"):
        assert bench.serve("end_ota", {"value": {"result": "successful"}}, deviceid) == Served(unasked=1)
    assert bench.records.rows == {}


def test_an_end_is_written_over_what_others_write_at_the_same_time(bench: Bench) -> None:
    bench.update()
    bench.records.others = [replace(bench.records.rows["ONE"], path="mqtt")]

    bench.serve("end_ota", {"value": {"result": "successful"}})

    assert (bench.kept().state, bench.records.rows["ONE"].path) == (State.SUCCEEDED, "mqtt")


def test_a_device_that_starts_and_has_nothing_to_do_is_told_so(bench: Bench) -> None:
    for deviceid in ("ONE", "UNREGISTERED"):
        bench.serve("req_otastatus", {"version": "0.1"}, deviceid)
    assert bench.publisher.published == [("ONE", "req_otastatus", {}), ("UNREGISTERED", "req_otastatus", {})]
    assert bench.records.writes == 0


@pytest.mark.parametrize("api", ["req_otastatus", "req_configuration"])
@pytest.mark.parametrize("seconds", [1, 3600])
def test_a_device_that_was_away_is_told_of_its_update_at_its_start(bench: Bench, api: str, seconds: float) -> None:
    bench.update(State.PENDING)
    bench.seconds = seconds

    served = bench.serve(api, {"version": "0.1"} if api == "req_otastatus" else {})

    ((deviceid, sent_api, sent),) = bench.publisher.published
    assert (deviceid, sent_api, sent["version"], sent["location"]) == ("ONE", "beg_ota", "0.2", LOCATION)
    assert (served.begun, bench.kept().state) == (1, State.ONGOING)


def test_a_device_that_asks_both_ways_is_told_once(bench: Bench) -> None:
    bench.update(State.PENDING)
    bench.seconds = 3600
    for api in ("req_configuration", "req_otastatus", "req_configuration"):
        bench.serve(api, {"version": "0.1"} if api == "req_otastatus" else {})
    assert [api for _, api, _ in bench.publisher.published] == ["beg_ota"]


def test_a_device_that_asks_for_its_configuration_is_not_disturbed_at_its_update(bench: Bench) -> None:
    bench.update(State.ONGOING)
    bench.seconds = 60
    assert bench.serve("req_configuration") == Served()
    assert bench.serve("req_configuration", {}, "OTHER") == Served()
    assert bench.publisher.published == []


def test_a_device_that_restarts_in_the_middle_is_told_again_and_not_for_ever(bench: Bench) -> None:
    bench.update(State.ONGOING)
    for _ in range(4):
        bench.seconds += ASKED_FOR.total_seconds()
        bench.serve("req_otastatus", {"version": "0.1"})

    assert [api for _, api, _ in bench.publisher.published] == ["beg_ota", "beg_ota", "req_otastatus", "req_otastatus"]
    assert bench.kept().state is State.FAILED


def test_a_device_says_what_it_is_and_that_is_kept(bench: Bench) -> None:
    said = {"version": "0.3", "model": "esp32", "path": "https", "signed": 1}
    for _ in range(2):
        bench.serve("req_otastatus", said)

    kept = bench.records.rows["ONE"]
    assert (kept.model, kept.path, kept.checks_signatures) == ("esp32", "https", True)
    assert bench.devices.rows["ONE"].version == "0.3"
    assert bench.records.writes == 1


@pytest.mark.parametrize(
    "said",
    [
        {"version": "0.1", "model": "../x"},
        {"version": "0.1", "model": 5, "path": [], "signed": "yes"},
        {"version": "0.1", "path": "carrier pigeon"},
        {"version": 5},
        {"version": ""},
        {},
        b"nonsense",
    ],
)
def test_what_a_device_says_wrongly_is_left_out(bench: Bench, said: object) -> None:
    bench.serve("req_otastatus", said)
    assert bench.records.rows == {}
    assert bench.publisher.published == [("ONE", "req_otastatus", {})]


def test_a_device_that_wants_signatures_is_told_them_at_its_start(bench: Bench) -> None:
    bench.update(State.PENDING)
    bench.seconds = 3600
    bench.serve("req_otastatus", {"version": "0.1", "signed": 1})
    assert {"sha256", "signature", "key", "minimum"} < set(bench.publisher.published[0][2])


def test_a_device_that_went_back_is_not_told_again(bench: Bench) -> None:
    bench.update(State.ONGOING)
    bench.seconds = 60
    bench.serve("req_otastatus", {"version": "0.1", "failed": "0.2", "reason": "crashed at boot"})
    assert (bench.kept().state, bench.kept().reason) == (State.FAILED, "crashed at boot")
    assert bench.publisher.published == [("ONE", "req_otastatus", {})]


def test_a_device_that_lied_about_its_success_has_failed(bench: Bench) -> None:
    bench.update()
    bench.serve("end_ota", {"value": {"result": "successful"}})
    bench.serve("req_otastatus", {"version": "0.1"})
    assert (bench.kept().state, bench.kept().reason) == (State.FAILED, "runs version 0.1")


def test_messages_of_a_batch_are_served_in_the_order_in_which_they_came(bench: Bench) -> None:
    bench.update()
    first = bench.message("end_ota", {"value": {"result": "failed"}})
    second = bench.message("req_otastatus", {"version": "0.1"})
    bench.service.serve([second, first])
    assert bench.publisher.published == [("ONE", "req_otastatus", {})]


def test_a_device_that_cannot_be_reached_fails_alone(bench: Bench) -> None:
    bench.update()
    bench.update(device=OTHER)
    bench.publisher.unreachable = {"OTHER"}
    bad, good = bench.message("req_firmware", ask(0, 8), "OTHER"), bench.message("req_firmware", ask(0, 8))

    served = bench.service.serve([bad, good])

    assert (served.failed, served.blocks) == ((bad.delivery_id,), 1)


def test_what_cannot_be_read_and_what_is_none_of_ours_is_counted(bench: Bench) -> None:
    unreadable = Delivery("d1", "x", None, "body is not JSON")
    assert bench.service.serve([unreadable, bench.message("get_status")]) == Served(unasked=2)

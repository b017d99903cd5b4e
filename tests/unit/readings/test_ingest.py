"""The sensorian: every reading is stored once, thresholds raise alerts, readings are forwarded."""

import json
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import pytest

from iotcloud.devices.model import Device, Watcher
from iotcloud.errors import DeviceNotRegistered
from iotcloud.histories.model import Lane, position_of
from iotcloud.histories.recording import Recorder
from iotcloud.ingest import Delivery
from iotcloud.live.publishing import LiveUpdates
from iotcloud.peripherals.model import Configuration, Sensor, Slot
from iotcloud.readings.forwarding import Forwarder
from iotcloud.readings.ingest import TAKE_AT_MOST_SECONDS, IngestResult, ReadingIngest
from iotcloud.readings.model import Extremes, Sample
from iotcloud.readings.state.model import DeviceState, VersionConflict
from iotcloud.readings.state.triggers import TriggerOutbox
from iotcloud.readings.state.updater import StateUpdater
from tests.fakes.histories import FakeParking, FakeRegistry, InMemoryMessages
from tests.fakes.messages import NOON, after, delivery, device
from tests.fakes.peripherals import FakeConfigurations, FakeSensors
from tests.fakes.publisher import FakePublisher
from tests.fakes.readings import FakeMemories, FakeTriggerQueue

POT = Sensor(Slot("i2c", 2, 40), "POT 1", "potentiometer", "input", NOON, formats=("int",), attributes=("Range",))
PROBE = Sensor(Slot("tprobe", 1), "TH 1", "temperature", "input", NOON, subclass="humidity")
SINGLE = {"mode": 0, "threshold": {"value": 100}, "alert": {"type": 0}}
FORWARD = {"mode": 2, "hardware": {"devicename": "Roof unit"}}
BARN, ROOF = device("PH80", "Barn unit"), device("PH81", "Roof unit")


class DevicesData(FakeRegistry):
    """The registry as the forwarder sees it."""

    def find_owned(self, deviceid: str) -> Device | None:
        return next((one for one in self.devices if one.deviceid == deviceid and one.owner == one.username), None)

    def find(self, username: str, devicename: str) -> Device:
        for one in self.devices:
            if (one.username, one.devicename) == (username, devicename):
                return one
        raise DeviceNotRegistered


class Harness:
    """The sensorian and all that it stands on."""

    def __init__(self, *devices: Device) -> None:
        self.registry = DevicesData(list(devices or (BARN, ROOF)))
        self.messages, self.states = InMemoryMessages(), FakeMemories()
        self.sensors, self.configurations = FakeSensors(), FakeConfigurations()
        self.triggers, self.publisher = FakeTriggerQueue(), FakePublisher()
        self.sensors.add("PH80", POT)
        self.sensors.add("PH80", PROBE)

    def set_up(self, sensor: Sensor, attributes: dict[str, Any], references: dict[str, str] | None = None) -> None:
        self.configurations.save("PH80", Configuration(sensor.slot, attributes, references=references))

    def take(self, *deliveries: Delivery, monotonic: Callable[[], float] = lambda: 0.0) -> IngestResult:
        sensorian = ReadingIngest(
            recorder=Recorder(self.registry, self.messages, FakeParking(), heartbeat_seconds=10),
            spans=self.messages,
            states=self.states,
            configurations=self.configurations,
            sensors=self.sensors,
            state_updater=StateUpdater(self.messages, self.states, TriggerOutbox(self.triggers, self.messages)),
            forwarder=Forwarder(self.registry, self.configurations, lambda: self.publisher),
            monotonic=monotonic,
            live=LiveUpdates(lambda: self.publisher, self.sensors, self.registry, lambda: after(60)),
        )
        return sensorian.record_readings(deliveries)

    @property
    def state(self) -> Any:
        return self.states.find({"PH80": "rPH80"})["PH80"].state

    @property
    def kept(self) -> list[str]:
        return sorted(row.message_id for row in self.messages.rows.values() if row.lane is Lane.READINGS)

    @property
    def told(self) -> list[tuple[str, dict[str, Any]]]:
        return [(trigger.topic.api, json.loads(trigger.payload)) for trigger in self.triggers.sent]


def pot(number: int, value: float, deviceid: str = "PH80", again: str = "") -> Delivery:
    payload = json.dumps({"sensors": {"i2c2": [{"address": 40, "value": value, "class": 3}]}}).encode()
    return delivery(number, f"server/{deviceid}/sensor_reading", payload, seconds=number * 5, again=again)


def probe(number: int, value: float, subvalue: float) -> Delivery:
    payload = json.dumps({"sensors": {"tprobe1": [{"value": value, "subclass": {"value": subvalue}}]}}).encode()
    return delivery(number, "server/PH80/sensor_reading", payload, seconds=number * 5)


def test_readings_are_kept_with_their_extremes_and_the_heartbeat() -> None:
    harness = Harness()

    done = harness.take(pot(1, 5), pot(2, 9), pot(3, 7))

    assert harness.kept == ["m00001", "m00002", "m00003"]
    assert harness.state.of(POT.slot).extremes == Extremes(5, 9)
    assert harness.registry.heartbeats == {"PH80": after(15)}
    assert done.failed == []


def test_a_reading_that_says_nothing_new_is_one_write() -> None:
    harness = Harness()
    harness.take(pot(1, 5), pot(2, 9))
    writes = harness.states.writes

    harness.take(pot(3, 7))

    assert harness.states.writes == writes
    assert harness.messages.writes == 3


def test_a_device_that_sent_little_is_taken_before_one_that_sent_much() -> None:
    harness = Harness()
    samples = [{"age": age, "sensors": {"i2c1": [{"address": 7, "value": age}]}} for age in range(1500)]
    much = delivery(1, "server/PH81/sensor_reading", json.dumps({"samples": samples}).encode())

    harness.take(much, pot(2, 9))

    assert list(harness.states.rows) == ["PH80", "PH81"]


def test_a_batch_that_takes_too_long_gives_back_the_devices_that_it_has_not_begun_with() -> None:
    harness, times = Harness(), iter((0.0, 1.0, TAKE_AT_MOST_SECONDS + 1))
    much = delivery(1, "server/PH81/sensor_reading", b'{"sensors": {"i2c1": [%s]}}' % b",".join([b"{}"] * 99))

    done = harness.take(much, pot(2, 9), monotonic=lambda: next(times))

    assert list(harness.states.rows) == ["PH80"]
    assert done.failed == ["d1"]
    assert [reason.partition(" ")[0] for reason in done.reasons] == ["OutOfTime"]


def test_samples_of_a_device_without_rules_are_taken_once(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[int] = []
    take = DeviceState.with_samples

    def counted(state: DeviceState, samples: Iterable[Sample]) -> DeviceState:
        calls.append(1)
        return take(state, samples)

    monkeypatch.setattr(DeviceState, "with_samples", counted)
    harness = Harness()

    harness.take(pot(1, 5))

    assert len(calls) == 1
    assert harness.state.of(POT.slot).extremes == Extremes(5, 5)


def test_crossing_a_threshold_is_told_as_a_device_would_tell_it_and_is_in_the_history() -> None:
    harness = Harness()
    harness.set_up(POT, SINGLE)

    done = harness.take(pot(1, 99), pot(2, 101), pot(3, 102), pot(4, 50))

    assert harness.told == [
        ("trigger_notification/i2c2/default/40", {"activate": 1, "condition": "potentiometer 101 > 100 (activation)"}),
        (
            "trigger_notification/i2c2/default/40",
            {"activate": 0, "condition": "potentiometer 50 <= 100 (deactivation)"},
        ),
    ]
    assert [trigger.received_at for trigger in harness.triggers.sent] == [after(10), after(20)]
    in_history = [row.topic for row in harness.messages.rows.values() if row.lane is Lane.FROM]
    assert in_history == ["trigger_notification/i2c2/default/40"] * 2
    assert sum(one.told for one in done.taken) == 2


def test_a_second_class_is_told_of_as_such() -> None:
    harness = Harness()
    harness.set_up(PROBE, {"mode": 2, "subattributes": SINGLE})

    harness.take(probe(1, 500, 101))

    assert harness.told == [
        (
            "trigger_notification/tprobe1/default",
            {"activate": 1, "condition": "humidity 101 > 100 (activation)", "subclass": True},
        )
    ]


def test_a_batch_that_comes_again_tells_nothing_again() -> None:
    harness = Harness()
    harness.set_up(POT, SINGLE)
    batch = [pot(1, 101), pot(2, 5), pot(2, 5, again="b")]

    harness.take(*batch)
    harness.take(*batch[::-1])

    assert len(harness.triggers.sent) == 2
    assert harness.kept == ["m00001", "m00002"]


def test_a_trigger_that_its_history_did_not_take_is_kept_when_the_batch_comes_again() -> None:
    harness, twin = Harness(), Harness()
    for one in (harness, twin):
        one.set_up(POT, SINGLE)
    twin.take(pot(1, 101))
    (trigger,) = twin.triggers.sent

    harness.messages.refused = {trigger.message_id}
    assert harness.take(pot(1, 101)).failed == ["d1"]
    harness.messages.refused = set()
    assert harness.take(pot(1, 101, again="+")).failed == []

    in_history = [row.message_id for row in harness.messages.rows.values() if row.lane is Lane.FROM]
    assert in_history == [trigger.message_id]
    assert {sent.message_id for sent in harness.triggers.sent} == {trigger.message_id}


def test_what_could_not_be_told_is_told_when_the_batch_comes_again_under_the_same_id() -> None:
    harness = Harness()
    harness.set_up(POT, SINGLE)
    harness.triggers.is_down = True
    assert harness.take(pot(1, 101), pot(2, 102)).failed == ["d1", "d2"]
    harness.triggers.is_down = False

    assert harness.take(pot(1, 101), pot(2, 102)).failed == []

    (first,) = harness.triggers.sent
    assert harness.state.pending == ()
    harness.states.rows.clear()
    harness.take(pot(1, 101), pot(2, 102))
    assert harness.triggers.sent[1].message_id == first.message_id


def test_a_device_that_failed_does_not_hold_up_others() -> None:
    harness = Harness()
    harness.set_up(POT, SINGLE)
    harness.triggers.is_down = True

    done = harness.take(pot(1, 101), pot(2, 101, "PH81"))

    assert done.failed == ["d1"]


def test_a_memory_that_never_stands_still_is_left_for_later(monkeypatch: pytest.MonkeyPatch) -> None:
    harness = Harness()

    def busy(*_: object) -> None:
        raise VersionConflict

    monkeypatch.setattr(harness.states, "save", busy)

    assert harness.take(pot(1, 5)).failed == ["d1"]


def test_a_threshold_that_is_set_otherwise_begins_anew() -> None:
    harness = Harness()
    harness.set_up(POT, SINGLE)
    harness.take(pot(1, 101))
    harness.set_up(POT, SINGLE | {"threshold": {"value": 50}})

    harness.take(pot(2, 101))

    assert [members["condition"] for _, members in harness.told] == [
        "potentiometer 101 > 100 (activation)",
        "potentiometer 101 > 50 (activation)",
    ]


def test_readings_of_a_device_registered_anew_know_nothing_of_its_former_life() -> None:
    harness = Harness()
    harness.set_up(POT, SINGLE)
    harness.take(pot(1, 101))
    harness.registry.devices = [device("PH80", "Barn unit", registration="second")]

    harness.take(pot(2, 101))

    assert len(harness.triggers.sent) == 2
    assert harness.states.find({"PH80": "second"})["PH80"].state.of(POT.slot).extremes == Extremes(101, 101)


@pytest.mark.parametrize("payload", [b"", b"not JSON", b"[]", b'{"sensors": 7}', b"\xff" * 10, b"x" * 128 * 1024])
def test_a_message_that_is_no_reading_is_kept_and_counted(payload: bytes) -> None:
    harness = Harness()

    done = harness.take(delivery(1, "server/PH80/sensor_reading", payload))

    assert harness.kept == ["m00001"]
    assert sum(one.ignored for one in done.taken) == 1
    assert done.failed == []


def test_readings_of_unknown_devices_are_parked() -> None:
    harness = Harness()

    done = harness.take(pot(1, 5, "GONE"))

    assert harness.kept == []
    assert done.recorded.parked == {"device is not registered": 1}


def test_readings_go_on_to_the_device_that_the_owner_chose() -> None:
    harness = Harness()
    harness.set_up(POT, FORWARD)

    harness.take(pot(1, 131), pot(2, 132))

    assert [(to, api) for to, api, _ in harness.publisher.published] == [("PH81", "rcv_sensor_reading")] * 2
    assert [payload["sensors"][0]["value"] for _, _, payload in harness.publisher.published] == [131, 132]  # type: ignore[index]
    assert harness.publisher.published[0][2]["sensors"][0]["devicename"] == "Barn unit"  # type: ignore[index]


def test_a_reading_that_was_overtaken_is_not_forwarded() -> None:
    harness = Harness()
    harness.set_up(POT, FORWARD)
    harness.take(pot(5, 1))

    harness.take(pot(4, 2))

    assert len(harness.publisher.published) == 1


@pytest.mark.parametrize(
    "devices",
    [
        [BARN],
        [BARN, device("PH81", "Roof unit", owner="bob")],
        [BARN, device("PH81", "Roof unit", owner="bob", username="ann")],
    ],
)
def test_readings_go_to_no_device_that_is_not_the_owners(devices: list[Device]) -> None:
    harness = Harness(*devices)
    harness.set_up(POT, FORWARD)

    assert harness.take(pot(1, 131)).failed == []

    assert harness.publisher.published == []


def test_readings_that_could_not_be_forwarded_come_again() -> None:
    harness = Harness()
    harness.set_up(POT, FORWARD)
    harness.publisher.unreachable = {"PH81"}

    assert harness.take(pot(1, 131)).failed == ["d1"]


def test_readings_that_come_much_too_late_are_kept_but_not_judged() -> None:
    harness = Harness()
    harness.set_up(POT, SINGLE)
    for number in range(1, 43):
        harness.take(pot(number, 101 if number % 2 else 1))
    told = len(harness.triggers.sent)

    done = harness.take(pot(0, 101))

    assert len(harness.triggers.sent) == told
    assert "m00000" in harness.kept
    assert done.failed == []


def test_a_device_with_which_anything_fails_fails_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    harness = Harness()
    update = StateUpdater.update

    def fail_for_one(self: StateUpdater, batch: Any, *rest: Any) -> Any:
        if batch.deviceid == "PH81":
            raise UnicodeEncodeError("utf-8", "\ud800", 0, 1, "surrogates not allowed")
        return update(self, batch, *rest)

    monkeypatch.setattr(StateUpdater, "update", fail_for_one)

    done = harness.take(pot(1, 5), pot(2, 9, "PH81"), pot(3, 7), pot(4, 1, "PH81"))

    assert sorted(done.failed) == ["d2", "d4"]
    assert harness.state.of(POT.slot).extremes == Extremes(5, 7)
    assert [reason.partition(" ")[0] for reason in done.reasons] == ["UnicodeEncodeError"]


def test_what_is_read_for_all_devices_and_fails_for_one_fails_for_that_one(monkeypatch: pytest.MonkeyPatch) -> None:
    harness = Harness()
    find = harness.states.find

    def fail_for_one(registrations: Any) -> Any:
        if "PH81" in registrations:
            raise ValueError("a row that cannot be read")
        return find(registrations)

    monkeypatch.setattr(harness.states, "find", fail_for_one)

    done = harness.take(pot(1, 5), pot(2, 9, "PH81"))

    assert done.failed == ["d2"]
    assert len(done.taken) == 1


@pytest.mark.parametrize("digits", [10, 309, 310, 4200])
def test_a_number_that_no_double_holds_is_ignored_and_costs_no_other(digits: int) -> None:
    harness = Harness()
    text = '{"sensors": {"i2c2": [{"address": 40, "value": 7}], "adc1": [{"value": %s}]}}' % ("9" * digits)

    done = harness.take(delivery(1, "server/PH80/sensor_reading", text.encode(), seconds=5))

    assert harness.state.of(POT.slot).extremes == Extremes(7, 7)
    assert sum(one.ignored for one in done.taken) == (0 if digits == 10 else 1)


def test_all_samples_of_the_largest_message_are_taken() -> None:
    harness = Harness()
    sample = '{"age":1,"sensors":{"adc1":[{"value":%d}]}}'
    samples = ",".join(sample % number for number in range(2600))
    payload = ('{"samples":[' + samples + "]}").encode()
    assert 100_000 < len(payload) <= 128 * 1024

    done = harness.take(delivery(1, "server/PH80/sensor_reading", payload, seconds=5))

    assert sum(one.ignored for one in done.taken) == 0
    assert harness.state.of(Slot("adc", 1)).extremes == Extremes(0, 2599)


@pytest.mark.parametrize("address", [0, -1, 256, 10**40, 40.0, True, "40", None])
def test_an_address_that_no_bus_has_is_ignored(address: object) -> None:
    harness = Harness()
    payload = json.dumps({"sensors": {"i2c2": [{"address": address, "value": 7}]}}).encode()

    done = harness.take(delivery(1, "server/PH80/sensor_reading", payload, seconds=5))

    assert sum(one.ignored for one in done.taken) == 1
    assert harness.state.slots == {}


TO_ROOF = {"Roof unit": "PH81"}


def forwarded_to(harness: Harness) -> list[tuple[str, Any]]:
    return [(deviceid, payload["sensors"][0]["devicename"]) for deviceid, _, payload in harness.publisher.published]


def test_readings_go_to_the_device_that_was_meant_whatever_it_is_called_now() -> None:
    harness = Harness(BARN, device("PH81", "Tower unit"), device("PH82", "Roof unit"))
    harness.set_up(POT, FORWARD, TO_ROOF)

    done = harness.take(pot(1, 5))

    assert forwarded_to(harness) == [("PH81", "Barn unit")]
    assert done.taken[0].unforwarded == Counter()


@pytest.mark.parametrize(
    ("devices", "references"),
    [
        ([BARN], TO_ROOF),
        ([BARN, device("PH82", "Roof unit")], TO_ROOF),
        ([BARN, device("PH81", "Roof unit", owner="bob")], TO_ROOF),
        ([BARN, ROOF], {}),
        ([BARN], None),
    ],
    ids=["gone", "another has its name", "another owner has its id", "was never known", "no id was kept"],
)
def test_readings_for_a_device_that_is_not_there_are_counted_with_the_reason(
    devices: list[Device], references: dict[str, str] | None
) -> None:
    harness = Harness(*devices)
    harness.set_up(POT, FORWARD, references)

    done = harness.take(pot(1, 5), pot(2, 6))

    assert harness.publisher.published == []
    assert done.failed == []
    assert done.taken[0].unforwarded == {"target is not registered": 2}


def test_readings_come_under_the_name_by_which_the_other_device_waits_for_them() -> None:
    harness = Harness(device("PH80", "New barn"), ROOF)
    harness.set_up(POT, FORWARD, TO_ROOF)
    light = Configuration(
        Slot("i2c", 1, 8), {"hardware": {"devicename": "Barn unit"}}, references={"Barn unit": "PH80"}
    )
    harness.configurations.save("PH81", light)

    harness.take(pot(1, 5))

    assert forwarded_to(harness) == [("PH81", "Barn unit")]


def test_a_message_with_late_samples_is_found_by_their_own_time() -> None:
    harness = Harness()
    late = [{"age": age, "sensors": {"adc1": [{"value": age}]}} for age in (600, 0)]
    done = harness.take(
        pot(1, 5), delivery(2, "server/PH80/sensor_reading", json.dumps({"samples": late}).encode(), 700)
    )

    (span,) = harness.messages.spans.values()
    assert [span.first, span.last] == [position_of(after(100), "m00002+0"), position_of(after(700), "m00002+1")]
    assert harness.messages.find_messages("PH80", "rPH80", [span.position])[0].message_id == "m00002"
    assert done.failed == []


def test_readings_of_another_class_are_not_held_against_a_threshold() -> None:
    harness = Harness()
    harness.set_up(POT, SINGLE)
    payload = json.dumps({"sensors": {"i2c2": [{"address": 40, "value": 200, "class": 4}]}}).encode()

    harness.take(delivery(1, "server/PH80/sensor_reading", payload))

    assert harness.told == []


READING = json.dumps({"sensors": {"i2c2": [{"address": 40, "value": 5}]}}).encode()


def test_readings_of_a_watched_device_are_published_to_those_who_watch_now() -> None:
    harness = Harness(replace(BARN, watchers=(Watcher("ann", after(100)), Watcher("bob", after(59)))), ROOF)

    harness.take(delivery(1, "server/PH80/sensor_reading", READING, 30))

    assert harness.publisher.live == [
        (
            "app.live/ann/PH80/readings",
            {
                "at": int(after(30).timestamp()),
                "sensors": [
                    {"source": "i2c", "number": 2, "address": 40, "sensorname": "POT 1", "value": 5, "state": 0}
                ],
            },
        )
    ]


def test_readings_that_nobody_watches_cost_no_further_request(monkeypatch: pytest.MonkeyPatch) -> None:
    harness = Harness()
    monkeypatch.setattr(harness.sensors, "list", None)

    done = harness.take(delivery(1, "server/PH80/sensor_reading", READING, 30))

    assert (done.failed, harness.publisher.live) == ([], [])

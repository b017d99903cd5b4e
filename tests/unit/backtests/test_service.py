"""Backtests: the alerts over stored readings equal the sensorian's alerts for the same live readings."""

import json
import random
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from iotcloud.backtests.schema import BacktestAnswer
from iotcloud.backtests.service import MAX_REQUESTS, BacktestResult, BacktestService
from iotcloud.devices.model import Role
from iotcloud.errors import DeviceNotRegistered, InvalidInput, SensorNotRegistered
from iotcloud.histories.model import Lane, Message, position_of
from iotcloud.notification_blocks.model import Channel, Endpoint, NotificationBlock, Text
from iotcloud.pagination import make_cursor
from iotcloud.peripherals.model import I2C, TPROBE, Configuration, Sensor, SensorTypeInvalid, Slot
from iotcloud.peripherals.references import DeviceReferences
from iotcloud.peripherals.sensor_control import SensorProperties
from iotcloud.readings.alerts.rules import find_rules
from iotcloud.readings.model import read_samples
from iotcloud.readings.series import SeriesQuestion
from iotcloud.readings.state.inactivity_check import LATENESS, InactivityCheck
from iotcloud.readings.state.model import DeviceState, PendingAlert, SensorState
from iotcloud.readings.state.resets import StateResets
from iotcloud.readings.state.updater import Batch, StateUpdater
from tests.fakes.histories import FakeRegistry, InMemoryMessages
from tests.fakes.messages import NOON, after, device, message
from tests.fakes.peripherals import FakeBlocks, FakeConfigurations, FakeContacts, FakeSensors
from tests.fakes.readings import FakeMemories, FakeTellings
from tests.unit.readings.state.test_updater import PART, STREAMS, some_threshold

PROBE = Sensor(Slot("tprobe", 1), "TH 1", "temperature", "input", NOON, subclass="humidity")
LIGHT = Sensor(Slot("i2c", 1, 9), "LED 1", "light", "output", NOON)
SINGLE: dict[str, Any] = {"mode": 0, "threshold": {"value": 30}, "alert": {"type": 0}}
FORWARD: dict[str, Any] = {"mode": 2}
BLOCK = NotificationBlock(
    (Text("Hot"), Text("Cool", is_enabled=False)),
    {Channel.EMAIL: Endpoint("user@example.com", is_enabled=True), Channel.STORAGE: Endpoint("", is_enabled=True)},
)
ALL = SeriesQuestion(NOON, after(10_000))


class Harness:
    """A device with stored readings, evaluated live and in a backtest."""

    def __init__(self) -> None:
        self.registry = FakeRegistry([device("PH80", "Barn unit")])
        self.log, self.states, self.events = InMemoryMessages(), FakeMemories(), FakeTellings()
        self.configurations, self.sensors, self.blocks = FakeConfigurations(), FakeSensors(), FakeBlocks()
        self.sensors.add("PH80", PROBE)
        self.sensors.add("PH80", LIGHT)
        self.now = 10_000.0

    @property
    def service(self) -> BacktestService:
        return BacktestService(
            self.registry,
            self.sensors,
            self.log,
            self.states,
            self.blocks,
            FakeContacts(),
            DeviceReferences(self.registry),
            lambda: after(self.now),
        )

    def keep(self, seconds: float, value: float, subvalue: float = 50) -> Message:
        entry = {"value": value, "subclass": {"value": subvalue}}
        return self.keep_payload(seconds, {"sensors": {"tprobe1": [entry], "adc1": [{"value": 1}]}})

    def keep_payload(self, seconds: float, payload: object) -> Message:
        kept = message(round(seconds * 10), lane=Lane.READINGS, payload=json.dumps(payload), seconds=seconds)
        self.log.put_messages([kept])
        return kept

    def run_backtest(
        self,
        attributes: Mapping[str, Any],
        asked: SeriesQuestion = ALL,
        limit: int = 100,
        block: NotificationBlock | None = BLOCK,
    ) -> list[BacktestResult]:
        """Rehearse to the end, page by page."""
        found, sensor = self.service.find_input("ann", "Barn unit", TPROBE, 1, "TH 1")
        told: list[BacktestResult] = []
        cursor = None
        for _ in range(1000):
            page = self.service.run_backtest(found, sensor, SensorProperties(attributes, block), asked, limit, cursor)
            assert len(page.items) <= limit
            told += page.items
            cursor = page.cursor
            if cursor is None:
                return told
            assert len(cursor) < 2000
        raise AssertionError("the rehearsal has no end")


def seen(told: list[BacktestResult]) -> list[tuple[float, str]]:
    return [((one.told.event.reading.at - NOON).total_seconds(), one.told.condition) for one in told]


def test_what_would_have_fired_is_told_in_order_with_its_notices() -> None:
    harness = Harness()
    for seconds, value in ((0, 20), (5, 31), (10, 32), (15, 30)):
        harness.keep(seconds, value)

    told = harness.run_backtest(SINGLE)

    assert seen(told) == [(5, "temperature 31 > 30 (activation)"), (15, "temperature 30 <= 30 (deactivation)")]
    assert [(draft.recipient.channel, draft.recipient.address) for draft in told[0].drafts] == [
        (Channel.EMAIL, "user@example.com"),
        (Channel.STORAGE, ""),
    ]
    assert told[0].drafts[0].text.startswith("Hot\r\n- condition triggered: temperature 31 > 30 (activation)")
    assert {draft.refusal for draft in told[1].drafts} == {"message on deactivation is disabled"}


def test_nothing_is_kept_or_sent() -> None:
    harness = Harness()
    harness.keep(5, 31)
    writes = harness.log.writes

    harness.run_backtest({**SINGLE, "inactivity_seconds": 60})

    assert harness.log.writes == writes
    assert harness.states.rows == {}
    assert harness.events.told == []


def test_without_a_posted_block_the_stored_one_counts_and_else_the_default() -> None:
    harness = Harness()
    harness.keep(5, 31)

    (default,) = harness.run_backtest(SINGLE, block=None)
    harness.blocks.save("PH80", "tprobe1TH 1", BLOCK)
    (stored,) = harness.run_backtest(SINGLE, block=None)

    assert default.drafts[0].text.startswith("Sensor threshold activated")
    assert stored.drafts[0].text.startswith("Hot")


def test_a_second_class_has_its_own_threshold_and_block() -> None:
    harness = Harness()
    harness.blocks.save("PH80", "tprobe1TH 1/subclass", NotificationBlock((Text("Wet"), Text("Dry")), BLOCK.endpoints))
    harness.keep(5, 20, 81)

    (told,) = harness.run_backtest({**FORWARD, "subattributes": {"mode": 0, "threshold": {"value": 80}}})

    assert (told.told.is_subclass, told.told.condition) == (True, "humidity 81 > 80 (activation)")
    assert told.drafts[0].text.startswith("Wet")


def test_silence_is_rehearsed_to_the_end_of_the_time() -> None:
    harness = Harness()
    harness.keep(30, 20)
    harness.keep(200, 20)

    told = harness.run_backtest({**FORWARD, "inactivity_seconds": 60}, SeriesQuestion(NOON, after(300)))

    assert seen(told) == [
        (90, "temperature silent for 60 s (activation)"),
        (200, "temperature heard again (deactivation)"),
        (260, "temperature silent for 60 s (activation)"),
    ]


def test_what_has_not_come_yet_is_not_silence() -> None:
    harness = Harness()
    harness.now = 100.0
    harness.keep(50, 20)

    assert harness.run_backtest({**FORWARD, "inactivity_seconds": 60}, SeriesQuestion(NOON, after(5000))) == []


def test_a_sensor_was_not_silent_before_it_was_registered() -> None:
    harness = Harness()
    harness.keep(30, 20)

    assert harness.run_backtest({**FORWARD, "inactivity_seconds": 60}, SeriesQuestion(after(-5000), after(80))) == []


def test_readings_outside_the_time_and_deleted_ones_do_not_count() -> None:
    harness = Harness()
    for seconds in range(10):
        harness.keep(seconds, 40 if seconds % 2 else 20)

    assert [at for at, _ in seen(harness.run_backtest(SINGLE, SeriesQuestion(after(2), after(6))))] == [3, 4, 5]
    cleared = DeviceState({PROBE.slot: SensorState(cleared=position_of(after(7)))})
    harness.states.save("PH80", "rPH80", cleared, 0)
    assert [at for at, _ in seen(harness.run_backtest(SINGLE))] == [7, 8, 9]


def test_a_question_that_leaves_the_time_open_is_about_the_last_day() -> None:
    harness = Harness()
    harness.now = 90_000
    harness.keep(3_599, 40)
    harness.keep(3_601, 41)
    harness.keep(89_999, 20)

    assert [at for at, _ in seen(harness.run_backtest(SINGLE, SeriesQuestion()))] == [3_601, 89_999]


def test_a_page_reads_a_bounded_part_of_the_log() -> None:
    harness = Harness()
    harness.log.page = 10
    for number in range(100):
        harness.keep(number, 40 if number == 90 else 20)
    found, sensor = harness.service.find_input("ann", "Barn unit", TPROBE, 1, "TH 1")

    page = harness.service.run_backtest(found, sensor, SensorProperties(SINGLE, BLOCK), ALL, 100)

    assert harness.log.reads == MAX_REQUESTS
    assert list(page.items) == []
    assert page.cursor is not None
    assert [at for at, _ in seen(harness.run_backtest(SINGLE))] == [90, 91]


def test_who_may_see_the_device_may_rehearse() -> None:
    harness = Harness()
    viewed = replace(harness.registry.devices[0], username="vic", devicename="Theirs", role=Role.VIEWER)
    harness.registry.devices.append(viewed)

    assert harness.service.find_input("vic", "Theirs", TPROBE, 1, "TH 1") == (viewed, PROBE)
    with pytest.raises(DeviceNotRegistered):
        harness.service.find_input("mallory", "Barn unit", TPROBE, 1, "TH 1")
    with pytest.raises(SensorNotRegistered):
        harness.service.find_input("ann", "Barn unit", I2C, 1, "TH 1")
    with pytest.raises(SensorTypeInvalid):
        harness.service.find_input("ann", "Barn unit", I2C, 1, "LED 1")


@pytest.mark.parametrize("role", [Role.VIEWER, Role.OPERATOR])
def test_others_than_the_owner_are_not_shown_who_is_told(role: Role) -> None:
    harness = Harness()
    harness.registry.devices = [replace(harness.registry.devices[0], username="ann", owner="someone", role=role)]
    harness.keep(5, 31)

    (told,) = harness.run_backtest(SINGLE, block=None)

    assert [(draft.recipient.channel, draft.recipient.address) for draft in told.drafts] == [(Channel.EMAIL, "")]
    assert told.drafts[0].text.startswith("Sensor threshold activated")


@pytest.mark.parametrize("letter", ["x", '"', "\\", "\N{GRINNING FACE}", "\n"])
def test_a_page_fits_into_an_answer_however_long_its_messages_are(letter: str) -> None:
    harness = Harness()
    many = ", ".join(f"user{number}@example.com" for number in range(500))
    endpoints = {channel: Endpoint(many, is_enabled=True) for channel in (Channel.MOBILE, Channel.EMAIL, Channel.MODEM)}
    block = NotificationBlock((Text(letter * 1600), Text(letter * 1600)), endpoints)
    for number in range(20):
        harness.keep(number * 5, 20 + 20 * (number % 2))
    found, sensor = harness.service.find_input("ann", "Barn unit", TPROBE, 1, "TH 1")

    told: list[BacktestResult] = []
    cursor = None
    for _ in range(30):
        page = harness.service.run_backtest(found, sensor, SensorProperties(SINGLE, block), ALL, 100, cursor)
        answer = json.dumps(json.dumps(BacktestAnswer.of(sensor, page).model_dump(mode="json")))
        assert page.items
        assert len(answer) < 6 * 1024 * 1024
        told += page.items
        cursor = page.cursor
        if cursor is None:
            break

    assert len(seen(told)) == 19
    assert len({second for second, _ in seen(told)}) == 19


@pytest.mark.parametrize("position", ["", "[]", "[1]", '[1, "0", "0", "{}"]', '["x", "0", "0", "{}"]', "{"])
def test_a_cursor_that_is_none_is_refused(position: str) -> None:
    harness = Harness()
    found, sensor = harness.service.find_input("ann", "Barn unit", TPROBE, 1, "TH 1")
    properties = SensorProperties(SINGLE, BLOCK)
    scope = f"rehearsal of ann {found.registration} {sensor.slot} {ALL} {properties}"

    for cursor in (make_cursor(scope, position), make_cursor("another", position)):
        with pytest.raises(InvalidInput):
            harness.service.run_backtest(found, sensor, properties, ALL, 100, cursor)


def live(
    harness: Harness, messages: list[Message], attributes: Mapping[str, Any], until: float, draw: random.Random
) -> None:
    """Let the sensorian and the clock work on messages, in order, as they come."""
    harness.configurations.save("PH80", Configuration(PROBE.slot, attributes, is_enabled=True))
    if "inactivity_seconds" in attributes:
        forgetter = StateResets(harness.registry, harness.states, lambda: NOON)
        forgetter.expect_data("PH80", PROBE.slot, attributes["inactivity_seconds"])
    state_updater = StateUpdater(harness.log, harness.states, harness.events)

    def look(instant: Any) -> None:
        clock = instant + LATENESS
        InactivityCheck(
            harness.registry, harness.states, harness.configurations, harness.sensors, state_updater, lambda: clock
        ).run()

    while messages:
        batch = messages[: draw.randint(1, 4)]
        del messages[: len(batch)]
        if draw.random() < 0.5:
            look(batch[0].received_at - timedelta(seconds=draw.choice([0.1, 1, 3600])))
        harness.log.put_messages(batch)
        samples = [s for m in batch for s in read_samples(m.payload, m.received_at, m.message_id)[0]]
        rules_by_slot = find_rules(harness.configurations.list("PH80"), harness.sensors.list("PH80"))
        kept = harness.states.find({"PH80": "rPH80"})["PH80"]
        taken = Batch("ann", "PH80", "rPH80", tuple(sorted(samples, key=lambda sample: sample.position)))
        state_updater.update(taken, rules_by_slot, kept)
    look(after(until))


def in_order(told: list[PendingAlert]) -> list[PendingAlert]:
    return sorted(told, key=lambda one: (one.event.reading.position, one.is_subclass, one.is_inactivity, one.condition))


@pytest.mark.parametrize("first", range(0, STREAMS, PART))
def test_a_rehearsal_tells_exactly_what_the_sensorian_told_of_the_same_stream(first: int) -> None:
    """Thresholds of every kind on both classes, hysteresis, repeated alerts and silence; pages of any size."""
    for seed in range(first, first + PART):
        draw = random.Random(seed)
        harness = Harness()
        attributes: dict[str, Any] = {
            **some_threshold(draw).properties(),
            "subattributes": some_threshold(draw).properties(),
            **({"inactivity_seconds": draw.choice([60, 120])} if draw.random() < 0.7 else {}),
        }
        seconds, messages = 0.0, []
        for _ in range(draw.randint(0, 18)):
            seconds += draw.choice([1, 5, 30, 59, 60, 61, 200])
            messages.append(harness.keep(seconds, draw.randint(0, 9), draw.randint(0, 9)))
        until = harness.now = seconds + draw.choice([1, 59, 61, 500])
        harness.log = InMemoryMessages(page=draw.choice([3, 5000]))

        live(harness, messages, attributes, until, draw)
        told = harness.run_backtest(attributes, SeriesQuestion(NOON, after(until)), limit=draw.choice([1, 2, 5, 100]))

        expected = in_order(list(dict.fromkeys(one for _, one in harness.events.told)))
        assert in_order([one.told for one in told]) == expected, seed
        assert [one.told.event.reading.position for one in told] == sorted(
            one.told.event.reading.position for one in told
        ), seed

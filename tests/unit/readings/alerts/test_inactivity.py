"""Inactivity: one alert when readings stop and one when they resume, for any number and order of checks."""

import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from iotcloud.devices.model import Device
from iotcloud.histories.model import Lane, Message, instant_of, position_of
from iotcloud.peripherals.model import Configuration, Sensor, Slot
from iotcloud.readings.alerts.inactivity import Inactivity, evaluate_gap
from iotcloud.readings.alerts.rules import find_rules
from iotcloud.readings.alerts.threshold_state import Reading
from iotcloud.readings.model import read_samples
from iotcloud.readings.state.inactivity_check import LATENESS, CheckResult, InactivityCheck
from iotcloud.readings.state.model import DeviceState, PendingAlert
from iotcloud.readings.state.resets import StateResets
from iotcloud.readings.state.updater import Batch, StateUpdater
from tests.fakes.histories import FakeRegistry, InMemoryMessages
from tests.fakes.messages import NOON, after, device, message
from tests.fakes.peripherals import FakeConfigurations, FakeSensors
from tests.fakes.readings import FakeMemories, FakeTellings
from tests.unit.readings.state.chaos import Lottery
from tests.unit.readings.state.reference import Told, run_silence
from tests.unit.readings.state.test_updater import PART, STREAMS

pytestmark = pytest.mark.long

POT = Sensor(Slot("i2c", 2, 40), "POT 1", "potentiometer", "input", NOON)
WIND = Sensor(Slot("adc", 1), "Wind 1", "anemometer", "input", NOON)
BOTH = {"i2c2": [{"address": 40, "value": 5}], "adc1": [{"value": 3.5}]}
SILENCE_S = 60
GAPS = (1, 20, 40, 59, 60, 61, 75, 300)


def reading(seconds: float, sensors: object = BOTH) -> Message:
    """Make the kept message of a reading."""
    payload = str({"sensors": sensors}).replace("'", '"')
    return message(round(seconds * 1000), lane=Lane.READINGS, payload=payload, seconds=seconds)


class Harness:
    """A device's log and state, the workers on them, and the scheduled check."""

    def __init__(self) -> None:
        self.registry = FakeRegistry([device("PH80", "Barn unit")])
        self.log, self.states, self.events = InMemoryMessages(), FakeMemories(), FakeTellings()
        self.configurations, self.sensors = FakeConfigurations(), FakeSensors()
        for sensor in (POT, WIND):
            self.sensors.add("PH80", sensor)
        self.set_up(POT)

    def set_up(self, sensor: Sensor, seconds: int = SILENCE_S, *, is_enabled: bool = True) -> None:
        attributes = {"mode": 2, "inactivity_seconds": seconds}
        self.configurations.save("PH80", Configuration(sensor.slot, attributes, is_enabled=is_enabled))

    def expect(self, sensor: Sensor = POT, seconds: float = 0) -> None:
        """Enable the sensor."""
        StateResets(self.registry, self.states, lambda: after(seconds)).expect_data("PH80", sensor.slot, SILENCE_S)

    def take(self, messages: Sequence[Message], lottery: Lottery | None = None) -> None:
        """Process a batch like the sensorian."""
        log, states, events = (self._port(port, lottery) for port in (self.log, self.states, self.events))
        log.put_messages(messages)
        kept = states.find({"PH80": "rPH80"})["PH80"]
        samples = [s for m in messages for s in read_samples(m.payload, m.received_at, m.message_id)[0]]
        batch = Batch("ann", "PH80", "rPH80", tuple(sorted(samples, key=lambda sample: sample.position)))
        rules_by_slot = find_rules(self.configurations.list("PH80"), self.sensors.list("PH80"))
        StateUpdater(log, states, events).update(batch, rules_by_slot, kept)

    def look(self, seconds: float, lottery: Lottery | None = None) -> CheckResult:
        """Run the scheduled check for everything up to `seconds`."""
        log, states, events = (self._port(port, lottery) for port in (self.log, self.states, self.events))
        state_updater = StateUpdater(log, states, events)
        now = after(seconds) + LATENESS
        return InactivityCheck(
            self.registry, states, self.configurations, self.sensors, state_updater, lambda: now
        ).run()

    @staticmethod
    def _port(port: Any, lottery: Lottery | None) -> Any:
        return port if lottery is None else lottery.disturbed(port)

    @property
    def state(self) -> DeviceState:
        return self.states.find({"PH80": "rPH80"})["PH80"].state

    @property
    def pending(self) -> list[PendingAlert]:
        return [pending for _, pending in self.events.told]

    @property
    def told(self) -> list[Told]:
        """The alerts without duplicates, in order of time."""
        found = {(at_ms(one.event.reading.position), not one.event.is_activation) for one in self.pending}
        return [Told(position, not is_again) for position, is_again in sorted(found)]


def at_ms(position: str) -> int:
    return round((instant_of(position) - NOON).total_seconds() * 1000)


def told(*transitions: float) -> list[Told]:
    """Silent at the first instant, heard at the second, and so on."""
    return [Told(round(seconds * 1000), number % 2 == 0) for number, seconds in enumerate(transitions)]


def test_a_sensor_that_stops_is_told_of_once_and_once_when_it_comes_again() -> None:
    harness = Harness()
    harness.expect()
    harness.take([reading(5), reading(10)])

    assert harness.look(70).told == 0
    for seconds in (71, 72, 500):
        harness.look(seconds)
    assert [one.condition for one in harness.pending] == ["potentiometer silent for 60 s (activation)"]
    harness.take([reading(600)])
    harness.take([reading(605)])
    harness.take([reading(605)])

    assert [one.condition for one in harness.pending][1:] == ["potentiometer heard again (deactivation)"]
    assert harness.told == told(70, 600)


def test_a_sensor_that_is_switched_on_and_never_sends_is_silent() -> None:
    harness = Harness()
    harness.expect(seconds=100)

    harness.look(160)
    assert harness.told == []
    harness.look(161)
    assert harness.told == told(160)


def test_nothing_is_written_while_a_sensor_sends_before_its_time_is_over() -> None:
    harness = Harness()
    harness.expect()
    harness.take([reading(5)])
    writes = harness.states.writes

    for seconds in range(10, 60, 5):
        harness.take([reading(seconds)])
        harness.look(seconds)
    assert harness.states.writes == writes
    for seconds in range(60, 185, 5):
        harness.take([reading(seconds)])
        harness.look(seconds)
    assert harness.states.writes == writes + 2
    assert harness.told == []


def test_a_sensor_is_silent_though_others_of_its_device_send() -> None:
    harness = Harness()
    harness.expect()
    harness.take([reading(5)])
    for number in range(100):
        harness.take([reading(6 + number, {"adc1": [{"value": 3.5}]})])
        harness.look(6 + number)
    harness.take([reading(110)])

    assert harness.told == told(65, 110)


def test_a_sensor_that_sends_seldom_among_others_that_send_often_is_not_taken_for_silent() -> None:
    harness = Harness()
    harness.expect()
    for second in range(1, 400):
        harness.take([reading(second, {"i2c2": BOTH["i2c2"]} if second % 50 == 0 else {"adc1": [{"value": 3.5}]})])
        if second % 7 == 0:
            harness.look(second)

    assert harness.told == []


@pytest.mark.parametrize(("is_readable", "expected"), [(True, [60]), (False, [])])
def test_what_cannot_be_known_is_not_taken_for_silence(
    monkeypatch: pytest.MonkeyPatch, is_readable: bool, expected: list[float]
) -> None:
    """Workers that died left the newest messages out of the memory, which says that the sensor sends."""
    harness = Harness()
    harness.expect()
    kept = harness.states.find({"PH80": "rPH80"})["PH80"]
    harness.states.save("PH80", "rPH80", replace(kept.state, sending=frozenset({POT.slot})), kept.version)
    harness.log.put_messages([reading(second, {"adc1": [{"value": 3.5}]}) for second in range(1, 90)])
    if not is_readable:
        monkeypatch.setattr(harness.log, "read_on", lambda *_: None)

    harness.look(100)

    assert harness.told == told(*expected)
    assert harness.look(100).devices == 0


def test_each_sensor_of_a_device_has_its_own_time() -> None:
    harness = Harness()
    harness.set_up(WIND, 120)
    harness.expect(POT)
    harness.expect(WIND)
    harness.take([reading(5)])

    harness.look(100)
    assert [one.slot for one in harness.pending] == [POT.slot]
    harness.look(200)
    assert [one.slot for one in harness.pending] == [POT.slot, WIND.slot]


@pytest.mark.parametrize("change", ["switched off", "set otherwise", "deleted", "forgotten"])
def test_a_sensor_that_is_watched_no_more_is_not_told_of(change: str) -> None:
    harness = Harness()
    harness.expect()
    if change == "switched off":
        harness.set_up(POT, is_enabled=False)
    elif change == "set otherwise":
        harness.configurations.save("PH80", Configuration(POT.slot, {"mode": 0}, is_enabled=True))
    elif change == "deleted":
        harness.sensors.delete("PH80", POT)
    else:
        harness.configurations.erase("PH80")

    assert harness.look(500) == CheckResult(1, 0, [])
    assert harness.look(500) == CheckResult(0, 0, [])
    assert harness.told == []


def test_switching_off_and_deleting_forget_the_silence() -> None:
    harness = Harness()
    forgetter = StateResets(harness.registry, harness.states, lambda: after(0))
    for forget in (lambda: forgetter.rearm_slot("PH80", POT.slot), lambda: forgetter.reset_slots("PH80", [POT.slot])):
        harness.expect()
        assert harness.state.due_at == after(SILENCE_S)
        forget()
        assert harness.state.due_at is None


def test_switching_on_again_does_not_tell_again() -> None:
    harness = Harness()
    harness.expect()
    harness.look(100)

    harness.expect(seconds=100)
    harness.look(500)

    assert harness.told == told(60)


def test_a_time_that_was_set_otherwise_counts_from_the_same_reading() -> None:
    harness = Harness()
    harness.expect()
    harness.take([reading(5)])
    harness.set_up(POT, 600)

    harness.look(500)
    assert harness.told == []
    harness.look(606)
    assert harness.told == told(605)


def test_a_sensor_that_the_device_itself_switched_on_is_missed_from_its_first_reading_on() -> None:
    harness = Harness()
    harness.take([reading(5)])

    harness.look(66)

    assert harness.told == told(65)


def test_what_could_not_be_handed_on_is_told_by_the_next_run() -> None:
    harness = Harness()
    harness.expect()
    harness.events.is_down = True
    assert harness.look(100).failed == ["PH80"]
    assert harness.state.of(POT.slot).inactivity == Inactivity(
        SILENCE_S, harness.state.of(POT.slot).inactivity.last_seen, True
    )  # type: ignore[union-attr]
    harness.events.is_down = False

    assert harness.look(101) == CheckResult(1, 1, [])
    assert harness.look(102) == CheckResult(0, 0, [])
    assert harness.told == told(60)


def test_what_remains_of_a_deleted_device_is_erased() -> None:
    harness = Harness()
    harness.expect()
    harness.registry.devices = []

    assert harness.look(100) == CheckResult(1, 0, [])
    assert harness.states.rows == {}


def test_a_device_that_was_registered_anew_is_not_told_of_for_its_former_life() -> None:
    harness = Harness()
    harness.expect()
    former: Device = harness.registry.devices[0]
    harness.registry.devices = [replace(former, registration="second")]

    assert harness.look(100) == CheckResult(1, 0, [])
    assert harness.look(100) == CheckResult(0, 0, [])
    assert harness.told == []


def test_a_gap_that_ended_before_somebody_looked_is_told_with_its_end() -> None:
    harness = Harness()
    harness.expect()
    harness.take([reading(5)])

    harness.take([reading(66)])

    assert harness.told == told(65, 66)


def take_all(harness: Harness, messages: Sequence[Message], lottery: Lottery, done: list[object]) -> None:
    """Take a batch, and note its messages as done unless the worker died."""
    harness.take(messages, lottery)
    done += messages


def some_times(draw: random.Random) -> list[int]:
    times, at = [], 0
    for _ in range(draw.randint(0, 16)):
        at += draw.choice(GAPS)
        times.append(at)
    return times


def some_messages(draw: random.Random, times: Sequence[int]) -> list[Message]:
    """Make readings at these times; now and then another sensor sends alone, often, before one of them."""
    messages: list[Message] = []
    for before, at in zip([0, *times], times, strict=False):
        if draw.random() < 0.1:
            step = (at - before) / 40
            messages += [reading(before + number * step, {"adc1": [{"value": 1}]}) for number in range(1, 40)]
        messages.append(reading(at, draw.choice([BOTH, {"i2c2": BOTH["i2c2"]}])))
    return messages


@pytest.mark.parametrize("first", range(0, STREAMS, PART))
def test_streams_in_order_tell_exactly_what_a_plain_reader_tells(first: int) -> None:
    """Batches of any size and duplicates, with concurrent checks; every worker may die anywhere."""
    for seed in range(first, first + PART):
        draw, lottery = random.Random(seed), Lottery(seed, kill_probability=0.03)
        harness, times = Harness(), some_times(draw)
        harness.expect()
        waiting = some_messages(draw, times)
        while waiting:
            batch = waiting[: draw.choice([1, 2, 3, 4, 12])]
            waiting = waiting[len(batch) :]
            for _ in range(draw.randint(1, 2)):
                done: list[object] = []
                while not done:
                    tasks: list[Callable[[], Any]] = [partial(take_all, harness, batch, lottery, done)]
                    if draw.random() < 0.3:
                        before = (batch[0].received_at - NOON).total_seconds()
                        tasks.append(partial(harness.look, before - 0.01, lottery))
                    lottery.run(*tasks)
        end = (times[-1] if times else 0) + draw.choice(GAPS)
        harness.look(end)

        triggers, is_inactive = run_silence(SILENCE_S * 1000, 0, [at * 1000 for at in times], end * 1000)
        assert harness.told == triggers, seed
        inactivity = harness.state.of(POT.slot).inactivity
        assert inactivity is not None, seed
        assert inactivity.is_inactive is is_inactive, seed
        assert harness.state.pending == (), seed


@pytest.mark.parametrize("first", range(0, STREAMS, PART))
def test_streams_in_any_order_and_many_hands_end_where_a_plain_reader_ends(first: int) -> None:
    """Readings in any order, with duplicates and early checks; every worker may die anywhere.

    A silence that was told and that a late reading disproves is told to be over. So both kinds take turns.
    """
    for seed in range(first, first + PART):
        draw, lottery = random.Random(seed), Lottery(seed, kill_probability=0.02)
        harness, times = Harness(), some_times(draw)
        harness.expect()
        batches = [[at] for at in times] + [[at] for at in draw.sample(times, k=len(times) // 4)]
        draw.shuffle(batches)
        latest = max(times, default=0)
        while batches:
            looked_at = draw.randint(0, 600)
            latest = max(latest, looked_at)
            taken = [batches.pop(0) for _ in range(min(2, len(batches)))]
            done: list[object] = []
            takers = [partial(take_all, harness, [reading(at) for at in batch], lottery, done) for batch in taken]
            lottery.run(*takers, partial(harness.look, looked_at, lottery))
            batches += [batch for batch in taken if reading(batch[-1]) not in done]
        end = latest + draw.choice(GAPS)
        harness.look(end)

        _, is_inactive = run_silence(SILENCE_S * 1000, 0, [at * 1000 for at in times], end * 1000)
        inactivity = harness.state.of(POT.slot).inactivity
        assert inactivity is not None, seed
        assert inactivity.is_inactive is is_inactive, seed
        count = Counter(one.is_activation for one in harness.told)
        assert count[True] - count[False] == int(inactivity.is_inactive), seed
        assert harness.state.pending == (), seed


def test_who_looks_leaves_the_last_half_minute_alone() -> None:
    harness = Harness()
    harness.expect()

    assert harness.look(SILENCE_S).devices == 1
    assert harness.told == []
    assert timedelta(seconds=30) == LATENESS


def test_what_ends_a_silence_is_not_told_of_before_the_silence() -> None:
    silent = Inactivity(600, position_of(after(100)), is_inactive=True)

    known, (cleared,) = evaluate_gap(silent, [Reading(position_of(after(200), "m1"), 5)])

    assert cleared.reading.at == after(701)
    assert known.last_seen == position_of(after(200), "m1")
    _, (cleared,) = evaluate_gap(silent, [Reading(position_of(after(900), "m2"), 5)])
    assert cleared.reading.at == after(900)

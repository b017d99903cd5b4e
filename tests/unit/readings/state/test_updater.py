"""Thresholds under redelivery, reordering, concurrency and crashes, compared with a simple model."""

import os
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial

import pytest

from iotcloud.histories.model import Lane, Message, instant_of
from iotcloud.peripherals.model import Sensor, Slot
from iotcloud.readings.alerts.rules import SensorRules
from iotcloud.readings.alerts.thresholds import Threshold
from iotcloud.readings.model import Extremes, read_samples
from iotcloud.readings.state.model import DeviceState
from iotcloud.readings.state.updater import Batch, StateUpdater
from tests.fakes.histories import InMemoryMessages
from tests.fakes.messages import NOON, message
from tests.fakes.readings import FakeMemories, FakeTellings
from tests.unit.readings.state.chaos import Lottery
from tests.unit.readings.state.reference import PlainThreshold, Told, run

pytestmark = pytest.mark.long

POT = Slot("i2c", 2, 40)
SENSOR = Sensor(POT, "POT 1", "potentiometer", "input", NOON)
STREAMS = int(os.environ.get("IOTCLOUD_STREAMS", "400"))
"""How many streams each test runs; `make test` runs ten thousand."""
PART = STREAMS // 4
"""Streams of one test, so that tests can run beside each other."""
PERIOD_S = 5


def reading(number: int, value: float) -> Message:
    """Make the kept message of a reading, `PERIOD_S` after the one before it."""
    payload = f'{{"sensors": {{"i2c2": [{{"address": 40, "value": {value}, "class": 3}}]}}}}'
    return message(number, lane=Lane.READINGS, payload=payload, seconds=number * PERIOD_S)


def at_ms(position: str) -> int:
    return round((instant_of(position) - NOON).total_seconds() * 1000)


@dataclass
class Harness:
    """A device's log and state, and the workers on them."""

    threshold: PlainThreshold
    log: InMemoryMessages = field(default_factory=InMemoryMessages)
    states: FakeMemories = field(default_factory=FakeMemories)
    events: FakeTellings = field(default_factory=FakeTellings)

    @property
    def rules_by_slot(self) -> dict[Slot, SensorRules]:
        return {POT: SensorRules(SENSOR, Threshold.from_attributes(self.threshold.properties()))}

    def take(self, messages: Sequence[Message], lottery: Lottery | None = None) -> None:
        """Process a batch like the sensorian."""
        log, states, events = self.log, self.states, self.events
        if lottery is not None:
            log, states, events = (lottery.disturbed(port) for port in (log, states, events))
        log.put_messages(messages)
        kept = states.find({"PH80": "rPH80"})["PH80"]
        samples = [s for m in messages for s in read_samples(m.payload, m.received_at, m.message_id)[0]]
        batch = Batch("ann", "PH80", "rPH80", tuple(sorted(samples, key=lambda sample: sample.position)))
        StateUpdater(log, states, events).update(batch, self.rules_by_slot, kept)

    @property
    def state(self) -> DeviceState:
        return self.states.find({"PH80": "rPH80"})["PH80"].state

    @property
    def told(self) -> list[Told]:
        """The alerts without duplicates, in order of the readings."""
        found = {(at_ms(one.event.reading.position), one.event.is_activation) for _, one in self.events.told}
        return [Told(*each) for each in sorted(found)]

    @property
    def transitions(self) -> list[Told]:
        transitions = self.state.of(POT).threshold_state.transitions
        return [Told(at_ms(transition.position), transition.is_activation) for transition in transitions]

    def run_plainly(self, values: Sequence[float]) -> tuple[list[Told], list[Told], bool]:
        return run(self.threshold, [(number * PERIOD_S * 1000, value) for number, value in enumerate(values)])

    def is_active_at(self, told: Told, values: Sequence[float]) -> bool:
        """The simple model's state after the reading of an alert."""
        return self.run_plainly(values[: told.at_ms // (PERIOD_S * 1000) + 1])[2]


def some_threshold(draw: random.Random) -> PlainThreshold:
    low = draw.randint(2, 5)
    return PlainThreshold(
        mode=draw.randint(0, 1),
        value=draw.randint(2, 7),
        minimum=low,
        maximum=low + draw.randint(0, 3),
        activate=draw.randint(0, 1),
        hysteresis=draw.choice([0, 0, 1, 2, 5]),
        alert_type=draw.randint(0, 1),
        period_ms=draw.choice([0, 1000, 10_000, 60_000]),
    )


def some_values(draw: random.Random) -> list[float]:
    return [draw.randint(0, 9) for _ in range(draw.randint(1, 18))]


def deliver(harness: Harness, batches: list[list[Message]], lottery: Lottery, workers: int) -> None:
    """Give batches to workers, several at once, until each is done with; a batch whose worker died comes again."""
    while batches:
        taken = [batches.pop(0) for _ in range(min(workers, len(batches)))]
        done: list[int] = []

        def work(number: int, batch: list[Message], done: list[int] = done) -> None:
            harness.take(batch, lottery)
            done.append(number)

        lottery.run(*(partial(work, number, batch) for number, batch in enumerate(taken)))
        batches += [batch for number, batch in enumerate(taken) if number not in done]


@pytest.mark.parametrize("first", range(0, STREAMS, PART))
def test_streams_in_order_tell_exactly_what_a_plain_reader_tells(first: int) -> None:
    """Batches of any size; each may come twice, and workers die anywhere."""
    for seed in range(first, first + PART):
        draw, lottery = random.Random(seed), Lottery(seed, kill_probability=0.03)
        harness, values = Harness(some_threshold(draw)), some_values(draw)
        waiting = [reading(number, value) for number, value in enumerate(values)]
        while waiting:
            batch = waiting[: draw.randint(1, 4)]
            waiting = waiting[len(batch) :]
            deliver(harness, [batch] * draw.randint(1, 2), lottery, workers=1)

        triggers, transitions, is_active = harness.run_plainly(values)
        assert harness.told == triggers, seed
        assert harness.transitions == transitions, seed
        assert harness.state.of(POT).threshold_state.is_active is is_active, seed
        assert harness.state.of(POT).extremes == Extremes(min(values), max(values)), seed
        assert harness.state.pending == (), seed


@pytest.mark.parametrize("first", range(0, STREAMS, PART))
def test_streams_in_any_order_and_many_hands_turn_where_a_plain_reader_turns(first: int) -> None:
    """Readings in any order, some twice, up to three workers at once, and workers die anywhere.

    No reader can tell the past in order that learns of it late. So what is told is compared by kind and number; the
    turns that are known in the end, by each one's place.
    """
    for seed in range(first, first + PART):
        draw, lottery = random.Random(seed), Lottery(seed, kill_probability=0.02)
        harness, values = Harness(some_threshold(draw)), some_values(draw)
        messages = [reading(number, value) for number, value in enumerate(values)]
        messages += draw.sample(messages, k=len(messages) // 4)
        draw.shuffle(messages)
        batches = []
        while messages:
            size = draw.randint(1, 3)
            batches.append(messages[:size])
            messages = messages[size:]
        deliver(harness, batches, lottery, workers=3)

        _, transitions, is_active = harness.run_plainly(values)
        assert harness.transitions == transitions, seed
        assert harness.state.of(POT).threshold_state.is_active is is_active, seed
        assert harness.state.of(POT).extremes == Extremes(min(values), max(values)), seed
        assert harness.state.pending == (), seed
        told = Counter(each.is_activation for each in harness.told)
        expected = Counter(each.is_activation for each in transitions)
        assert told[False] == expected[False], seed
        is_repeating, is_smooth = harness.threshold.alert_type == 1, harness.threshold.hysteresis > 0
        assert told[True] >= expected[True] if is_repeating else told[True] == expected[True], seed
        if not (is_repeating and is_smooth):
            # A repeated alert between the two limits may be sent before the reading that ends the activation arrives.
            assert all(harness.is_active_at(each, values) is each.is_activation for each in harness.told), seed

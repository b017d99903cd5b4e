"""Very many readings through the sensorian with faults of queue, tables and Lambda, compared with a simple model.

The queue hands out in any order, twice, and again what was not finished; tables throttle whole requests and single
rows; three workers run at once and die anywhere. Everything below the sensorian is in memory: the shared suites in
tests/integration hold those stores to what DynamoDB does.
"""

import json
import random
from collections import Counter, deque
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from typing import Any

from iotcloud import ingest
from iotcloud.errors import DependencyFailed
from iotcloud.histories.model import Lane, Message, instant_of
from iotcloud.histories.recording import Recorder
from iotcloud.ingest import DeviceMessage
from iotcloud.peripherals.model import Configuration, Sensor, Slot
from iotcloud.readings.alerts.threshold_state import MAX_TRANSITIONS
from iotcloud.readings.forwarding import Forwarder
from iotcloud.readings.ingest import ReadingIngest
from iotcloud.readings.model import Extremes
from iotcloud.readings.state.triggers import TriggerOutbox
from iotcloud.readings.state.updater import StateUpdater
from iotcloud.topics import parse
from tests.fakes.histories import FakeParking, FakeRegistry, InMemoryMessages
from tests.fakes.messages import NOON, after, device
from tests.fakes.peripherals import FakeConfigurations, FakeSensors
from tests.fakes.publisher import FakePublisher
from tests.fakes.readings import FakeMemories, FakeTriggerQueue
from tests.unit.readings.state.chaos import Lottery
from tests.unit.readings.state.reference import PlainThreshold, run

POT = Slot("i2c", 2, 40)
LIGHT = Slot("adc", 1)
SENSOR = Sensor(POT, "POT 1", "potentiometer", "input", NOON)
PERIOD_S = 5
DEVICES = 20
"""Devices whose readings come mixed."""
WORKERS = 3
MAX_BATCH = 100
"""As template.yaml has it for the sensorian."""
WINDOW = 200
"""Number of messages among which the queue chooses the next."""
HIDDEN_ROUNDS = 8
"""Number of rounds for which the queue hides unfinished messages."""
COMES_TWICE, IS_KILLED, IS_THROTTLED, IS_REFUSED, IS_NOT_DELETED = 0.02, 0.001, 0.001, 0.01, 0.05
"""Chances: of a message; of a worker and of a request, at each call of a port; of a row; of a batch that was done."""


class Throttled(Exception):
    """DynamoDB refuses a request, and PynamoDB's own tries were in vain."""


@dataclass
class Tally:
    """The injected faults, and the final errors."""

    readings: int = 0
    deliveries: int = 0
    invocations: int = 0
    killed: int = 0
    throttled: int = 0
    partly_failed: int = 0
    told: int = 0
    most_deliveries: int = 0
    """Of one message."""
    lost: int = 0
    doubled: int = 0
    differences: list[str] = field(default_factory=list)

    def add(self, other: "Tally") -> None:
        """Take another's figures to these."""
        for name, amount in vars(other).items():
            is_most = name == "most_deliveries"
            setattr(self, name, max(getattr(self, name), amount) if is_most else getattr(self, name) + amount)


@dataclass(frozen=True)
class Stream:
    """The messages and settings of one device."""

    deviceid: str
    threshold: PlainThreshold
    values: list[float]

    @classmethod
    def draw(cls, deviceid: str, length: int, chance: random.Random) -> "Stream":
        """Draw a threshold of any kind, and values that stay for a while on one side of it.

        Turns are remembered by their number, so they must not be many in the time by which a reading may come late.
        """
        values: list[float] = []
        while len(values) < length:
            level = chance.choice([5, 30, 50, 70, 95])
            values += [level + chance.randint(-4, 4) for _ in range(chance.randint(15, 60))]
        threshold = PlainThreshold(
            mode=chance.randint(0, 1),
            value=58,
            minimum=42,
            maximum=58,
            activate=chance.randint(0, 1),
            hysteresis=chance.choice([0, 0, 9, 12]),
            alert_type=chance.choice([0, 0, 1]),
            period_ms=60_000,
        )
        return cls(deviceid, threshold, values[:length])

    def messages(self) -> Iterator[DeviceMessage]:
        """The rule's messages for the device's messages, in order."""
        topic = parse(f"server/{self.deviceid}/sensor_reading")
        for number, value in enumerate(self.values):
            sensors = {"i2c2": [{"address": 40, "value": value, "class": 3}], "adc1": [{"value": -value, "class": 6}]}
            payload = json.dumps({"sensors": sensors}).encode()
            yield DeviceMessage(topic, payload, after(number * PERIOD_S), f"{self.deviceid}-{number:06d}")


class Queue:
    """A queue of Amazon SQS: unordered, at least once, with redelivery after a timeout."""

    def __init__(self, messages: Iterator[DeviceMessage], chance: random.Random) -> None:
        self._coming = messages
        self._chance = chance
        self._window: list[str] = []
        self._hidden: deque[tuple[int, list[str]]] = deque()
        self._round = 0
        self.deliveries: Counter[str] = Counter()

    def receive(self, batches: int) -> list[list[str]]:
        """Hand out so many batches at most, none when all is done."""
        self._round += 1
        while self._hidden and (self._hidden[0][0] <= self._round or not self._window):
            self._window += self._hidden.popleft()[1]
        for message in islice(self._coming, max(0, WINDOW - len(self._window))):
            self._window += [ingest.write_message(message)] * (2 if self._chance.random() < COMES_TWICE else 1)
        return [batch for _ in range(batches) if (batch := self._take(self._chance.randint(1, MAX_BATCH)))]

    def _take(self, size: int) -> list[str]:
        taken = []
        while self._window and len(taken) < size:
            place = self._chance.randrange(len(self._window))
            self._window[place], self._window[-1] = self._window[-1], self._window[place]
            taken.append(self._window.pop())
        self.deliveries.update(taken)
        return taken

    def hide(self, bodies: list[str]) -> None:
        """Deliver these again, later."""
        self._hidden.append((self._round + HIDDEN_ROUNDS, bodies))


class ThrottledMessages(InMemoryMessages):
    """A table of messages that leaves rows of a batch unwritten."""

    chance = random.Random(0)

    def put_messages(self, messages: Sequence[Message]) -> Collection[Message]:
        self.refused = {each.message_id for each in messages if self.chance.random() < IS_REFUSED}
        return super().put_messages(messages)


class ThrottledTriggers(FakeTriggerQueue):
    """A queue that takes some triggers of a request and refuses the others."""

    chance = random.Random(0)

    def send(self, triggers: Sequence[DeviceMessage]) -> None:
        taken = [trigger for trigger in triggers if self.chance.random() >= IS_REFUSED]
        super().send(taken)
        if len(taken) < len(triggers):
            raise DependencyFailed


class ThrottlingLottery(Lottery):
    """Draws also which requests are throttled."""

    throttled = 0

    def disturbed(self, port: Any) -> Any:
        return super().disturbed(_Throttling(port, self))


class _Throttling:
    def __init__(self, port: Any, lottery: "ThrottlingLottery") -> None:
        self._port = port
        self._lottery = lottery

    def __getattr__(self, name: str) -> Any:
        if self._lottery.draw.random() < IS_THROTTLED:
            self._lottery.throttled += 1
            raise Throttled
        return getattr(self._port, name)


class Flood:
    """The readings of some devices on their way through the sensorian."""

    def __init__(self, seed: int, readings: int) -> None:
        self.chance = random.Random(seed)
        self.streams = [Stream.draw(f"D{n:02}", readings // DEVICES, self.chance) for n in range(DEVICES)]
        self.lottery = ThrottlingLottery(seed, IS_KILLED)
        self.queue = Queue(self._mixed(), self.chance)
        self.messages, self.states, self.triggers = ThrottledMessages(), FakeMemories(), ThrottledTriggers()
        self.messages.chance = self.triggers.chance = self.chance
        registry, sensors, configurations = FakeRegistry(), FakeSensors(), FakeConfigurations()
        for stream in self.streams:
            registry.devices.append(device(stream.deviceid))
            sensors.add(stream.deviceid, SENSOR)
            configurations.save(stream.deviceid, Configuration(POT, stream.threshold.properties()))
        disturbed = self.lottery.disturbed
        log, states = disturbed(self.messages), disturbed(self.states)
        self.sensorian = ReadingIngest(
            recorder=Recorder(disturbed(registry), log, FakeParking(), heartbeat_seconds=10),
            spans=log,
            states=states,
            configurations=disturbed(configurations),
            sensors=disturbed(sensors),
            state_updater=StateUpdater(log, states, TriggerOutbox(disturbed(self.triggers), log)),
            forwarder=Forwarder(registry, configurations, FakePublisher),  # type: ignore[arg-type]
        )
        self.tally = Tally(readings=sum(len(stream.values) for stream in self.streams))

    def _mixed(self) -> Iterator[DeviceMessage]:
        for together in zip(*(stream.messages() for stream in self.streams), strict=True):
            yield from together

    def go(self) -> Tally:
        """Let all readings through, and compare."""
        while batches := self.queue.receive(self.chance.randint(1, WORKERS)):
            done: dict[int, Collection[str]] = {}
            self.lottery.run(*(partial(self._invoke, n, batch, done) for n, batch in enumerate(batches)))
            self.tally.invocations += len(batches)
            self.tally.killed += len(batches) - len(done)
            for number, batch in enumerate(batches):
                if left := list(done.get(number, batch)):
                    self.queue.hide(left)
        self.tally.throttled = self.lottery.throttled
        self._compare()
        return self.tally

    def _invoke(self, number: int, batch: list[str], done: dict[int, Collection[str]]) -> None:
        """Process a batch like Lambda: the failed records in `done` are redelivered."""
        event = {"Records": [{"messageId": str(place), "body": body} for place, body in enumerate(batch)]}
        failed = self.sensorian.record_readings(ingest.read_deliveries(event)).failed
        self.tally.partly_failed += bool(failed)
        is_deleted = self.chance.random() >= IS_NOT_DELETED
        done[number] = [batch[int(place)] for place in failed] if is_deleted else batch

    def _compare(self) -> None:
        tally, deliveries = self.tally, self.queue.deliveries
        tally.deliveries, tally.most_deliveries = deliveries.total(), max(deliveries.values())
        told: dict[str, DeviceMessage] = {trigger.message_id: trigger for trigger in self.triggers.sent}
        tally.told = len(told)
        kinds = Counter((one.topic.deviceid, json.loads(one.payload)["activate"]) for one in told.values())
        for stream in self.streams:
            sent = {message.message_id for message in stream.messages()}
            kept = [
                row.message_id
                for row in self.messages.read_on(stream.deviceid, f"r{stream.deviceid}", Lane.READINGS, "0") or ()
            ]
            in_history = self.messages.read_on(stream.deviceid, f"r{stream.deviceid}", Lane.FROM, "0") or ()
            triggers = {name for name, trigger in told.items() if trigger.topic.deviceid == stream.deviceid}
            tally.lost += len(sent - set(kept)) + len(triggers - {row.message_id for row in in_history})
            tally.doubled += len(kept) - len(set(kept)) + len(in_history) - len(triggers)
            tally.differences += self._differences(stream, kinds[stream.deviceid, 1], kinds[stream.deviceid, 0])

    def _differences(self, stream: Stream, activations: int, deactivations: int) -> Iterator[str]:
        """Differences to the simple model of the stream."""
        state = self.states.find({stream.deviceid: f"r{stream.deviceid}"})[stream.deviceid].state
        lowest, highest = min(stream.values), max(stream.values)
        if state.of(POT).extremes != Extremes(lowest, highest) or state.of(LIGHT).extremes != Extremes(
            -highest, -lowest
        ):
            yield f"{stream}: extremes {state.of(POT).extremes}, {state.of(LIGHT).extremes}"
        places = [(number * PERIOD_S * 1000, value) for number, value in enumerate(stream.values)]
        _, transitions, is_active = run(stream.threshold, places)
        threshold_state = state.of(POT).threshold_state
        known = [
            (round((instant_of(one.position) - NOON).total_seconds() * 1000), one.is_activation)
            for one in threshold_state.transitions
        ]
        if known != [(transition.at_ms, transition.is_activation) for transition in transitions[-MAX_TRANSITIONS:]]:
            yield f"{stream}: turns {known}"
        if threshold_state.is_active is not is_active or state.pending:
            yield f"{stream}: {threshold_state.is_active=}, {state.pending=}"
        expected = Counter(transition.is_activation for transition in transitions)
        is_repeating = stream.threshold.alert_type == 1
        if deactivations != expected[False] or activations < expected[True]:
            yield f"{stream}: told {activations} and {deactivations}, not {expected}"
        if activations > expected[True] and not is_repeating:
            yield f"{stream}: told {activations} activations, not {expected[True]}"

"""Thousands of commands to a device whose replies are lost, doubled and late, in a time that only the test moves.

Nobody gets the reply to another's command. On a real broker it is tried by tests/e2e/test_device_link.py and
`.venv/bin/python -m tests.bench faults`.
"""

import json
import math
import os
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from types import SimpleNamespace

import pytest

from iotcloud.adapters import device_link
from iotcloud.adapters.device_link import MqttDeviceLink
from iotcloud.adapters.mqtt_session import Message, SessionLost
from iotcloud.commands.model import SETTLED_AFTER
from iotcloud.devices.model import Device
from iotcloud.errors import DeviceUnreachable
from simulators.devices.python.faults import Faults
from tests.fakes.command_leases import FakeCommandLeases
from tests.fakes.devices import make_device

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
COMMANDS = int(os.environ.get("IOTCLOUD_STREAMS", "2000"))
"""How many each test sends; `make test` sends ten thousand."""
TRAVEL_SECONDS = 0.01
ENVIRONMENTS = 3
KEPT = 6
"""The quota of subscriptions here, fewer than topics; 50 on AWS."""
BOTH = pytest.mark.parametrize("is_mqtt5", [True, False], ids=["MQTT 5", "MQTT 3.1.1"])
LONGEST_DELAY_SECONDS = SETTLED_AFTER.total_seconds() - 0.1


@dataclass
class World:
    """The time, the replies on their way to the broker, and the connections that it delivers them to."""

    faults: Faults
    now: float = 0.0
    coming: list[tuple[float, str, Message]] = field(default_factory=list)
    """When, on which topic, what."""
    sessions: list["Session"] = field(default_factory=list)

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.pass_until(self.now + seconds)

    def pass_until(self, instant: float) -> None:
        """Advance the time, and deliver the messages of that time."""
        arriving = sorted((each for each in self.coming if each[0] <= instant), key=lambda each: each[0])
        self.coming = [each for each in self.coming if each[0] > instant]
        for at, topic, message in arriving:
            for session in self.sessions:
                if session.hears.get(topic, math.inf) <= at:
                    session.arrived.append((topic, message))
        self.now = max(self.now, instant)

    def next_arrival(self) -> float:
        return min((at for at, _, _ in self.coming), default=math.inf)


@dataclass
class Session:
    """See iotcloud.adapters.mqtt_session.MqttSession. A subscription begins to deliver some time after its SUBACK,
    and is kept: it brings messages also while nobody reads them."""

    world: World
    correlates: bool
    settles_after: float
    is_stale: bool = False
    is_dead: bool = False
    topic: str | None = None
    acknowledged: dict[str, float] = field(default_factory=dict)
    hears: dict[str, float] = field(default_factory=dict)
    """From when on messages on a topic are delivered."""
    arrived: deque[tuple[str, Message]] = field(default_factory=deque)

    def __post_init__(self) -> None:
        self.world.sessions.append(self)

    def listen(self, topic: str, deadline: float) -> float:
        self.topic = topic
        if topic not in self.hears:
            self._go_round(deadline)
            self.acknowledged[topic] = self.world.now
            self.hears[topic] = self.world.now + self.settles_after
        return self.acknowledged[topic]

    def stop_listening(self) -> None:
        self.topic = None
        while len(self.hears) > KEPT:
            del self.hears[next(iter(self.hears))]

    def prove_alive(self, deadline: float) -> None:
        self._go_round(deadline)
        self.arrived.clear()

    def discard_received(self, deadline: float) -> None:
        self.arrived.clear()

    def publish(self, topic: str, payload: bytes, response_topic: str, correlation: bytes) -> None:
        reply = Message(payload, correlation if self.correlates else None)
        for delay in self.world.faults.deliveries():
            self.world.coming.append((self.world.now + TRAVEL_SECONDS + delay, response_topic, reply))

    def next_message(self, deadline: float) -> Message | None:
        while True:
            while self.arrived:
                topic, message = self.arrived.popleft()
                if topic == self.topic:
                    return message
            if self.world.now >= deadline:
                return None
            self.world.pass_until(min(deadline, self.world.next_arrival()))

    def close(self) -> None:
        self.world.sessions.remove(self)

    def _go_round(self, deadline: float) -> None:
        if self.is_dead:
            self.world.pass_until(deadline)
            raise SessionLost("no acknowledgement")
        self.world.pass_until(self.world.now + TRAVEL_SECONDS)


class Protocols:
    def record_protocol(self, deviceid: str, is_mqtt5: bool) -> None:
        """The test defines the known protocol of the device."""


@dataclass
class Environments:
    """Some environments at a few devices, by turns, after pauses, with more or less patience."""

    world: World
    random: Random
    is_mqtt5: bool
    settle_seconds: float = 0.0
    """The link's settling time of a subscription."""
    settles_after: float = 0.0
    """The broker's settling time."""
    devices: int = 1
    deaths: float = 0.0
    """How probable it is that a connection has died since its last use."""
    shortest_patience: float = 0.5
    told: list[str] = field(default_factory=list)

    def run(self) -> None:
        leases = FakeCommandLeases()
        devices = [make_device(deviceid=f"PH{80 + number}", is_mqtt5=self.is_mqtt5) for number in range(self.devices)]
        links = [
            MqttDeviceLink(
                lambda _: Session(self.world, self.is_mqtt5, self.settles_after),  # type: ignore[arg-type,return-value]
                leases,
                Protocols(),
                self.settle_seconds,
                now=lambda: NOON + timedelta(seconds=self.world.now),
            )
            for _ in range(ENVIRONMENTS)
        ]
        for number in range(COMMANDS):
            self.world.sleep(self.random.choice([0.0, 0.05, 1.0]))
            for session in self.world.sessions:
                session.is_dead = session.is_dead or self.random.random() < self.deaths
            self.told.append(self.ask(self.random.choice(links), self.random.choice(devices), number))

    def ask(self, link: MqttDeviceLink, device: Device, number: int) -> str:
        api = self.random.choice(["get_status", "set_status"])
        try:
            reply = link.request(device, api, {"number": number}, self.random.uniform(self.shortest_patience, 3.0))
        except DeviceUnreachable:
            return "unreachable"
        return "answered" if reply == {"number": number} else f"crossed: {json.dumps(reply)} for {number}"

    @property
    def crossed(self) -> list[str]:
        return [each for each in self.told if each.startswith("crossed")]


def set_time(monkeypatch: pytest.MonkeyPatch, world: World) -> World:
    monkeypatch.setattr(device_link, "time", SimpleNamespace(monotonic=world.monotonic, sleep=world.sleep))
    return world


@pytest.mark.parametrize("delay_seconds", [0.5, 2.9, 3.2, LONGEST_DELAY_SECONDS])
@BOTH
def test_nobody_gets_the_reply_to_anothers_command(
    monkeypatch: pytest.MonkeyPatch, is_mqtt5: bool, delay_seconds: float
) -> None:
    random = Random(f"{is_mqtt5} {delay_seconds}")
    faults = Faults(drop=0.05, duplicate=0.05, delay=0.05, delay_seconds=delay_seconds, random=random)
    environments = Environments(set_time(monkeypatch, World(faults)), random, is_mqtt5)

    environments.run()

    assert environments.crossed == []
    assert environments.told.count("answered") > 0.5 * COMMANDS


@BOTH
def test_a_device_that_answers_at_once_is_never_unreachable_while_subscriptions_settle(
    monkeypatch: pytest.MonkeyPatch, is_mqtt5: bool
) -> None:
    random = Random(f"{is_mqtt5} settle")
    environments = Environments(
        set_time(monkeypatch, World(Faults())),
        random,
        is_mqtt5,
        settle_seconds=0.1,
        settles_after=0.1,
        devices=KEPT,
        deaths=0.05,
        shortest_patience=1.5,
    )

    environments.run()

    assert environments.told == ["answered"] * COMMANDS


@BOTH
def test_nobody_gets_anothers_reply_while_subscriptions_settle_and_connections_die(
    monkeypatch: pytest.MonkeyPatch, is_mqtt5: bool
) -> None:
    random = Random(f"{is_mqtt5} settle and fail")
    faults = Faults(drop=0.02, duplicate=0.05, delay=0.02, delay_seconds=3.2, random=random)
    environments = Environments(
        set_time(monkeypatch, World(faults)),
        random,
        is_mqtt5,
        settle_seconds=0.1,
        settles_after=0.1,
        devices=KEPT,
        deaths=0.05,
    )

    environments.run()

    assert environments.crossed == []
    assert environments.told.count("answered") > 0.5 * COMMANDS

"""Thousands of commands to a device whose replies are lost, doubled and late, in a time that only the test moves.

Nobody gets the reply to another's command. On a real broker it is tried by tests/e2e/test_device_link.py and
`.venv/bin/python -m tests.bench faults`.
"""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from types import SimpleNamespace

import pytest

from iotcloud.adapters import device_link
from iotcloud.adapters.device_link import MqttDeviceLink
from iotcloud.adapters.mqtt_session import Message
from iotcloud.board.model import SETTLED_AFTER
from iotcloud.errors import DeviceUnreachable
from simulators.devices.python.faults import Faults
from tests.fakes.devices import make_device
from tests.fakes.exchanges import FakeExchanges

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
COMMANDS = int(os.environ.get("IOTCLOUD_STREAMS", "2000"))
"""How many each test sends; `make test` sends ten thousand."""
TRAVEL_SECONDS = 0.01
ENVIRONMENTS = 3
LONGEST_DELAY_SECONDS = SETTLED_AFTER.total_seconds() - 0.1


@dataclass
class World:
    """The time, and the replies on their way."""

    faults: Faults
    now: float = 0.0
    coming: list[tuple[float, str, Message]] = field(default_factory=list)
    """When, on which topic, what."""

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def take(self, topic: str, until: float) -> Message | None:
        """Wait for the next reply on a topic; the instant moves to when it comes."""
        heard = min((each for each in self.coming if each[1] == topic), key=lambda each: each[0], default=None)
        if heard is None or heard[0] > until:
            self.now = max(self.now, until)
            return None
        self.coming.remove(heard)
        self.now = max(self.now, heard[0])
        return heard[2]


@dataclass
class Session:
    """See iotcloud.adapters.mqtt_session.MqttSession: hears what comes while it listens."""

    world: World
    correlates: bool
    is_stale: bool = False
    topic: str = ""

    def listen(self, topic: str) -> None:
        self.topic = topic
        self.discard_received()

    def stop_listening(self) -> None:
        """What comes from now on is heard by nobody."""

    def await_acknowledged(self, deadline: float) -> None:
        self.world.now += TRAVEL_SECONDS

    def discard_received(self) -> None:
        self.world.coming = [each for each in self.world.coming if each[0] > self.world.now]

    def publish(self, topic: str, payload: bytes, response_topic: str, correlation: bytes) -> None:
        reply = Message(payload, correlation if self.correlates else None)
        for delay in self.world.faults.deliveries():
            self.world.coming.append((self.world.now + TRAVEL_SECONDS + delay, response_topic, reply))

    def next_message(self, deadline: float) -> Message | None:
        return self.world.take(self.topic, deadline)

    def close(self) -> None:
        """Nothing is open."""


class Protocols:
    def record_protocol(self, deviceid: str, is_mqtt5: bool) -> None:
        """The test says what the device is known to speak."""


def outcomes(world: World, random: Random, *, is_mqtt5: bool) -> Iterator[str]:
    """Let environments send by turns, after pauses, with more or less patience."""
    exchanges, device = FakeExchanges(), make_device(deviceid="PH80", is_mqtt5=is_mqtt5)
    links = [
        MqttDeviceLink(
            lambda: Session(world, is_mqtt5),  # type: ignore[arg-type,return-value]
            exchanges,
            Protocols(),
            now=lambda: NOON + timedelta(seconds=world.now),
        )
        for _ in range(ENVIRONMENTS)
    ]
    for number in range(COMMANDS):
        world.now += random.choice([0.0, 0.05, 1.0])
        api = random.choice(["get_status", "set_status"])
        try:
            reply = random.choice(links).request(device, api, {"number": number}, random.uniform(0.5, 3.0))
        except DeviceUnreachable:
            yield "unreachable"
        else:
            yield "answered" if reply == {"number": number} else f"crossed: {json.dumps(reply)} for {number}"


@pytest.mark.parametrize("delay_seconds", [0.5, 2.9, 3.2, LONGEST_DELAY_SECONDS])
@pytest.mark.parametrize("is_mqtt5", [True, False], ids=["MQTT 5", "MQTT 3.1.1"])
def test_nobody_gets_the_reply_to_anothers_command(
    monkeypatch: pytest.MonkeyPatch, is_mqtt5: bool, delay_seconds: float
) -> None:
    random = Random(f"{is_mqtt5} {delay_seconds}")
    world = World(Faults(drop=0.05, duplicate=0.05, delay=0.05, delay_seconds=delay_seconds, random=random))
    monkeypatch.setattr(device_link, "time", SimpleNamespace(monotonic=world.monotonic, sleep=world.sleep))

    told = list(outcomes(world, random, is_mqtt5=is_mqtt5))

    assert [each for each in told if each.startswith("crossed")] == []
    assert told.count("answered") > 0.5 * COMMANDS

"""A device that restarts gets its stored port settings back automatically."""

import json
import queue
from collections.abc import Iterator
from typing import Any

import pytest

from tests.e2e.patience import PATIENCE_SECONDS, eventually
from tests.e2e.people import RegisteredDevice, Stack
from tests.e2e.scripted_device import ScriptedDevice
from tests.e2e.test_histories import silent

LAYOUT = {
    "uart": [
        {"attributes": {"baudrate": 11, "parity": 0, "flowcontrol": 0, "stopbits": 0, "databits": 1}, "enabled": 0}
    ],
    "i2c": [[{"address": 40, "class": 3, "attributes": {"range": 0, "mode": 2}, "enabled": 1}], [], [], []],
    "adc": [{"class": 6, "attributes": {"mode": 0}, "enabled": 1}, {}],
}


class Conversation:
    """A device's published and received messages."""

    def __init__(self, scripted: ScriptedDevice) -> None:
        self._scripted = scripted
        self._heard: queue.Queue[Any] = queue.Queue()
        scripted.listen(lambda payload: self._heard.put(json.loads(payload)))

    def say(self, api: str, payload: object) -> None:
        self._scripted.publish(api, json.dumps(payload).encode())

    def ask(self, payload: object) -> Any:
        """Ask for the configuration as devices do: again until it is there."""
        self.say("req_configuration", payload)
        return self._heard.get(timeout=PATIENCE_SECONDS)


@pytest.fixture
def talking(device: RegisteredDevice, stack: Stack) -> Iterator[Conversation]:
    with ScriptedDevice.of(device, stack, silent) as scripted:
        yield Conversation(scripted)


def test_a_device_for_which_nothing_is_kept_is_told_so(talking: Conversation) -> None:
    assert talking.ask({}) == {}


def test_a_device_gets_back_what_it_sent_whole_or_in_part(talking: Conversation) -> None:
    talking.say("set_configuration", LAYOUT)
    until(talking, {}, LAYOUT)

    until(talking, {"peripherals": ["adc", "gpio"]}, {"adc": LAYOUT["adc"]})


def test_what_a_device_deletes_does_not_come_back(talking: Conversation) -> None:
    talking.say("set_configuration", LAYOUT)
    until(talking, {}, LAYOUT)

    talking.say("del_configuration", {"peripherals": ["i2c"]})
    until(talking, {}, {name: LAYOUT[name] for name in ("uart", "adc")})
    talking.say("del_configuration", {})
    until(talking, {}, {})


def test_a_device_that_asks_badly_is_told_everything(talking: Conversation) -> None:
    talking.say("set_configuration", LAYOUT)
    until(talking, {"peripherals": ["adc"]}, {"adc": LAYOUT["adc"]})

    until(talking, [1, 2, 3], LAYOUT)


def until(talking: Conversation, question: object, expected: object) -> None:
    """Request until the reply is as expected: messages may be processed twice, so a reply may be an earlier one."""
    eventually(lambda: talking.ask(question), lambda answer: answer == expected)

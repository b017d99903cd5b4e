"""The Python device's board follows the recorded conversations, like the Node.js device's."""

import base64
import json
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest

from simulators.devices.python.board import Board, BoardOptions
from simulators.devices.python.effects import Download, Effect, Publish, Reply, Restart, Say, Subscribe
from simulators.devices.python.images import TrustedKeys

CONVERSATIONS = sorted((Path(__file__).parents[2] / "events" / "device").glob("*.json"))


class Bench:
    """A board on a bench: acts on it step by step, with a clock that only the steps move."""

    def __init__(self, board: Board) -> None:
        self._board = board
        self._now = 1000.0
        self._causes: dict[str, Callable[[Any], list[Effect]]] = {
            "connect": lambda _: board.connect(self._now),
            "subscribed": lambda _: board.subscribe_done(self._now),
            "disconnect": lambda _: board.disconnect(self._now),
            "type": lambda line: board.type_line(line, self._now),
            "pin": lambda pin: board.put_pin(pin[0], pin[1], self._now),
            "put": lambda put: board.put_value(put[0], put[1], self._now),
            "wait": self._wait,
            "downloaded": self._downloaded,
            "download_failed": lambda it: board.download_failed(it["location"], it["reason"], self._now),
        }

    def boot(self) -> None:
        for step in ({"connect": True}, {"wait": self._board.options.boot_seconds}, {"subscribed": True}):
            self.act(step)
        self.act({"receive": "rcv_configuration", "payload": {}})

    def act(self, step: dict[str, Any]) -> list[Effect]:
        if "receive" in step:
            message = step["text"] if "text" in step else json.dumps(step["payload"])
            return self._board.receive(step["receive"], message.encode(), self._now)
        (cause,) = step.keys() & self._causes.keys()
        return self._causes[cause](step[cause])

    def _wait(self, seconds: float) -> list[Effect]:
        end, effects = self._now + seconds + 1e-9, []
        while (due := self._board.next_due) is not None and due <= end:
            self._now = max(due, self._now)
            effects += self._board.advance(self._now)
        self._now = end
        return effects

    def _downloaded(self, it: dict[str, Any]) -> list[Effect]:
        data = base64.b64decode(it["base64"])
        return self._board.download_done(it["location"], it["content_length"], data, self._now)


def written(effect: Effect) -> list[Any] | None:
    """The effect as conversations write it; None for lines that are shown."""
    match effect:
        case Reply(api, payload):
            return ["reply", api, payload]
        case Publish(api, payload):
            return ["publish", api, payload]
        case Download(location):
            return ["download", location]
        case Subscribe():
            return ["subscribe"]
        case Restart():
            return ["restart"]
    return None


@pytest.mark.parametrize("path", CONVERSATIONS, ids=lambda path: path.stem)
def test_board_holds_its_side_of_the_conversation(path: Path) -> None:
    conversation = json.loads(path.read_text(encoding="utf-8"))
    options = conversation.get("options", {})
    if "firmware_keys" in options:
        options["firmware_keys"] = TrustedKeys.read(json.dumps(options["firmware_keys"]))
    bench = Bench(Board(BoardOptions(**options), Random(1)))
    if conversation.get("booted"):
        bench.boot()
    for number, step in enumerate(conversation["steps"], start=1):
        effects = bench.act(step)
        done = [one for one in map(written, effects) if one is not None]
        assert done == step.get("expect", []), f"step {number}: {step}"
        said = "\n".join(effect.text for effect in effects if isinstance(effect, Say))
        position = 0
        for text in step.get("says", []):
            position = said.find(text, position)
            assert position >= 0, f"step {number}: {text!r} is not said, or not in order, in {said!r}"


def test_there_are_conversations() -> None:
    assert len(CONVERSATIONS) >= 20


def test_members_of_replies_come_in_the_order_of_the_protocol() -> None:
    bench = Bench(Board(BoardOptions(), Random(1)))
    bench.boot()
    bench.act({"receive": "set_i2c_dev_prop", "payload": {"address": 40, "class": 3, "number": 1}})
    (reply,) = bench.act({"receive": "get_i2c_devs", "payload": {"number": 1}})
    assert isinstance(reply, Reply)
    assert json.dumps(reply.payload) == '{"value": [{"class": 3, "enabled": 0, "address": 40}]}'

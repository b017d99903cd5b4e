"""Hostile messages of a device, for each queue that all accounts share; for the e2e test and the benchmark."""

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import cycle
from types import TracebackType
from typing import Self

from tests.e2e.scripted_device import ScriptedDevice

Said = tuple[str, bytes]
"""The topic's part behind the device id, and the payload."""

HALF_PAIR = b'{"activate":1,"recipient":"\\ud83d","message":"\\udc00","condition":"\\ud800"}'
LONG_NUMBER = b"9" * 4200
NESTED = b'{"a":' * 20_000
NEW_ADDRESSES = json.dumps({"sensors": {"i2c1": [{"address": n, "value": 1} for n in range(1024)]}}).encode()
NEW_PLACES = b'{"sensors":{"i2c2":[%s]}}' % b",".join(
    b'{"address":%d,"value":%s,"subclass":{"value":%s}}' % (address, LONG_NUMBER, LONG_NUMBER)
    for address in range(1, 13)
)
MANY_SAMPLES = json.dumps(
    {"samples": [{"age": age, "sensors": {"i2c1": [{"address": 7, "value": age % 2}]}} for age in range(1500)]}
).encode()
MANY_PORTS = json.dumps(
    {"i2c": [[{"address": n, "class": 4, "attributes": {"mode": 2}} for n in range(1, 256)] for _ in range(4)]}
).encode()
"""About 60 kB that name 1020 sensors."""
UNFORWARDABLE = json.dumps(
    {
        "i2c": [
            [{"address": 1, "class": 4, "attributes": {"mode": 2, "hardware": {"devicename": "x" * 2000}}}],
            [],
            [],
            [],
        ]
    }
).encode()

TRIGGERS = "trigger_notification/uart/default", "trigger_notification/gpio1/email", "trigger_notification/i2c1/mobile/7"
QUEUES: Mapping[str, Sequence[Said]] = {
    "readings": [
        ("sensor_reading", payload)
        for payload in (
            NEW_ADDRESSES,
            NEW_PLACES,
            MANY_SAMPLES,
            NESTED,
            HALF_PAIR,
            b'{"sensors":{"adc1":[{"value":1e400},{"value":%s}]}}' % LONG_NUMBER,
        )
    ],
    "triggers": [
        (api, payload)
        for api in TRIGGERS
        for payload in (
            HALF_PAIR,
            b"{}",
            json.dumps({"activate": 1, "recipient": "\U0001f600" * 700, "message": "x"}).encode(),
            NESTED,
            b'{"activate":%s}' % LONG_NUMBER,
        )
    ],
    "messages": [
        (api, payload) for api in ("get_status", "a/b/c") for payload in (HALF_PAIR, NESTED, b"\xff" * 60_000)
    ],
    "configurations": [
        (api, payload)
        for api in ("set_configuration", "del_configuration", "req_configuration")
        for payload in (MANY_PORTS, UNFORWARDABLE, NESTED, HALF_PAIR, b'{"uart":[{"attributes":{"a":1e400}}]}')
    ],
}
PRESENCE = "presence"
"""The queue of the broker's events: filled by connecting and disconnecting again and again."""


class Attack:
    """One device that sends the messages of one queue in turns, in a thread, until the block ends."""

    def __init__(self, queue: str, connect: Callable[[], ScriptedDevice], per_second: float) -> None:
        self.taken = 0
        """Messages that the broker took, or connections that it let in."""
        self._queue, self._connect, self._pause = queue, connect, 1 / per_second
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._ended.set()
        self._thread.join(30)

    def _run(self) -> None:
        if self._queue == PRESENCE:
            while not self._ended.wait(self._pause):
                with self._connect():
                    self.taken += 1
            return
        with self._connect() as device:
            for api, payload in _paced(QUEUES[self._queue], self._pause):
                if self._ended.is_set():
                    return
                device.publish(api, payload)
                self.taken = device.acknowledged


def _paced(messages: Sequence[Said], pause: float) -> Iterator[Said]:
    """Yield messages in turns, at a steady rate however long each takes."""
    due = time.monotonic()
    for message in cycle(messages):
        due += pause
        time.sleep(max(0.0, due - time.monotonic()))
        yield message


def silent(_number: int, _command: object) -> tuple[()]:
    """Answer nothing."""
    return ()

"""Benchmark of an alarm's delay while another account's device fills a shared queue with hostile messages, beside the
delay without them."""

import json
import random
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from queue import Empty, Queue
from typing import Any

from tests.bench.notice_latency import ABOVE, BELOW, set_up
from tests.bench.people import Bench, BenchDevice, Caller
from tests.bench.tables import Row, Section, percentile
from tests.e2e.hostile_device import Attack, silent
from tests.e2e.scripted_device import Json, ScriptedDevice

SECONDS = 120.0
"""Seconds for which the hostile device sends."""
WARM_UP = 3
"""Alarms that start the functions' processes, and are not counted."""
CALM = 24
"""Alarms without it. A device may raise 60 an hour: as many are left for the time with it, and the time between two is
chosen to stay below."""
MOST = 60
PER_SECOND = 10.0
"""Messages of the hostile device. AWS IoT Core takes 100 a second of a connection; two cores with everything do not."""
PATIENCE_SECONDS = 150.0
GOAL = 2.0


def measure(bench: Bench) -> list[Section]:
    """Measure for each of the benchmark's queues, with new accounts each time."""
    rows = [_row(queue, *alarms(bench, queue)) for queue in bench.queues]
    return [
        Section(
            "Neighbours",
            f"{CALM} alarms undisturbed, then alarms for {SECONDS:.0f} s while a device of another account sends "
            f"{PER_SECOND:.0f} messages a second that mean harm to one queue: half surrogate pairs, numbers of 4,200 "
            "digits, 20,000 levels, 1,024 addresses, 1,500 samples, 1,020 sensors' settings; or connects and leaves as "
            "often. Milliseconds from a device's message until another device of its owner has the notice. The message "
            "is a reading that crosses its threshold where readings are attacked, else a trigger.",
            (
                "attacked queue",
                "alarms",
                "p50",
                "p99",
                "calm p50",
                "calm p99",
                "p50 ratio",
                "p99 ratio",
                "missed",
                "hostile",
            ),
            rows,
            f"The goal is {GOAL:.0f} for both ratios, and none missed.",
        )
    ]


def alarms(bench: Bench, queue: str) -> tuple[list[float], list[float], int, int]:
    """Return the milliseconds of alarms without and with a hostile device, how many never came, and how many hostile
    messages the broker took."""
    caller, stranger = bench.caller(), bench.caller()
    device, told, hostile = bench.register(caller), bench.register(caller), bench.register(stranger)
    heard: Queue[Json] = Queue()

    def listening(_number: int, command: Json) -> tuple[()]:
        heard.put(command)
        return ()

    def connected(one: BenchDevice, script: Callable[[int, Json], Any]) -> ScriptedDevice:
        return ScriptedDevice(bench.stack, bench.folder, one.deviceid, script, identity=(one.certificate, one.key))

    with ExitStack() as stack:
        stack.enter_context(connected(told, listening))
        sending = stack.enter_context(connected(device, _obey))
        raise_alarm = _by_reading(caller, device, told) if queue == "readings" else _by_trigger(told)
        for number in range(WARM_UP):
            _seconds(sending, raise_alarm(number), heard)
        first = [_seconds(sending, raise_alarm(WARM_UP + number), heard) for number in range(CALM)]
        with Attack(queue, lambda: connected(hostile, silent), PER_SECOND) as attack:
            attacked, ends_at = [], time.monotonic() + SECONDS
            while time.monotonic() < ends_at and (raised := WARM_UP + CALM + len(attacked)) < MOST:
                attacked.append(_seconds(sending, raise_alarm(raised), heard))
                time.sleep(random.uniform(0.5, 1.0) * SECONDS / (MOST - WARM_UP - CALM))
    assert None not in first, "an alarm did not come undisturbed"
    return (
        [1000 * one for one in first if one is not None],
        [1000 * one for one in attacked if one is not None],
        attacked.count(None),
        attack.taken,
    )


def _seconds(sending: ScriptedDevice, message: tuple[str, Json], heard: "Queue[Json]") -> float | None:
    """Send, and return after how many seconds the notice came; None when it did not."""
    time.sleep(random.uniform(0.2, 1.0))
    while not heard.empty():
        heard.get_nowait()
    began = time.monotonic()
    sending.publish(message[0], json.dumps(message[1]).encode())
    try:
        heard.get(timeout=PATIENCE_SECONDS)
    except Empty:
        return None
    return time.monotonic() - began


def _by_trigger(told: BenchDevice) -> Callable[[int], tuple[str, Json]]:
    def alarm(number: int) -> tuple[str, Json]:
        return "trigger_notification/gpio1/modem", {
            "activate": 1,
            "recipient": told.devicename,
            "message": f"alarm {number}",
        }

    return alarm


def _by_reading(caller: Caller, device: BenchDevice, told: BenchDevice) -> Callable[[int], tuple[str, Json]]:
    """Set up a sensor whose threshold notifies the other device, and create readings that cross it up and down."""
    set_up(caller, device, "modem", told.devicename)

    def reading(number: int) -> tuple[str, Json]:
        value = BELOW if number % 2 else ABOVE
        return "sensor_reading", {"sensors": {"i2c1": [{"address": 40, "value": value, "class": 3}]}}

    return reading


def _obey(_number: int, _command: Json) -> Iterator[tuple[float, bytes]]:
    yield 0.0, b"{}"


def _row(queue: str, calm: list[float], attacked: list[float], missed: int, taken: int) -> Row:
    calm, attacked = sorted(calm), sorted(attacked)
    shares = (0.5, 0.99)
    quiet, busy = ([percentile(times, share) for share in shares] for times in (calm, attacked))
    ratios = [one / other for one, other in zip(busy, quiet, strict=True)]
    return (queue, len(attacked), *busy, *quiet, *ratios, missed, taken)

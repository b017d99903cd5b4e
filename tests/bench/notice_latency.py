"""Benchmark of the time from a reading that crosses its threshold to the text message, through rule, sensorian,
notifier, courier and their three queues. One clock measures all times."""

import json
import random
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import uuid4

from tests.bench.people import Bench, BenchDevice, Caller
from tests.bench.tables import Row, Section, percentile
from tests.e2e.scripted_device import Json, ScriptedDevice

MOST = 100
OF_A_DEVICE = 20
"""Notices that one recipient may have in an hour."""
PATIENCE_SECONDS = 60.0
POT = {
    "manufacturer": "Electronic Dollar Store",
    "model": "POT",
    "class": "potentiometer",
    "type": "input",
    "units": [""],
    "formats": ["int"],
    "attributes": ["Range"],
    "address": 40,
}
LIMIT, BELOW, ABOVE = 100, 30, 101
FUNCTIONS = ("sensorian", "notifier", "courier")


def measure(bench: Bench) -> list[Section]:
    """Cross thresholds one after the other, and record when each step is finished."""
    log = Path(bench.stack["mqtt_ca"]).parent / "logs" / "functions.jsonl"
    crossings: list[Mapping[str, float]] = []
    for _ in range(-(-min(bench.calls, MOST) // OF_A_DEVICE)):
        crossings += cross(bench, log)
    return [
        Section(
            "From a reading to the text message",
            f"{len(crossings)} readings that cross a threshold, one after the other, each published by a device at a "
            "random moment; milliseconds, from the publication until the function's invocation was over, and until "
            "Amazon SNS had the text message. One second is the window in which the sensorian's batches gather.",
            ("until", "p50", "p95", "p99"),
            [_row(name, crossings) for name in (*FUNCTIONS, "text message")],
        )
    ]


def cross(bench: Bench, log: Path) -> Iterator[Mapping[str, float]]:
    """Let a device of a new user cross its threshold up and down, and yield the times of each step."""
    caller = bench.caller()
    device, phone = bench.register(caller), f"+6591{uuid4().int % 10**6:06}"
    identity = device.certificate, device.key
    with ExitStack() as stack:
        sending = stack.enter_context(
            ScriptedDevice(bench.stack, bench.folder, device.deviceid, _obey, identity=identity)
        )
        set_up(caller, device, "mobile", phone)
        lines = stack.enter_context(log.open(encoding="utf-8"))
        for number in range(OF_A_DEVICE):
            time.sleep(random.uniform(0.5, 2.0))
            lines.seek(0, 2)
            value = BELOW if number % 2 else ABOVE
            payload = {"sensors": {"i2c1": [{"address": 40, "value": value, "class": 3}]}}
            began = time.time()
            sending.publish("sensor_reading", json.dumps(payload).encode())
            ended = follow(lines, phone, f"{bench.stack['stack_name']}-")
            yield {name: 1000 * (at - began) for name, at in ended.items()}


def follow(lines: Any, phone: str, prefix: str) -> dict[str, float]:
    """Read the functions' log and the sent messages until the message is sent; return the time of each step."""
    ended: dict[str, float] = {}
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not {"text message", *FUNCTIONS} <= ended.keys():
        begin = lines.tell()
        line = lines.readline()
        if not line.endswith("\n"):
            assert time.monotonic() < deadline, ended
            lines.seek(begin)
            time.sleep(0.02)
            continue
        said = json.loads(line)
        name = said["function"].removeprefix(prefix)
        if name in FUNCTIONS:
            ended.setdefault(name, said["at"])
        elif said["line"].startswith(f"SMS to {phone}"):
            ended["text message"] = said["at"]
    return ended


def set_up(caller: Caller, device: BenchDevice, told_by: str, recipients: str) -> None:
    """Register the sensor, and set its threshold, channel and recipients."""
    sensor = f"{device.path}/i2c/1/sensors/sensor/{quote('POT 1')}"
    endpoints = {
        channel: {
            "recipients": recipients if channel == told_by else "",
            "enable": channel == told_by,
            "recipients_list": [],
        }
        for channel in ("mobile", "email", "notification", "modem", "storage")
    }
    texts = [{"message": text, "enable": True} for text in ("Tank is full", "Tank is normal")]
    properties = {
        "range": 0,
        "mode": 0,
        "threshold": {"value": LIMIT, "min": 0, "max": 100, "activate": 0},
        "alert": {"type": 0, "period": 60000},
        "hardware": {"devicename": ""},
        "notification": {"messages": texts, "endpoints": endpoints},
    }
    for path, body in ((sensor, POT), (f"{sensor}/properties", properties)):
        status, answer = caller.call("POST", path, body)
        assert status == 200, answer


def _obey(_number: int, _command: Json) -> Iterator[tuple[float, bytes]]:
    yield 0.0, b"{}"


def _row(name: str, crossings: list[Mapping[str, float]]) -> Row:
    times = sorted(each[name] for each in crossings)
    return (
        f"{name} is done" if name in FUNCTIONS else name,
        *(percentile(times, share) for share in (0.5, 0.95, 0.99)),
    )

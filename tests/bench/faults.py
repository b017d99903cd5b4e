"""Calls to devices with lost, duplicated and late replies: no caller may get another command's reply.

Device links like the API function's make the calls on the local cloud's broker, with the function's rights but without
the REST API. This allows many thousands of calls in minutes, and a session per caller.
"""

import json
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from random import Random
from uuid import uuid4

from simulators.devices.python.faults import Faults
from tests.bench.people import Bench
from tests.bench.tables import Row, Section
from tests.e2e.api_rights import borrow_api_rights
from tests.e2e.link_caller import LinkCaller
from tests.e2e.scripted_device import ScriptedDevice, unreliable

SHARE = 0.05
"""Of replies that are lost, of those that are doubled, and of those that are late."""
SOON_SECONDS = 0.5
TOO_LATE_SECONDS = 3.2
"""Later than the caller's timeout: the reply comes while another caller waits."""
CALLERS = 20
SHARED_BY = 5
"""Callers at one device, where they are not alone."""


@dataclass(frozen=True)
class Case:
    """Callers and devices of a kind."""

    name: str
    is_mqtt5: bool
    delay_seconds: float
    devices: int
    share_of_calls: float


CASES = (
    Case("MQTT 5, a device each", True, SOON_SECONDS, CALLERS, 0.2),
    Case("MQTT 5, 5 callers at a device, too late", True, TOO_LATE_SECONDS, CALLERS // SHARED_BY, 0.3),
    Case("MQTT 3.1.1, a device each", False, SOON_SECONDS, CALLERS, 0.2),
    Case("MQTT 3.1.1, a device each, too late", False, TOO_LATE_SECONDS, CALLERS, 0.2),
    Case("MQTT 3.1.1, 5 callers at a device, too late", False, TOO_LATE_SECONDS, CALLERS // SHARED_BY, 0.1),
)


def measure(bench: Bench) -> list[Section]:
    """Share fifty times the calls of other benchmarks among the cases: 10,000 by default."""
    calls = 50 * bench.calls
    stack = {**bench.stack, "link_key": borrow_api_rights(bench.stack, bench.aws)}
    callers = [LinkCaller(stack) for _ in range(CALLERS)]
    rows = [run(bench, case, callers, round(calls * case.share_of_calls)) for case in CASES]
    for caller in callers:
        caller.link.close()
    return [
        Section(
            "Replies that are lost, doubled and late",
            f"{calls} commands by {CALLERS} device links at once, each with a token that the device sends back. Of the "
            f"replies {SHARE:.0%} are dropped, {SHARE:.0%} doubled and {SHARE:.0%} delayed by {SOON_SECONDS} s, or by "
            f"{TOO_LATE_SECONDS} s where they are too late.",
            ("case", "commands", "answered", "unreachable", "other errors", "crossed", "commands/s"),
            rows,
            "The goal is that none is crossed. What was dropped or too late is unreachable, and so is, with MQTT "
            "3.1.1, who waits for the turn at a device meanwhile.",
        )
    ]


def run(bench: Bench, case: Case, callers: Sequence[LinkCaller], calls: int) -> Row:
    """Let all callers send commands up to a total number, and count the results."""
    with ExitStack() as open_devices:
        devices = [
            open_devices.enter_context(
                ScriptedDevice(
                    bench.stack,
                    bench.folder,
                    f"FAULT{uuid4().hex[:12]}",
                    unreliable(Faults(SHARE, SHARE, SHARE, case.delay_seconds, Random(number))),
                    is_mqtt5=case.is_mqtt5,
                )
            )
            for number in range(case.devices)
        ]

        def send(place: int) -> Counter[str]:
            device = devices[place % case.devices]
            return Counter(outcome(callers[place], device.deviceid) for _ in range(calls // CALLERS))

        started_at = time.monotonic()
        with ThreadPoolExecutor(CALLERS) as pool:
            counts = sum(pool.map(send, range(CALLERS)), Counter[str]())
    seconds = time.monotonic() - started_at
    other = counts.total() - counts["answered"] - counts["DeviceUnreachable"] - counts["crossed"]
    told = (counts["answered"], counts["DeviceUnreachable"], other, counts["crossed"])
    return (case.name, counts.total(), *told, counts.total() / seconds)


def outcome(caller: LinkCaller, deviceid: str) -> str:
    """Send a command, and return whether its own reply came back."""
    token = uuid4().hex
    answer = caller.call(deviceid, "get_status", {"token": token})
    if "reply" not in answer:
        return str(answer["error"])
    return "answered" if token in json.dumps(answer["reply"]) else "crossed"

"""Benchmark of calls to a device that does not reply: one that is known to be offline, and one that hangs."""

from functools import partial

from tests.bench.people import Bench, Caller
from tests.bench.round_trips import NO_DEVICE, SIMULATOR, in_turns, is_answered, times_of
from tests.bench.tables import Row, Section

FEW = 10
"""Calls of a device that hangs: each takes the whole of the caller's patience, three seconds."""


def measure(bench: Bench) -> list[Section]:
    """Call a device that never came, one that went, and one whose process is stopped."""
    owner = bench.caller()
    absent, gone, stuck = (bench.register(owner) for _ in range(3))
    bench.run(gone, "--log-level", "warning", module=SIMULATOR)
    bench.wait_for(owner, gone)
    bench.stop_devices()
    bench.run(stuck, "--log-level", "warning", module=SIMULATOR)
    bench.wait_for(owner, stuck)
    asked = {
        NO_DEVICE: partial(is_answered, owner, "/devices"),
        "3A, never connected": partial(is_unreachable, owner, f"{absent.path}/status"),
        "3A, disconnected": partial(is_unreachable, owner, f"{gone.path}/status"),
    }
    times = in_turns(asked, bench.calls)
    bench.suspend_devices()
    times |= in_turns({"3A, connected, but silent": partial(is_unreachable, owner, f"{stuck.path}/status")}, FEW)
    bench.stop_devices()
    base = sorted(times[NO_DEVICE])
    rows: list[Row] = [(name, len(each), *times_of(sorted(each), base)[:4]) for name, each in times.items()]
    return [
        Section(
            "Devices that do not answer",
            "By one caller on a kept connection; milliseconds. The answer is 503 with what is known of the device.",
            ("call", "calls", "p50", "p95", "p99", "p50 ratio"),
            rows,
            "The goals are 100 ms where presence knows, and 3 s where it does not.",
        )
    ]


def is_unreachable(caller: Caller, path: str) -> bool:
    """Call, and return whether the response was that the device is unreachable."""
    return caller.call("GET", path)[0] == 503

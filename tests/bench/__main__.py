"""`make bench`: measures the running local cloud, and prints the tables of docs/benchmarks.md.

.venv/bin/python -m tests.bench [--calls 200] [--seconds 20] [--readings 1000000] [--write docs/benchmarks.md]
    [SECTION ...] [--queues readings triggers]
"""

import argparse
import json
import os
import platform
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from simulators.cloud import stack_file
from simulators.cloud.instance import ROOT, Place
from tests.bench import (
    accounts,
    commands,
    faults,
    fleet,
    flood,
    histories,
    neighbours,
    notice_latency,
    notices,
    offline,
    packages,
    readings,
    registry,
    requests_per_operation,
    round_trips,
)
from tests.bench.people import Bench
from tests.bench.tables import Section, with_sections
from tests.e2e.hostile_device import PRESENCE, QUEUES

SECTIONS: dict[str, Callable[[Bench], list[Section]]] = {
    "round-trips": round_trips.measure,
    "commands": commands.measure,
    "histories": histories.measure,
    "throughput": round_trips.measure_throughput,
    "offline": offline.measure,
    "faults": faults.measure,
    "readings": readings.measure,
    "fleet": fleet.measure,
    "notice-latency": notice_latency.measure,
    "notices": notices.measure,
    "neighbours": neighbours.measure,
    "requests": requests_per_operation.measure,
    "accounts": accounts.measure,
    "registry": registry.measure,
    "packages": packages.measure,
}
"""Benchmarks of the running local cloud."""
ALONE: dict[str, Callable[[argparse.Namespace], list[Section]]] = {
    "flood": lambda options: flood.measure(options.readings),
}
"""Benchmarks without a cloud."""
EVERY = (*SECTIONS, *ALONE)
SHARED_QUEUES = (*QUEUES, PRESENCE)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench")
    parser.add_argument("--calls", type=int, default=200, help="calls of each kind (default: %(default)s)")
    parser.add_argument("--seconds", type=float, default=20.0, help="of concurrent calls (default: %(default)s)")
    parser.add_argument("--readings", type=int, default=1_000_000, help="of the flood (default: %(default)s)")
    parser.add_argument(
        "--queues",
        nargs="+",
        choices=SHARED_QUEUES,
        default=SHARED_QUEUES,
        help="that neighbours attack (default: all)",
    )
    parser.add_argument("--write", type=Path, metavar="FILE", help="put the tables into this file")
    parser.add_argument("sections", nargs="*", metavar="SECTION", help=f"of {', '.join(EVERY)} (default: all)")
    options = parser.parse_args()
    unknown = set(options.sections) - set(EVERY)
    if unknown:
        parser.error(f"no such section: {', '.join(sorted(unknown))}")
    chosen = options.sections or EVERY
    stack = read_stack()
    if stack is None and not ALONE.keys() >= set(chosen):
        print("The local cloud is not up: make up", file=sys.stderr)
        return 1
    print(surroundings(), end="\n\n")
    measured: list[Section] = []
    with Bench(stack or {}, options.calls, options.seconds, options.queues) as bench:
        for name in chosen:
            for section in ALONE[name](options) if name in ALONE else SECTIONS[name](bench):
                print(section.markdown(), flush=True)
                measured.append(replace(section, method=f"{section.method}\n\n{surroundings()}"))
    if options.write is not None:
        options.write.write_text(with_sections(options.write.read_text(), measured))
    return 0


def read_stack() -> dict[str, Any] | None:
    """Read the stack file of IOTCLOUD_STACK, or of the cloud that `make up` started."""
    if existing := os.environ.get("IOTCLOUD_STACK"):
        return dict(json.loads((ROOT / existing).read_text()))
    return stack_file.read(Place.from_environment())


def surroundings() -> str:
    """Describe the machine and the date of the measurement."""
    cores = os.cpu_count()
    load = os.getloadavg()[0]
    return (
        f"`make bench` on {datetime.now(UTC):%Y-%m-%d}: {cores} cores, {platform.machine()}, {platform.system()} "
        f"{platform.release().partition('-')[0]}, Python {platform.python_version()}; load {load:.1f} at the start. "
        "Everything, devices and callers too, shares the cores with the emulator: ratios tell more than milliseconds."
    )


if __name__ == "__main__":
    sys.exit(main())

"""A million readings through the sensorian's code, while workers are killed, tables throttle, and the queue reorders
and redelivers; see tests/unit/readings/state/flood.py."""

import os
import sys
import time
from multiprocessing import get_context

from tests.bench.tables import Section
from tests.unit.readings.state.flood import DEVICES, WINDOW, WORKERS, Flood, Tally

PART = 20_000
"""Readings that lie in one process's memory at a time."""


def measure(readings: int) -> list[Section]:
    """Share the readings out among a process for each core."""
    tally, began = Tally(), time.monotonic()
    with get_context("spawn").Pool(os.cpu_count()) as pool:
        for part in pool.imap_unordered(run_part, range(-(-readings // PART))):
            tally.add(part)
            print(f"{tally.readings} of {readings} readings", file=sys.stderr, flush=True)
    seconds = time.monotonic() - began
    rows = [
        ("readings sent", tally.readings),
        ("lost", tally.lost),
        ("kept twice", tally.doubled),
        ("devices whose extremes, turns or triggers differ from a plain reader's", len(tally.differences)),
        ("triggers told", tally.told),
        ("invocations", tally.invocations),
        ("of them killed", tally.killed),
        ("of them ended by a throttled table", tally.throttled),
        ("of them failed in part", tally.partly_failed),
        ("deliveries", tally.deliveries),
        ("most deliveries of one message", tally.most_deliveries),
        ("readings a second", tally.readings / seconds),
        ("minutes", seconds / 60),
    ]
    return [
        Section(
            "Readings in a flood of faults",
            f"The sensorian on stores in memory, {WORKERS} invocations at once; {DEVICES} devices' readings mixed, in "
            f"any order among {WINDOW} and again when not done with. Processes share the cores.",
            ("figure", "value"),
            rows,
        )
    ]


def run_part(seed: int) -> Tally:
    """Let one part through."""
    return Flood(seed, PART).go()

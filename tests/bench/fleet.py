"""Benchmark of a fleet of simulated devices on the local cloud: registered, connected, sending readings."""

import json
import subprocess
import sys
from typing import Any
from uuid import uuid4

from simulators.cloud.environment import clean
from simulators.cloud.instance import ROOT
from tests.bench.people import PASSWORD, Bench
from tests.bench.tables import Row, Section

DEVICES = 500
SENSORRATE_SECONDS = 30
SECONDS = 150
"""From the first connection on."""


def measure(bench: Bench) -> list[Section]:
    """Run the fleet's command line once, and take the figures from its report."""
    report = run(bench)
    acknowledged: dict[str, float] = report["acknowledged_ms"]
    rows: list[Row] = [
        ("devices registered", report["registered"]),
        ("registrations per second", report["registered"] / report["registration_seconds"]),
        ("devices connected at the end", report["connected"]),
        ("seconds until the last was connected", report["last_connect_seconds"]),
        ("connections refused or lost", sum(report["problems"].values())),
        ("messages sent", report["messages_out"]),
        ("messages acknowledged", report["acknowledged"]),
        ("acknowledged after ms, p50", acknowledged["p50"]),
        ("acknowledged after ms, p99", acknowledged["p99"]),
    ]
    return [
        Section(
            "A fleet",
            f"`.venv/bin/python -m simulators.devices.fleet --count {DEVICES} --sensorrate {SENSORRATE_SECONDS} "
            f"--duration {SECONDS}`: all devices in one process, registered through the REST API, configured by the "
            f"platform, and sending readings every {SENSORRATE_SECONDS} s.",
            ("figure", "value"),
            rows,
        )
    ]


def run(bench: Bench) -> dict[str, Any]:
    """Register and run a fleet of a new user, and return its report."""
    report, stack = bench.folder / "report.json", bench.folder / "stack.json"
    stack.write_text(json.dumps(dict(bench.stack)))
    subprocess.run(
        [
            *(sys.executable, "-m", "simulators.devices.fleet", "--stack", str(stack), "--report", str(report)),
            *("--username", bench.sign_up(), "--password", PASSWORD, "--credentials", str(bench.folder / "fleet")),
            *("--prefix", f"FLEET{uuid4().hex[:6].upper()}", "--count", str(DEVICES)),
            *("--sensorrate", str(SENSORRATE_SECONDS), "--duration", str(SECONDS)),
        ],
        cwd=ROOT,
        env=clean(),
        stdout=sys.stderr,
        check=True,
    )
    return dict(json.loads(report.read_text()))

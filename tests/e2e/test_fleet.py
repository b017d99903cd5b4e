"""A fleet on the local cloud: registered through the REST API, measured, and removed."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any
from uuid import uuid4

from simulators.cloud.instance import ROOT
from tests.e2e.people import Person

COUNT = 6


def run_fleet(
    stack: dict[str, Any], person: Person, folder: Path, prefix: str, *options: str
) -> "subprocess.CompletedProcess[str]":
    """Run the fleet's command line to its end."""
    where = folder / "stack.json"
    where.write_text(json.dumps(stack))
    command = [sys.executable, "-m", "simulators.devices.fleet", "--stack", str(where), "--count", str(COUNT)]
    whose = ["--username", person.username, "--password", person.password, "--credentials", str(folder / "fleet")]
    return subprocess.run(
        [*command, *whose, "--prefix", prefix, *options],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )


def test_fleet_is_registered_sends_readings_answers_callers_and_is_removed(
    stack: dict[str, Any], person: Person, tmp_path: Path
) -> None:
    prefix, report = f"F{uuid4().hex[:6].upper()}", tmp_path / "report.json"
    ran = run_fleet(
        stack,
        person,
        tmp_path,
        prefix,
        "--sensorrate",
        "1",
        "--duration",
        "12",
        "--callers",
        "2",
        "--report",
        str(report),
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert f"registering devices: {COUNT} done" in ran.stdout
    owned = person.api.must("GET", "/devices")["devices"]
    assert sorted(device["deviceid"] for device in owned) == [f"{prefix}{number:05}" for number in range(1, COUNT + 1)]

    figures = json.loads(report.read_text())
    assert figures["connected"] == figures["connects"] == COUNT
    assert figures["acknowledged"] >= 3 * COUNT
    assert figures["acknowledged_ms"]["p50"] > 0
    refused = sum(figures["problems"].values())
    assert all(kind.startswith("REST") for kind in figures["problems"]), figures
    assert figures["calls"] > refused, "some calls reach a device even on a machine that is busy"

    removed = run_fleet(stack, person, tmp_path, prefix, "--remove")
    assert removed.returncode == 0, removed.stdout + removed.stderr
    assert person.api.must("GET", "/devices")["devices"] == []
    assert not any((tmp_path / "fleet").iterdir())


def test_fleet_of_somebody_who_may_not_sign_in_does_not_start(
    stack: dict[str, Any], person: Person, tmp_path: Path
) -> None:
    ran = run_fleet(stack, Person(person.username, "Wrong-1234", person.api), tmp_path, "ANY")
    assert ran.returncode == 2
    assert f"does not let {person.username} in" in ran.stderr
    assert "Traceback" not in ran.stderr

"""Local clouds for tests: in folders and on ports of their own, operated by the commands behind `make`."""

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from uuid import uuid4

from simulators.cloud.place import HOST, ROOT, Place


@contextmanager
def new_place() -> Iterator[Place]:
    """Give a place where nothing else is, a new folder and two free ports, and remove the folder afterwards."""
    folder = ROOT / ".local" / "tests" / uuid4().hex[:8]
    folder.mkdir(parents=True)
    with socket.socket() as first, socket.socket() as second:
        first.bind((HOST, 0))
        second.bind((HOST, 0))
        ports = first.getsockname()[1], second.getsockname()[1]
    try:
        yield replace(Place.from_environment(), folder=folder, port=ports[0], mqtt_port=ports[1])
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def running_cloud(place: Place) -> Iterator[None]:
    """Have a local cloud in the background, without the demo; it is stopped whatever happens."""
    started = run_command(place, "up", "--no-demo")
    assert started.returncode == 0, started.stdout + started.stderr
    try:
        yield
    finally:
        stopped = run_command(place, "down")
        assert stopped.returncode == 0, stopped.stdout + stopped.stderr


def run_command(place: Place, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run a command of the local cloud, as `make` would."""
    return subprocess.run(
        [sys.executable, "-m", "simulators.cloud", *arguments],
        cwd=ROOT,
        env={**os.environ, **place.environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )

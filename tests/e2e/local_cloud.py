"""Local clouds for tests: in separate folders and on free ports, run by the commands behind `make`."""

import fcntl
import json
import os
import random
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from uuid import uuid4

import boto3

from simulators.cloud.instance import HOST, ROOT, ROOT_KEY, Place
from tests.e2e.people import Stack

FOLDER = ROOT / ".local" / "tests"
PORTS = range(20_000, 32_000)
"""Below what Linux (32768) and macOS (49152) give to outgoing connections: a port that is free now stays free while the
cloud is down, whatever connects to whom meanwhile."""
COMMAND_SECONDS = 600


@contextmanager
def new_place(folder_name: str = "") -> Iterator[Place]:
    """Give a place where nothing else is, a new folder and two free ports, and remove the folder afterwards."""
    folder = FOLDER / (folder_name or uuid4().hex[:8])
    folder.mkdir(parents=True)
    port, mqtt_port = free_ports(2)
    try:
        yield replace(Place.from_environment(), folder=folder, port=port, mqtt_port=mqtt_port)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def free_ports(count: int) -> list[int]:
    """Find ports on which nobody listens, nor on the next ones: PayPal's stand-in takes the one after MQTT's."""
    found: list[int] = []
    for port in random.SystemRandom().sample(PORTS, len(PORTS)):
        if _is_free(port) and _is_free(port + 1) and port + 1 not in found and port - 1 not in found:
            found.append(port)
        if len(found) == count:
            return found
    raise AssertionError("all ports are in use")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) != 0


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


class SharedCloud:
    """One local cloud for all processes of a test run: the first that needs it starts it, the last that ends stops it.

    A process holds a lock that it shares with the others from its beginning to its end. Who gets the lock alone
    afterwards was the last.
    """

    def __init__(self, run: str) -> None:
        """Take the run's name, which no other run has."""
        FOLDER.mkdir(parents=True, exist_ok=True)
        self._place_file = FOLDER / f"{run}.json"
        self._users_file = FOLDER / f"{run}.users"
        self._users = self._users_file.open("w")
        fcntl.flock(self._users, fcntl.LOCK_SH)
        self._folder_name = run

    def stack(self) -> Stack:
        """Return how to reach the cloud, and start it if need be."""
        with self._place_file.open("a+") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            file.seek(0)
            if not (known := file.read()):
                known = json.dumps(self._start())
                file.write(known)
        stack: Stack = json.loads(self._place(json.loads(known)).stack_file.read_text())
        return stack

    def leave(self) -> None:
        """Release the cloud; the last process stops it and removes its files."""
        fcntl.flock(self._users, fcntl.LOCK_UN)
        try:
            fcntl.flock(self._users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        finally:
            self._users.close()
        if self._place_file.exists() and (known := self._place_file.read_text()):
            stopped = run_command(self._place(json.loads(known)), "down")
            assert stopped.returncode == 0, stopped.stdout + stopped.stderr
        shutil.rmtree(FOLDER / self._folder_name, ignore_errors=True)
        self._place_file.unlink(missing_ok=True)
        self._users_file.unlink(missing_ok=True)

    def _place(self, known: Stack) -> Place:
        return replace(Place.from_environment(), folder=FOLDER / self._folder_name, **known)

    def _start(self) -> Stack:
        port, mqtt_port = free_ports(2)
        known = {"port": port, "mqtt_port": mqtt_port}
        place = self._place(known)
        place.folder.mkdir(exist_ok=True)
        started = run_command(place, "up", "--no-demo")
        assert started.returncode == 0, started.stdout + started.stderr
        return known


def run_command(place: Place, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run a command of the local cloud, as `make` would."""
    return subprocess.run(
        [sys.executable, "-m", "simulators.cloud", *arguments],
        cwd=ROOT,
        env={**os.environ, **place.environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=COMMAND_SECONDS,
    )


def aws_clients(stack: Stack) -> Callable[[str], Any]:
    """Return a function that makes boto3 clients of a local cloud, as the account's root."""
    make: Any = boto3.session.Session().client

    def client(service: str) -> Any:
        return make(
            service,
            region_name=stack["region"],
            endpoint_url=stack["endpoint_url"],
            aws_access_key_id=ROOT_KEY,
            aws_secret_access_key=ROOT_KEY,
        )

    return client

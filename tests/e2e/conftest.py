"""Fixtures of e2e tests: a local cloud with the real template, users, and running devices.

One cloud is started for the whole run, in a separate folder and on free ports, so a running `make run` is not
affected. Several processes of pytest-xdist share it. IOTCLOUD_STACK=.local/stack.json uses a running one instead.
"""

import json
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from simulators.cloud.emulator import Emulator
from simulators.cloud.environment import clean
from simulators.cloud.instance import ROOT, Place
from simulators.cloud.processes import Child
from tests.e2e.local_cloud import SharedCloud, aws_clients, new_place
from tests.e2e.patience import PATIENCE_SECONDS
from tests.e2e.people import NewDevice, NewPerson, Person, RegisteredDevice, RunDevice, Stack, person_maker
from tests.e2e.simulated_device import COMMANDS

STOP_SECONDS = 5.0


LONGEST = (
    "test_device_link",
    "test_first_steps",
    "test_thresholds",
    "test_local_cloud",
    "test_simulators",
    "test_notices_under_faults",
    "test_how_to",
    "test_notices",
    "test_local_cloud_gaps",
    "test_neighbours",
    "test_ports_and_sensors",
)
"""Files that take minutes or mostly wait. They go first, so that no process is left with one at the end."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest files first; the order within a file stays."""
    rank = {name: number for number, name in enumerate(LONGEST)}
    items.sort(key=lambda item: rank.get(item.path.stem, len(rank)))


@pytest.fixture(scope="session", autouse=True)
def shared_cloud() -> Iterator[SharedCloud]:
    """Give the cloud of this run, which starts when it is asked for its stack, to whatever process asks first."""
    cloud = SharedCloud(os.environ.get("PYTEST_XDIST_TESTRUNUID", uuid4().hex)[:8])
    yield cloud
    cloud.leave()


@pytest.fixture(scope="session")
def stack(shared_cloud: SharedCloud) -> Stack:
    """Give a local cloud with the real template."""
    if existing := os.environ.get("IOTCLOUD_STACK"):
        found: Stack = json.loads((ROOT / existing).read_text())
        return found
    return shared_cloud.stack()


@pytest.fixture(scope="session")
def aws(stack: Stack) -> Callable[[str], Any]:
    """Give a function that makes boto3 clients of the local cloud, as the account's root."""
    return aws_clients(stack)


@pytest.fixture(scope="session")
def new_person(stack: Stack) -> NewPerson:
    """Return a function that signs up a user, confirms the account and signs in."""
    return person_maker(stack)


@pytest.fixture
def person(new_person: NewPerson) -> Person:
    """Return a new user."""
    return new_person()


@pytest.fixture
def new_device(tmp_path: Path) -> NewDevice:
    """Return a function that registers a device of a user."""

    def register(owner: Person) -> RegisteredDevice:
        deviceid = f"TEST{uuid4().hex[:12].upper()}"
        device = RegisteredDevice(
            owner, f"Unit-{deviceid[-4:]}", deviceid, tmp_path / f"{deviceid}.pem", tmp_path / f"{deviceid}.key"
        )
        enrolled = owner.api.must("POST", device.path, {"deviceid": deviceid, "serialnumber": "00001"})["device"]
        device.certificate.write_text(enrolled["cert"])
        device.key.write_text(enrolled["pkey"])
        return device

    return register


@pytest.fixture
def device(new_device: NewDevice, person: Person) -> RegisteredDevice:
    """Give a registered device that is not connected."""
    return new_device(person)


@pytest.fixture
def run_device(stack: Stack) -> Iterator[RunDevice]:
    """Give a function that runs a simulated device, with options as on its command line, until it answers.

    There are two kinds of them, `python` and `nodejs`.
    """
    running: list[Child] = []

    def run(device: RegisteredDevice, *options: str, kind: str = "python", log: Path | None = None) -> Child:
        connection = [
            *("--boot-seconds", "0.1"),
            *("--host", stack["mqtt_host"], "--port", str(stack["mqtt_port"]), "--ca", stack["mqtt_ca"]),
            *("--cert", str(device.certificate), "--key", str(device.key), "--device-id", device.deviceid),
        ]
        child = Child([*COMMANDS[kind], *connection, *options], clean(), log or device.key.with_suffix(".log"))
        running.append(child)
        wait_until_it_answers(device, child)
        return child

    yield run
    for child in running:
        child.stop(STOP_SECONDS)


@pytest.fixture
def running_device(device: RegisteredDevice, run_device: RunDevice) -> RegisteredDevice:
    """Give a registered device that runs and answers."""
    run_device(device)
    return device


def wait_until_it_answers(device: RegisteredDevice, child: Child) -> None:
    """Return once the device answers through the API; asking before it is there would take the caller's patience."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline - PATIENCE_SECONDS / 2 and child.is_running():
        if device.owner.api.must("GET", device.path)["device"].get("online"):
            break
        time.sleep(0.1)
    status: int = 0
    answer: dict[str, Any] = {}
    while time.monotonic() < deadline and child.is_running():
        status, answer = device.owner.api.call("GET", f"{device.path}/status")
        if status == 200:
            return
        time.sleep(0.1)
    raise AssertionError(f"{device.deviceid} does not answer: {status} {answer}\n{child.last_lines()}")


@pytest.fixture(scope="module")
def place() -> Iterator[Place]:
    """Give a running emulator with nothing deployed."""
    with new_place() as place:
        emulator = Emulator(place)
        emulator.start()
        yield place
        emulator.stop()

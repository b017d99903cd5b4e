"""What a newcomer does first: start it, ask the demo device through the API, stop, and find all as it was."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import pytest

from simulators.cloud import demo
from simulators.cloud.place import ROOT, Place
from simulators.cloud.rest import RestApi
from simulators.cloud.surroundings import clean
from tests.e2e.local_cloud import new_place, run_command

ANSWER_SECONDS = 60.0


@pytest.fixture
def place() -> Iterator[Place]:
    """Give a place for a cloud with the demo; it is stopped afterwards."""
    with new_place() as place:
        yield place
        run_command(place, "down")


def read_stack(place: Place) -> dict[str, Any]:
    """How to reach the cloud."""
    return dict(json.loads(place.stack_file.read_text()))


def ask_device(api_url: str, devicename: str) -> tuple[int, dict[str, Any]]:
    """Sign in as the demo user and ask a device of theirs for its status, until it answers or the time is up."""
    api = RestApi(api_url)
    assert api.sign_in(demo.USERNAME, demo.PASSWORD)
    deadline = time.monotonic() + ANSWER_SECONDS
    while True:
        status, answer = api.call("GET", f"/devices/device/{devicename}/status")
        if status == 200 or time.monotonic() > deadline:
            return status, answer


def test_the_demo_device_answers_at_once_and_again_after_a_stop(place: Place) -> None:
    started = run_command(place, "up")
    assert started.returncode == 0, started.stdout
    assert demo.USERNAME in started.stdout
    assert demo.PASSWORD in started.stdout
    first = read_stack(place)
    assert ask_device(first["api_url"], demo.DEVICE_NAME)[0] == 200
    certificates = sorted(path.read_text() for path in place.demo.rglob("certificate.pem"))
    assert len(certificates) == 1

    stopped = run_command(place, "down")
    assert stopped.returncode == 0, stopped.stdout

    again = run_command(place, "up")
    assert again.returncode == 0, again.stdout
    assert read_stack(place) == first
    assert ask_device(first["api_url"], demo.DEVICE_NAME)[0] == 200
    assert sorted(path.read_text() for path in place.demo.rglob("certificate.pem")) == certificates

    second = subprocess.Popen(
        [sys.executable, "-m", "simulators.cloud", "device", "--name", "Second"],
        cwd=ROOT,
        env={**clean(), **place.environment},
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        api = RestApi(first["api_url"])
        api.sign_in(demo.USERNAME, demo.PASSWORD)
        deadline = time.monotonic() + ANSWER_SECONDS
        while api.call("GET", "/devices/device/Second")[0] != 200 and time.monotonic() < deadline:
            time.sleep(0.2)
        assert ask_device(first["api_url"], "Second")[0] == 200
    finally:
        second.send_signal(signal.SIGINT)
        second.communicate(timeout=20)
    assert second.returncode == 0

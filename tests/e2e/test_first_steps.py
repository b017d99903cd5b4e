"""A newcomer's first steps: start, run README's first session, stop, and restart with the same state.

This cloud accepts the old apps' login token, which is off by default.
"""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import jwt
import pytest

from simulators.cloud import demo
from simulators.cloud.environment import clean
from simulators.cloud.instance import ROOT, Place
from simulators.cloud.rest import RestApi
from tests.e2e.how_to_reader import Reader
from tests.e2e.local_cloud import new_place, run_command
from tests.pages import SH, blocks

ANSWER_SECONDS = 60.0
APP_KEY = "a key that all of the old apps share"


@pytest.fixture
def place() -> Iterator[Place]:
    """Give a place for a cloud with the demo; it is stopped afterwards."""
    with new_place() as empty:
        place = replace(empty, legacy_jwt_key=APP_KEY)
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


def log_in_as_the_old_apps_do(api_url: str, key: str) -> int:
    """Log in with the credential token, and return the status."""
    api, now = RestApi(api_url), int(time.time())
    claims = {"username": demo.USERNAME, "password": demo.PASSWORD, "iat": now, "exp": now + 10}
    return api.call("POST", "/user/login", authorization=f"Bearer {jwt.encode(claims, key, 'HS256')}")[0]


def administer(place: Place, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Give an administrators' command without saying where."""
    return subprocess.run(
        [sys.executable, "-m", "admin", *arguments],
        cwd=ROOT,
        env={**clean(), **place.environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_the_demo_device_answers_at_once_and_again_after_a_stop(place: Place, tmp_path: Path) -> None:
    started = run_command(place, "up")
    assert started.returncode == 0, started.stdout
    assert demo.USERNAME in started.stdout
    assert demo.PASSWORD in started.stdout
    first = read_stack(place)
    assert ask_device(first["api_url"], demo.DEVICE_NAME)[0] == 200
    certificates = sorted(path.read_text() for path in place.demo.rglob("certificate.pem"))
    assert len(certificates) == 1

    assert "login token accepted" in started.stdout
    assert log_in_as_the_old_apps_do(first["api_url"], APP_KEY) == 200
    assert log_in_as_the_old_apps_do(first["api_url"], "another key, which is as long as theirs") == 401

    told = administer(place, "dead-letters")
    assert (told.returncode, "iotcloud-triggers-dead" in told.stdout) == (0, True), told.stderr
    assert told.stderr == f"acting on the local cloud, the stack iotcloud at {place.endpoint_url}\n"

    with Reader(first, tmp_path, {}) as reader:
        session = [block for block in blocks(ROOT / "README.md") if block.section == "A first session"]
        question, order = [block for block in session if block.kind == SH]
        (answered, *_) = [block.text for block in session if block.kind == "json"]
        assert answered in reader.follow([question])
        assert '"value":{"status":5}' in reader.follow([order])

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

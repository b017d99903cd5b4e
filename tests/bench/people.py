"""Callers and devices of the benchmarks: registered through the API, each device in its own process, so it takes no
time of the caller's process."""

import http.client
import json
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit
from uuid import uuid4

import boto3

from simulators.cloud import demo
from simulators.cloud.environment import clean
from simulators.cloud.instance import ROOT, ROOT_KEY
from simulators.cloud.rest import RestApi, basic

PASSWORD = "Bench-1234"


@dataclass(frozen=True)
class BenchDevice:
    """A registered device, and the files that it connects with."""

    devicename: str
    deviceid: str
    certificate: Path
    key: Path

    @property
    def path(self) -> str:
        """The head of its operations' paths."""
        return f"/devices/device/{self.devicename}"


class Caller:
    """A user with one persistent connection to the API, like an app."""

    def __init__(self, api_url: str, username: str) -> None:
        self.username = username
        url = urlsplit(api_url)
        self._path = url.path
        self._connection = http.client.HTTPConnection(url.hostname or "", url.port, timeout=60)
        self._connection.connect()
        self._connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        _, answer = self.call("POST", "/user/login", authorization=basic(username, PASSWORD))
        self.token: str = answer["token"]["access"]

    def call(
        self, method: str, path: str, body: object = None, authorization: str | None = None
    ) -> tuple[int, dict[str, Any]]:
        """Call, and return the status and the answer; of a file nothing."""
        headers = {"Authorization": authorization or f"Bearer {self.token}", "Content-Type": "application/json"}
        self._connection.request(method, self._path + path, None if body is None else json.dumps(body), headers)
        answer = self._connection.getresponse()
        text = answer.read()
        return answer.status, json.loads(text) if answer.headers.get_content_type() == "application/json" else {}


class Bench:
    """The running cloud, a folder for files, and processes that end with the benchmark."""

    def __init__(self, stack: Mapping[str, Any], calls: int, seconds: float, queues: Sequence[str] = ()) -> None:
        self.stack = stack
        self.calls = calls
        self.seconds = seconds
        self.queues = queues
        self._folder = tempfile.TemporaryDirectory()
        self.folder = Path(self._folder.name)
        self._devices: list[subprocess.Popen[str]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop_devices()
        self._folder.cleanup()

    def suspend_devices(self) -> None:
        """Have the devices that run hang, connected as they are."""
        for process in self._devices:
            process.send_signal(signal.SIGSTOP)

    def stop_devices(self) -> None:
        """End the devices that run."""
        for process in self._devices:
            process.terminate()
            process.send_signal(signal.SIGCONT)
        for process in self._devices:
            process.wait(10)
        self._devices.clear()

    def aws(self, service: str) -> Any:
        """Make a client of the cloud, as the account's root."""
        make: Callable[..., Any] = boto3.client
        return make(
            service,
            region_name=self.stack["region"],
            endpoint_url=self.stack["endpoint_url"],
            aws_access_key_id=ROOT_KEY,
            aws_secret_access_key=ROOT_KEY,
        )

    def sign_up(self) -> str:
        """Make an account, and return the user's name."""
        username = f"bench-{uuid4().hex[:8]}@example.com"
        api = RestApi(self.stack["api_url"])
        api.sign_up(username, PASSWORD, "Bench Person")
        api.must("POST", "/user/confirm_signup", {"username": username, "confirmationcode": demo.SIGN_UP_CODE})
        return username

    def caller(self, username: str | None = None) -> Caller:
        """Sign in a user, or a new one."""
        return Caller(self.stack["api_url"], username or self.sign_up())

    def register(self, caller: Caller) -> BenchDevice:
        """Register a device."""
        deviceid = f"BENCH{uuid4().hex[:12].upper()}"
        device = BenchDevice(
            f"Unit-{deviceid[-6:]}", deviceid, self.folder / f"{deviceid}.pem", self.folder / f"{deviceid}.key"
        )
        status, answer = caller.call("POST", device.path, {"deviceid": deviceid, "serialnumber": "00001"})
        assert status == 200, answer
        device.certificate.write_text(answer["device"]["cert"])
        device.key.write_text(answer["device"]["pkey"])
        return device

    def run(self, device: BenchDevice, *options: str, module: str = "tests.bench.echo_device") -> None:
        """Run the device in a separate process."""
        command = [sys.executable, "-m", module, *self.connection(device), *options]
        with device.key.with_suffix(".log").open("wb") as log:
            self._devices.append(
                subprocess.Popen(
                    command, cwd=ROOT, env=clean(), stdin=subprocess.DEVNULL, stdout=log, stderr=log, text=True
                )
            )

    def connection(self, device: BenchDevice) -> list[str]:
        """Say on a simulator's command line where to connect, and as whom."""
        return [
            *("--host", self.stack["mqtt_host"], "--port", str(self.stack["mqtt_port"]), "--ca", self.stack["mqtt_ca"]),
            *("--cert", str(device.certificate), "--key", str(device.key), "--device-id", device.deviceid),
        ]

    def wait_for(self, caller: Caller, device: BenchDevice, seconds: float = 60.0) -> None:
        """Return once the device answers."""
        deadline = time.monotonic() + seconds
        while True:
            status, answer = caller.call("GET", f"{device.path}/status")
            if status == 200:
                return
            assert time.monotonic() < deadline, (answer, device.key.with_suffix(".log").read_text())

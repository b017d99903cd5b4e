"""The emulator as a child process: start it on free ports, wait until it responds, stop it and save its state."""

import json
import os
import shutil
import socket
import time
import urllib.request

from simulators.cloud.errors import CloudError
from simulators.cloud.instance import HOST, REGION, TOOLS, Place
from simulators.cloud.processes import Child

START_SECONDS = 60.0
STOP_SECONDS = 30.0
INHERITED = ("PATH", "HOME", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "SSL_CERT_FILE", "SSL_CERT_DIR")


class Emulator:
    """The emulator of one local cloud."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._child: Child | None = None
        self._is_ready = False

    def start(self) -> None:
        """Start the process and return when all of its listeners respond; raise CloudError if it does not start."""
        check_ports(self._place)
        for folder in (self._place.state, self._place.buckets, self._place.logs):
            folder.mkdir(parents=True, exist_ok=True)
            # Files of earlier versions were readable by all users.
            folder.chmod(0o700)
        shutil.rmtree(self._place.scratch, ignore_errors=True)
        self._place.scratch.mkdir()
        self._place.function_log.write_text("")
        command = [str(TOOLS / "emulator/bin/python"), "-m", "simulators.cloud.serve"]
        self._child = Child(command, self._environment(), self._place.logs / "emulator.log")
        self._wait_until_ready()
        self._is_ready = True
        self._place.mqtt_ca.write_bytes(self._get("/_ministack/iot/ca.pem"))

    @property
    def pid(self) -> int | None:
        """Its process id while it runs, which is also the process group of the functions."""
        return self._child.pid if self._child else None

    def check(self) -> None:
        """Raise CloudError if the process has ended unexpectedly."""
        if self._child and not self._child.is_running():
            raise CloudError(f"the emulator ended on its own; its last words:\n{self._child.last_lines()}")

    def stop(self) -> None:
        """Stop the process and all functions; raise CloudError if its state was not saved.

        If it is stopped before it was ready, there is nothing new to save.
        """
        if self._child is None:
            return
        child, self._child = self._child, None
        had_state = self._is_ready and child.is_running()
        self._is_ready = False
        began = time.time()
        ended_when_asked = child.stop(STOP_SECONDS)
        shutil.rmtree(self._place.scratch, ignore_errors=True)
        if had_state and not (ended_when_asked and self._was_saved_since(began)):
            raise CloudError(f"the emulator did not save its state; its last words:\n{child.last_lines()}")

    def _was_saved_since(self, moment: float) -> bool:
        # A file system may store times in whole seconds.
        return any(saved.stat().st_mtime >= moment - 1 for saved in self._place.state.glob("*.json"))

    def _environment(self) -> dict[str, str]:
        inherited = {name: os.environ[name] for name in INHERITED if name in os.environ}
        return {
            **inherited,
            "GATEWAY_PORT": str(self._place.port),
            "IOT_MTLS_PORT": str(self._place.mqtt_port),
            "BIND_HOST": HOST,
            "MINISTACK_REGION": REGION,
            "AUTH": "true",
            "PERSIST_STATE": "1",
            "STATE_DIR": str(self._place.state),
            "S3_PERSIST": "1",
            "S3_DATA_DIR": str(self._place.buckets),
            "TMPDIR": str(self._place.scratch),
            "SFTP_ENABLED": "0",
            "DOCKER_HOST": f"unix://{self._place.scratch}/no-docker",
            "PYTHONUNBUFFERED": "1",
            "IOTCLOUD_FUNCTION_PYTHON": str(TOOLS / "functions/bin/python"),
            "IOTCLOUD_FUNCTION_LOG": str(self._place.function_log),
            "IOTCLOUD_PROVIDERS": str(self._place.providers),
        }

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            self.check()
            try:
                listener = json.loads(self._get("/_ministack/ready"))["iot_mtls"]
            except OSError:
                time.sleep(0.05)
                continue
            if listener != "listening":
                raise CloudError(f"the emulator's MQTT listener did not start:\n{self._last_words()}")
            return
        raise CloudError(f"the emulator did not answer within {START_SECONDS:.0f} s:\n{self._last_words()}")

    def _last_words(self) -> str:
        return self._child.last_lines() if self._child else ""

    def _get(self, path: str) -> bytes:
        request = urllib.request.Request(f"{self._place.endpoint_url}{path}")  # noqa: S310 our own address
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=5) as answer:
            return bytes(answer.read())


def check_ports(place: Place) -> None:
    """Raise CloudError naming the port that another process listens on."""
    ports = {place.port: "IOTCLOUD_PORT", **dict.fromkeys((place.mqtt_port, place.paypal_port), "IOTCLOUD_MQTT_PORT")}
    for port, variable in ports.items():
        with socket.socket() as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                listener.bind((HOST, port))
            except OSError as taken:
                raise CloudError(
                    f"port {port} is in use by another process. "
                    f"Stop it, or take another port: {variable}={port + 1} make run"
                ) from taken

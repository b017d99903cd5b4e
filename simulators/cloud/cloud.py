"""Starts and stops the parts of the local cloud in order."""

import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from infrastructure import app_files
from simulators.cloud import demo, deployment, parameters, sources, stack_file
from simulators.cloud.console import Screen
from simulators.cloud.demo import DemoDevice
from simulators.cloud.emulator import Emulator, check_ports
from simulators.cloud.environment import clean
from simulators.cloud.errors import CloudError
from simulators.cloud.instance import MQTT_HOST, ROOT, Place
from simulators.cloud.processes import Child
from simulators.cloud.rest import RestApi
from simulators.cloud.tail import PAUSE_SECONDS, lines_of

DEVICE_ANSWER_SECONDS = 60.0
DEVICE_STOP_SECONDS = 5.0


@dataclass(frozen=True)
class Deployed:
    """The deployed stack's outputs and addresses."""

    api_url: str | None
    app_url: str | None
    outputs: Mapping[str, str]


class LocalCloud:
    """One local cloud, from its first step to the last."""

    def __init__(self, place: Place, screen: Screen) -> None:
        self._place = place
        self._screen = screen
        self._emulator = Emulator(place)
        self._device: Child | None = None
        self._paypal: Child | None = None

    def start(self, with_demo: bool) -> None:
        """Run every step up to `ready`; raise CloudError at the first failure."""
        stack_file.remove(self._place)
        with self._screen.step("checking ports", f"ports {_ports(self._place)} are free"):
            check_ports(self._place)
        with self._screen.step("starting the emulator", "emulator started"):
            self._emulator.start()
        self._paypal = Child(paypal_command(self._place), clean(), self._place.logs / "paypal.log")
        deployed = publish(self._place, self._screen)
        if with_demo and deployed.api_url:
            self._start_demo(RestApi(deployed.api_url))
        show(self._place, self._screen, deployed)

    def show_function_logs(self) -> None:
        """Print the functions' log while the emulator runs; raise CloudError if it ends unexpectedly."""
        for line in lines_of(self._place.function_log, self._is_running):
            self._screen.log(line)

    def watch(self) -> None:
        """Wait until the emulator ends unexpectedly, then raise CloudError."""
        while self._is_running():
            time.sleep(PAUSE_SECONDS)

    def stop(self) -> None:
        """Stop the device and the stand-in, then the emulator; raise CloudError if its state could not be saved."""
        stack_file.remove(self._place)
        for child in (self._device, self._paypal):
            if child:
                child.stop(DEVICE_STOP_SECONDS)
        self._emulator.stop()

    def _is_running(self) -> bool:
        self._emulator.check()
        return True

    def _start_demo(self, api: RestApi) -> None:
        with self._screen.step("making the demo user and device", "demo user and device registered"):
            demo.sign_in(api)
            device = demo.register_device(api, self._place, demo.DEVICE_NAME)
        with self._screen.step("starting the demo device", "demo device answers through the API"):
            log = self._place.logs / f"device-{device.deviceid}.log"
            self._device = Child(demo.device_command(self._place, device), clean(), log)
            self._wait_for_device(api, device, self._device)

    def _wait_for_device(self, api: RestApi, device: DemoDevice, child: Child) -> None:
        deadline = time.monotonic() + DEVICE_ANSWER_SECONDS
        status: int = 0
        answer: Mapping[str, object] = {}
        while time.monotonic() < deadline and child.is_running():
            status, answer = api.call("GET", f"/devices/device/{quote(device.devicename)}/status")
            if status == 200:
                return
            time.sleep(PAUSE_SECONDS)
        raise CloudError(
            f"the demo device does not answer; the API says {status}: {answer}, the device:\n{child.last_lines()}"
        )


def paypal_command(place: Place) -> list[str]:
    """The command that runs the stand-in of PayPal, whose webhooks go to whatever is deployed."""
    return [
        sys.executable, "-m", "simulators.providers.paypal",
        "--port", str(place.paypal_port),
        "--stack-file", str(place.stack_file),
    ]  # fmt: skip


def publish(place: Place, screen: Screen) -> Deployed:
    """Build and deploy to the running emulator, and write the stack file."""
    given = parameters.set_up(place)
    found = sources.digest(place, given)
    stack = deployment.describe(place)
    if stack and sources.are_deployed(place, found, deployment.identity(stack)):
        with screen.step("", "nothing changed since the last deployment"):
            pass
    else:
        with screen.step("building the packages", "packages built"):
            deployment.build(place)
        with screen.step("deploying the template", "template deployed"):
            stack = deployment.deploy(place, given)
        sources.remember(place, found, deployment.identity(stack))
    outputs = deployment.outputs(stack)
    app_url = _publish_app(place, screen, outputs)
    deployed = Deployed(deployment.local_api_url(place, outputs), app_url, outputs)
    stack_file.write(place, deployed.api_url, deployment.local_site_url(place, outputs), outputs, app_url)
    return deployed


def _publish_app(place: Place, screen: Screen, outputs: Mapping[str, str]) -> str | None:
    """Upload the app where it is built and the template has a place for it; return its address."""
    if "AppBucketName" not in outputs or not app_files.is_built():
        return None
    with screen.step("uploading the app", "app uploaded"):
        app_files.upload(deployment.client(place, "s3"), outputs["AppBucketName"])
    return deployment.local_app_url(place, outputs)


def show(place: Place, screen: Screen, deployed: Deployed) -> None:
    """Print the addresses, and `ready`."""
    has_demo = place.demo.is_dir()
    rows = {
        "REST API": deployed.api_url or "",
        "app": deployed.app_url or "",
        "MQTT": f"{MQTT_HOST}:{place.mqtt_port} (TLS, client certificate; CA {_relative(place.mqtt_ca)})",
        "AWS endpoint": place.endpoint_url,
        "PayPal": f"{place.paypal_url} (a stand-in: no money moves)",
        "demo user": f"{demo.USERNAME}  password {demo.PASSWORD}" if has_demo else "",
        "demo device": demo.DEVICE_NAME if has_demo else "",
        "old apps": _old_apps(place) if deployed.api_url else "",
        "logs": f"{_relative(place.logs)}/ (functions: make logs)",
        "for scripts": _relative(place.stack_file),
    }
    screen.table({name: value for name, value in rows.items() if value})
    screen.say("ready")


def _old_apps(place: Place) -> str:
    if place.legacy_jwt_key:
        return "login token accepted, signed with IOTCLOUD_LEGACY_JWT_KEY"
    return "login token refused (IOTCLOUD_LEGACY_JWT_KEY=KEY make run accepts it)"


def _relative(path: Path) -> str:
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)


def _ports(place: Place) -> str:
    return f"{place.port}, {place.mqtt_port} and {place.paypal_port}"

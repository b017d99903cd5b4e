"""The demo user and the demo devices, created through the REST API like any user's."""

import sys
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from urllib.parse import quote

from simulators.cloud.instance import MQTT_HOST, Place
from simulators.cloud.rest import RestApi

USERNAME = "demo@example.com"
PASSWORD = "Demo-1234"  # noqa: S105 known to all, and good on this machine only
SIGN_UP_CODE = "123456"
"""The code that the emulator's Cognito sends to all users."""
DEVICE_NAME = "Demo"


@dataclass(frozen=True)
class DemoDevice:
    """A registered device, with the folder of its certificate and key."""

    devicename: str
    deviceid: str
    folder: Path

    @property
    def certificate(self) -> Path:
        """The device's certificate, PEM."""
        return self.folder / "certificate.pem"

    @property
    def key(self) -> Path:
        """The device's private key, PEM; the platform has no copy."""
        return self.folder / "private-key.pem"


def sign_in(api: RestApi) -> None:
    """Log in as the demo user; sign up first if the user does not exist."""
    if api.sign_in(USERNAME, PASSWORD):
        return
    api.sign_up(USERNAME, PASSWORD, "Demo User")
    api.must("POST", "/user/confirm_signup", {"username": USERNAME, "confirmationcode": SIGN_UP_CODE})
    api.must("POST", "/user/login")
    api.sign_in(USERNAME, PASSWORD)


def register_device(api: RestApi, place: Place, devicename: str) -> DemoDevice:
    """Register a device of the demo user, or return the registered one if its certificate is still stored here."""
    path = f"/devices/device/{quote(devicename, safe='')}"
    status, answer = api.call("GET", path)
    if status == 200:
        device = DemoDevice(devicename, answer["device"]["deviceid"], place.demo / answer["device"]["deviceid"])
        if device.certificate.is_file() and device.key.is_file():
            return device
        api.must("DELETE", path)
    deviceid, serialnumber = _next_identity(place)
    device = DemoDevice(devicename, deviceid, place.demo / deviceid)
    enrolled = api.must("POST", path, {"deviceid": deviceid, "serialnumber": serialnumber})["device"]
    device.folder.mkdir(parents=True, exist_ok=True)
    device.key.touch(mode=0o600)
    device.key.write_text(enrolled["pkey"])
    device.certificate.write_text(enrolled["cert"])
    return device


def next_name(api: RestApi) -> str:
    """A device name that the demo user does not use yet."""
    taken = {device["devicename"] for device in api.must("GET", "/devices")["devices"]}
    return next(name for number in count(2) if (name := f"{DEVICE_NAME} {number}") not in taken)


def device_command(place: Place, device: DemoDevice) -> list[str]:
    """The command that runs the simulated device."""
    return [
        sys.executable, "-m", "simulators.devices.python",
        "--host", MQTT_HOST,
        "--port", str(place.mqtt_port),
        "--ca", str(place.mqtt_ca),
        "--cert", str(device.certificate),
        "--key", str(device.key),
        "--device-id", device.deviceid,
    ]  # fmt: skip


def _next_identity(place: Place) -> tuple[str, str]:
    """A device id in the format of the web app's generator, with its serial number."""
    number = 1 + max((int(folder.name[-2:], 16) for folder in place.demo.glob("PH80XXRR*")), default=0)
    return f"PH80XXRR010126{number:02X}", f"{number:05}"

"""Who uses the platform in e2e tests, and with which devices; the fixtures of `conftest.py` make them."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from simulators.cloud.processes import Child
from simulators.cloud.rest import RestApi


@dataclass(frozen=True)
class Person:
    """Somebody with a confirmed account, and the API as they are signed in."""

    username: str
    password: str
    api: RestApi


@dataclass(frozen=True)
class RegisteredDevice:
    """A device of somebody's, with the files that it connects with."""

    owner: Person
    devicename: str
    deviceid: str
    certificate: Path
    key: Path

    @property
    def path(self) -> str:
        """The head of its operations' paths."""
        return f"/devices/device/{self.devicename}"


Stack = dict[str, Any]
"""What `stack.json` tells: api_url, site_url, mqtt_host, mqtt_port, mqtt_ca, endpoint_url, region, stack_name and
outputs."""

NewPerson = Callable[[], Person]
NewDevice = Callable[[Person], RegisteredDevice]
RunDevice = Callable[..., Child]

"""Users and devices of e2e tests; the fixtures of `conftest.py` create them."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

from simulators.cloud import demo
from simulators.cloud.processes import Child
from simulators.cloud.rest import RestApi

PASSWORD = "Test-1234"


@dataclass(frozen=True)
class Person:
    """A user with a confirmed account, and the API with their access token."""

    username: str
    password: str
    api: RestApi


@dataclass(frozen=True)
class RegisteredDevice:
    """A user's device, with its certificate files."""

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
"""The members of `stack.json`: api_url, site_url, mqtt_host, mqtt_port, mqtt_ca, endpoint_url, region, stack_name and
outputs."""

NewPerson = Callable[[], Person]
NewDevice = Callable[[Person], RegisteredDevice]
RunDevice = Callable[..., Child]


def person_maker(stack: Stack) -> NewPerson:
    """Return a function that signs up a user, confirms the account and signs in."""

    def sign_up() -> Person:
        username = f"{uuid4().hex[:12]}@example.com"
        api = RestApi(stack["api_url"])
        api.sign_up(username, PASSWORD, "Test Person")
        api.must("POST", "/user/confirm_signup", {"username": username, "confirmationcode": demo.SIGN_UP_CODE})
        assert api.sign_in(username, PASSWORD)
        return Person(username, PASSWORD, api)

    return sign_up

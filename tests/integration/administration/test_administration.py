"""Administrators' operations from request to user pool and tables (moto)."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from iotcloud.administration.suspension_verifier import SuspensionAwareVerifier
from iotcloud.wiring import Wiring
from tests.fakes.access_tokens import FakeTokens
from tests.fakes.api import call_api
from tests.fakes.devices import make_device
from tests.integration.platform import make_user, running_platform
from tests.parts import replace_part

pytestmark = pytest.mark.long

ROOT = FakeTokens.issue("root", "admin")
ANN = FakeTokens.issue("ann")


@pytest.fixture
def platform() -> Iterator[Wiring]:
    with running_platform() as wired:
        for username in ("ann", "root"):
            make_user(wired, username)
        wired.stores.devices.add(make_device())
        yield wired


def test_users_and_their_devices_are_listed_by_page(platform: Wiring) -> None:
    first = call_api("GET", "/account/users?limit=1", token=ROOT).body
    second = call_api("GET", f"/account/users?limit=1&cursor={first['cursor']}", token=ROOT).body
    users = [*first["users"], *second["users"]]
    assert {(user["username"], user["email"], user["suspended"]) for user in users} == {
        ("ann", "ann@example.com", False),
        ("root", "root@example.com", False),
    }
    assert "cursor" not in second
    (device,) = call_api("GET", "/account/users/ann/devices", token=ROOT).body["devices"]
    assert device["devicename"] == "Barn unit"


def test_a_suspended_user_is_kept_out_and_shown_so(platform: Wiring) -> None:
    assert call_api("POST", "/account/users/ann/suspension", token=ROOT).status == 200
    shown = {
        user["username"]: user["suspended"] for user in call_api("GET", "/account/users", token=ROOT).body["users"]
    }
    assert shown == {"ann": True, "root": False}
    replace_part(
        platform, "users.tokens", SuspensionAwareVerifier(FakeTokens(), platform.stores.suspensions, platform.clock)
    )
    assert call_api("GET", "/devices", token=ANN).status == 401
    assert call_api("DELETE", "/account/users/ann/suspension", token=ROOT).status == 200
    replace_part(
        platform, "users.tokens", SuspensionAwareVerifier(FakeTokens(), platform.stores.suspensions, platform.clock)
    )
    assert call_api("GET", "/devices", token=ANN).status == 200


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/account/users"),
        ("GET", "/account/users/root/devices"),
        ("POST", "/account/users/root/suspension"),
        ("DELETE", "/account/users/root/suspension"),
    ],
)
def test_others_are_refused(platform: Wiring, method: str, path: str) -> None:
    assert call_api(method, path, token=ANN).status == 403
    assert platform.stores.suspensions.list_refused(datetime.now(UTC)) == {}


def test_a_suspension_is_forgotten_once_no_token_is_good(platform: Wiring) -> None:
    now = datetime.now(UTC)
    platform.stores.suspensions.add("ann", now, timedelta(minutes=60))
    assert platform.stores.suspensions.list_refused(now + timedelta(minutes=59)) == {"ann": None}
    assert platform.stores.suspensions.list_refused(now + timedelta(minutes=61)) == {}


def test_a_closed_account_is_remembered_with_the_instant(platform: Wiring) -> None:
    now = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
    platform.stores.suspensions.close("ann", now, timedelta(minutes=60))
    assert platform.stores.suspensions.list_refused(now) == {"ann": now}
    assert platform.stores.suspensions.list_refused(now + timedelta(minutes=61)) == {}


def test_who_is_not_there_cannot_be_suspended(platform: Wiring) -> None:
    answer = call_api("POST", "/account/users/nobody/suspension", token=ROOT)
    assert (answer.status, answer.body["message"]) == (404, "User is not registered")

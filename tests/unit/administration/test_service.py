"""Administrators look after users; to everybody else these use cases are closed."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from iotcloud.administration.model import MAX_USERS, User, UserNotRegistered
from iotcloud.administration.service import AdministrationService
from iotcloud.administration.suspension_verifier import READ_AGAIN_AFTER, SuspensionAwareVerifier
from iotcloud.devices.service import DeviceService
from iotcloud.errors import DependencyFailed, InvalidInput, NotAuthenticated, NotPermitted
from iotcloud.users.tokens import Claims
from tests.fakes.access_tokens import FakeTokens
from tests.fakes.devices import FakeDevices, FakeRights, make_device
from tests.fakes.peripherals import FakeSensors
from tests.fakes.suspensions import FakeSuspensions

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
ADMIN = frozenset({"admin"})
TOKEN_LASTS = timedelta(minutes=60)


@dataclass
class FakePool:
    """Replaces CognitoUsers, with seventy accounts."""

    disabled: set[str] = field(default_factory=set)
    users: list[str] = field(default_factory=lambda: [f"user-{number:02}" for number in range(70)])

    def list_users(self, limit: int, token: str | None) -> tuple[list[User], str | None]:
        """See Pool."""
        begin = int(token or 0)
        shown = self.users[begin : begin + limit]
        rest = str(begin + limit) if begin + limit < len(self.users) else None
        return [User(name, f"{name}@example.com", "CONFIRMED", name in self.disabled, NOW) for name in shown], rest

    def find_username(self, name: str) -> str:
        """See Pool."""
        known = name.lower().removesuffix("@example.com")
        self._check(known)
        return known

    def disable(self, username: str) -> None:
        """See Pool."""
        self._check(username)
        self.disabled.add(username)

    def enable(self, username: str) -> None:
        """See Pool."""
        self._check(username)
        self.disabled.discard(username)

    def _check(self, username: str) -> None:
        if username not in self.users:
            raise UserNotRegistered


@dataclass
class Harness:
    """The service over fakes, and tokens that are verified as the API verifies them."""

    pool: FakePool = field(default_factory=FakePool)
    devices: FakeDevices = field(default_factory=FakeDevices)
    suspensions: FakeSuspensions = field(default_factory=FakeSuspensions)
    now: datetime = NOW

    def __post_init__(self) -> None:
        registry = DeviceService(self.devices, FakeSensors(), FakeRights())
        self.service = AdministrationService(self.pool, registry, self.suspensions, TOKEN_LASTS, lambda: self.now)
        self.tokens = SuspensionAwareVerifier(FakeTokens(), self.suspensions, lambda: self.now)

    def is_let_in(self, username: str) -> bool:
        """Return whether an access token of the user is accepted."""
        try:
            return self.tokens.verify(FakeTokens.issue(username)).username == username
        except NotAuthenticated:
            return False


@pytest.fixture
def harness() -> Harness:
    return Harness()


USE_CASES: list[Callable[[AdministrationService, frozenset[str]], object]] = [
    lambda service, groups: service.list_users(groups, 10),
    lambda service, groups: service.list_devices(groups, "user-01", 10),
    lambda service, groups: service.suspend_user(groups, "root", "user-01"),
    lambda service, groups: service.restore_user(groups, "user-01"),
]


@pytest.mark.parametrize("groups", [frozenset[str](), frozenset({"admins"}), frozenset({"Admin", "eu-west-1_google"})])
@pytest.mark.parametrize("use_case", USE_CASES, ids=["list users", "list devices", "suspend", "restore"])
def test_others_are_refused(
    harness: Harness, use_case: Callable[[AdministrationService, frozenset[str]], object], groups: frozenset[str]
) -> None:
    with pytest.raises(NotPermitted):
        use_case(harness.service, groups)
    assert (harness.pool.disabled, harness.suspensions.kept) == (set(), {})


def test_list_users_comes_in_pages_of_the_pools_size(harness: Harness) -> None:
    first = harness.service.list_users(ADMIN, 1000)
    assert len(first.items) == MAX_USERS
    second = harness.service.list_users(ADMIN, 1000, first.cursor)
    assert [user.username for user in (*first.items, *second.items)] == harness.pool.users
    assert second.cursor is None
    with pytest.raises(InvalidInput):
        harness.service.list_users(ADMIN, 10, "made up")


def test_list_devices_shows_those_of_one_user(harness: Harness) -> None:
    for number, owner in enumerate(["user-01", "user-01", "user-02"]):
        device = make_device(f"Unit {number}", deviceid=f"PH{number}", owner=owner, registration=str(number))
        harness.devices.add(device)
    first = harness.service.list_devices(ADMIN, "user-01", 1)
    second = harness.service.list_devices(ADMIN, "user-01", 1, first.cursor)
    assert [device.devicename for device in (*first.items, *second.items)] == ["Unit 0", "Unit 1"]
    assert second.cursor is None


def test_suspend_user_keeps_them_out_until_they_are_restored(harness: Harness) -> None:
    assert harness.is_let_in("user-01")
    harness.service.suspend_user(ADMIN, "root", "user-01")
    assert harness.pool.disabled == {"user-01"}
    harness.now += READ_AGAIN_AFTER
    assert (harness.is_let_in("user-01"), harness.is_let_in("user-02")) == (False, True)

    harness.service.restore_user(ADMIN, "user-01")
    assert harness.pool.disabled == set()
    harness.now += READ_AGAIN_AFTER
    assert harness.is_let_in("user-01")


def test_a_suspension_is_remembered_as_long_as_a_token_lasts(harness: Harness) -> None:
    harness.service.suspend_user(ADMIN, "root", "user-01")
    harness.now += TOKEN_LASTS - timedelta(seconds=1)
    assert not harness.is_let_in("user-01")


@dataclass
class DatedTokens:
    """A verifier whose tokens say when they were issued."""

    issued_at: datetime

    def verify(self, token: str) -> Claims:
        """See TokenVerifier."""
        return Claims("user-01", issued_at=self.issued_at)

    def identify(self, token: str) -> Claims:
        """See TokenVerifier."""
        return self.verify(token)


@pytest.mark.parametrize(("seconds_later", "is_taken"), [(-60, False), (0, False), (1, True)])
def test_a_closed_account_has_no_tokens_but_those_of_the_account_anew(seconds_later: int, is_taken: bool) -> None:
    suspensions = FakeSuspensions()
    suspensions.close("user-01", NOW, TOKEN_LASTS)
    tokens = SuspensionAwareVerifier(DatedTokens(NOW + timedelta(seconds=seconds_later)), suspensions, lambda: NOW)
    if is_taken:
        assert tokens.verify("token").username == "user-01"
    else:
        for check in (tokens.verify, tokens.identify):
            with pytest.raises(NotAuthenticated):
                check("token")


def test_tokens_cost_one_read_in_a_while(harness: Harness) -> None:
    for _ in range(100):
        harness.is_let_in("user-01")
    assert harness.suspensions.reads == 1


def test_suspend_user_refuses_oneself_and_who_is_not_there(harness: Harness) -> None:
    with pytest.raises(InvalidInput):
        harness.service.suspend_user(ADMIN, "user-01", "user-01")
    with pytest.raises(UserNotRegistered):
        harness.service.suspend_user(ADMIN, "root", "nobody")
    with pytest.raises(UserNotRegistered):
        harness.service.restore_user(ADMIN, "nobody")
    assert harness.suspensions.kept == {}


def test_a_suspension_that_failed_half_way_is_completed_when_called_again(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(username: str, now: datetime, lasts: timedelta) -> None:
        raise DependencyFailed

    with monkeypatch.context() as patch:
        patch.setattr(harness.suspensions, "add", fail)
        with pytest.raises(DependencyFailed):
            harness.service.suspend_user(ADMIN, "root", "user-01")
    harness.service.suspend_user(ADMIN, "root", "user-01")
    assert not harness.is_let_in("user-01")


@pytest.mark.parametrize("spelling", ["user-01@example.com", "USER-01@Example.com", "USER-01"])
def test_suspend_user_keeps_out_who_is_given_by_another_name(spelling: str) -> None:
    harness = Harness()

    harness.service.suspend_user(ADMIN, "root", spelling)

    assert harness.pool.disabled == {"user-01"}
    assert not harness.is_let_in("user-01")


@pytest.mark.parametrize("spelling", ["user-02@example.com", "User-02"])
def test_suspend_user_refuses_oneself_by_another_name(spelling: str) -> None:
    harness = Harness()

    with pytest.raises(InvalidInput, match="themselves"):
        harness.service.suspend_user(ADMIN, "user-02", spelling)

    assert harness.pool.disabled == set()


def test_restore_user_lets_in_who_is_given_by_address() -> None:
    harness = Harness()
    harness.service.suspend_user(ADMIN, "root", "user-03")

    harness.service.restore_user(ADMIN, "user-03@example.com")

    harness.now += READ_AGAIN_AFTER
    assert harness.is_let_in("user-03")

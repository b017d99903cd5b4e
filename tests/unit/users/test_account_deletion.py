"""Account deletion, and erasure of the data."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest

from iotcloud.errors import DependencyFailed, NotAuthenticated
from iotcloud.users.account_deletion import AccountDeletionService, Erasure, ErasureService
from tests.fakes.directory import FakeDirectory
from tests.fakes.suspensions import FakeSuspensions

ADA = "ada@example.com"
NOW = datetime(2026, 1, 1, tzinfo=UTC)
LIFETIME = timedelta(minutes=60)


@dataclass
class FakeErasures:
    """Orders, with the delays they were given."""

    orders: list[tuple[Erasure, timedelta]] = field(default_factory=list)

    def request(self, erasure: Erasure, delay: timedelta = timedelta()) -> None:
        self.orders.append((erasure, delay))


@dataclass
class FakeData:
    """A feature's data, as names of users."""

    users: set[str] = field(default_factory=lambda: {ADA, "bob@example.com"})
    failures: int = 0
    on_erase: Callable[[], None] = lambda: None

    def erase(self, username: str) -> None:
        if self.failures:
            self.failures -= 1
            raise DependencyFailed
        self.on_erase()
        self.users.discard(username)


@dataclass
class Hand:
    """A clock that tests set."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Hand:
    return Hand()


@pytest.fixture
def directory(clock: Hand) -> FakeDirectory:
    directory = FakeDirectory(clock=clock)
    directory.add(ADA, "correct horse")
    return directory


@pytest.fixture
def erasures() -> FakeErasures:
    return FakeErasures()


@pytest.fixture
def tokens() -> FakeSuspensions:
    return FakeSuspensions()


@pytest.fixture
def closing(
    directory: FakeDirectory, erasures: FakeErasures, tokens: FakeSuspensions, clock: Hand
) -> AccountDeletionService:
    return AccountDeletionService(directory, erasures, tokens, LIFETIME, clock)


@pytest.fixture
def data() -> dict[str, FakeData]:
    return {"devices": FakeData(), "users": FakeData()}


@pytest.fixture
def eraser(directory: FakeDirectory, data: dict[str, FakeData], erasures: FakeErasures, clock: Hand) -> ErasureService:
    return ErasureService(directory, data, erasures, LIFETIME, clock)


def test_delete_user_deletes_the_account_and_orders_the_rest(
    closing: AccountDeletionService, directory: FakeDirectory, erasures: FakeErasures, tokens: FakeSuspensions
) -> None:
    closing.delete_user(ADA, FakeDirectory.token(ADA))

    assert directory.find_account(ADA) is None
    assert tokens.list_refused(NOW) == {ADA: NOW}
    assert erasures.orders == [(Erasure(ADA, NOW), timedelta())]


def test_delete_user_refuses_a_token_that_is_void(
    closing: AccountDeletionService, directory: FakeDirectory, erasures: FakeErasures
) -> None:
    directory.delete_account(ADA)

    with pytest.raises(NotAuthenticated):
        closing.delete_user(ADA, FakeDirectory.token(ADA))

    assert erasures.orders == []


def test_delete_user_deletes_nothing_that_was_not_ordered(
    directory: FakeDirectory, clock: Hand, monkeypatch: pytest.MonkeyPatch
) -> None:
    erasures = FakeErasures()
    monkeypatch.setattr(erasures, "request", _fail)

    with pytest.raises(DependencyFailed):
        AccountDeletionService(directory, erasures, FakeSuspensions(), LIFETIME, clock).delete_user(
            ADA, FakeDirectory.token(ADA)
        )

    assert directory.find_account(ADA) is not None


def _fail(*_: object) -> None:
    raise DependencyFailed


def test_erase_account_erases_everything_of_this_user_only(
    eraser: ErasureService, data: dict[str, FakeData], directory: FakeDirectory
) -> None:
    directory.delete_account(ADA)

    eraser.erase_account(Erasure(ADA, NOW))

    assert {name: kept.users for name, kept in data.items()} == {
        "devices": {"bob@example.com"},
        "users": {"bob@example.com"},
    }


def test_erase_account_deletes_the_account_if_that_had_failed(eraser: ErasureService, directory: FakeDirectory) -> None:
    eraser.erase_account(Erasure(ADA, NOW))

    assert directory.find_account(ADA) is None


def test_erase_account_does_the_rest_when_the_order_comes_again(
    eraser: ErasureService, data: dict[str, FakeData]
) -> None:
    data["users"].failures = 1
    with pytest.raises(DependencyFailed):
        eraser.erase_account(Erasure(ADA, NOW))

    eraser.erase_account(Erasure(ADA, NOW))

    assert not [name for name, kept in data.items() if ADA in kept.users]


def test_erase_account_comes_again_until_no_access_token_is_left(
    eraser: ErasureService, erasures: FakeErasures, clock: Hand, data: dict[str, FakeData]
) -> None:
    erasure = Erasure(ADA, NOW)
    passes = 0
    while True:
        erasures.orders.clear()
        eraser.erase_account(erasure)
        if not erasures.orders:
            break
        passes += 1
        data["users"].users.add(ADA)
        erasure, delay = erasures.orders[0]
        clock.now += min(delay, timedelta(minutes=15))

    assert passes == 4
    assert clock.now == NOW + LIFETIME
    assert ADA not in data["users"].users


def test_erase_account_leaves_an_account_that_came_back(
    eraser: ErasureService, directory: FakeDirectory, clock: Hand, data: dict[str, FakeData], erasures: FakeErasures
) -> None:
    directory.delete_account(ADA)
    clock.now += timedelta(minutes=1)
    directory.add(ADA, "correct horse")

    eraser.erase_account(Erasure(ADA, NOW, passes=1))

    assert directory.find_account(ADA) is not None
    assert ADA in data["devices"].users
    assert erasures.orders == []


def test_erase_account_still_erases_the_old_data_of_one_that_came_back_at_once(
    eraser: ErasureService, directory: FakeDirectory, clock: Hand, data: dict[str, FakeData]
) -> None:
    directory.delete_account(ADA)
    clock.now += timedelta(seconds=1)
    directory.add(ADA, "correct horse")

    eraser.erase_account(Erasure(ADA, NOW))

    assert ADA not in data["devices"].users
    assert directory.find_account(ADA) is not None


def test_an_erasure_counts_its_passes(eraser: ErasureService, erasures: FakeErasures) -> None:
    eraser.erase_account(Erasure(ADA, NOW, passes=2))

    assert erasures.orders == [(replace(Erasure(ADA, NOW), passes=3), LIFETIME)]

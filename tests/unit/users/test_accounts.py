"""Sign-up and its code."""

from datetime import UTC, datetime

import pytest

from iotcloud.errors import (
    DependencyFailed,
    InvalidCode,
    InvalidInput,
    PasswordRefused,
    TooManyRequests,
    UsernameTaken,
)
from iotcloud.users.accounts import AccountService
from iotcloud.users.credentials import Credentials
from iotcloud.users.model import Account, SignedIn
from iotcloud.users.rate_limits import RateLimiter
from tests.fakes.attempts import FakeAttempts, FakeAttemptStore
from tests.fakes.directory import CODE, FakeDirectory

ADA = "ada@example.com"
PASSWORD = "correct horse"


@pytest.fixture
def directory() -> FakeDirectory:
    return FakeDirectory()


@pytest.fixture
def accounts(directory: FakeDirectory) -> AccountService:
    return AccountService(directory, FakeAttempts())


def sign_up(accounts: AccountService, password: str = PASSWORD, name: str = "Ada Lovelace", email: str = ADA) -> None:
    accounts.sign_up(Credentials(ADA, password), email, name, None)


def test_sign_up_makes_an_account_that_waits_for_its_code(accounts: AccountService, directory: FakeDirectory) -> None:
    sign_up(accounts)

    assert not directory.kept[ADA].is_confirmed
    assert directory.sent == [("sign-up", ADA)]


def test_sign_up_knows_one_spelling_of_an_address(accounts: AccountService, directory: FakeDirectory) -> None:
    accounts.sign_up(Credentials(" Ada@Example.com", PASSWORD), "ADA@EXAMPLE.COM", "Ada", "+6500000000")

    assert directory.kept[ADA].account.phone_number == "+6500000000"


def test_sign_up_replaces_an_account_that_was_never_confirmed(
    accounts: AccountService, directory: FakeDirectory
) -> None:
    sign_up(accounts, "first password", "First Comer")

    sign_up(accounts, "second password", "Second Comer")

    assert directory.kept[ADA].password == "second password"
    assert directory.kept[ADA].account.display_name == "Second Comer"


def test_sign_up_refuses_a_name_already_confirmed(accounts: AccountService, directory: FakeDirectory) -> None:
    directory.add(ADA, PASSWORD)

    with pytest.raises(UsernameTaken, match="Username already exists"):
        sign_up(accounts, "another password")

    assert directory.kept[ADA].password == PASSWORD


def test_sign_up_refuses_two_different_addresses(accounts: AccountService) -> None:
    with pytest.raises(InvalidInput):
        sign_up(accounts, email="bob@example.com")


@pytest.mark.parametrize("password", ["12345", "password", "seven77", ADA])
def test_sign_up_refuses_a_weak_password(accounts: AccountService, directory: FakeDirectory, password: str) -> None:
    with pytest.raises(PasswordRefused):
        sign_up(accounts, password)

    assert ADA not in directory.kept


def test_confirm_sign_up_opens_the_account(accounts: AccountService, directory: FakeDirectory) -> None:
    sign_up(accounts)

    accounts.confirm_sign_up("ADA@example.com", CODE)

    assert directory.kept[ADA].account.email_verified


@pytest.mark.parametrize(("username", "code"), [(ADA, "000000"), ("bob@example.com", CODE)])
def test_confirm_sign_up_tells_a_wrong_code_and_an_unknown_name_alike(
    accounts: AccountService, username: str, code: str
) -> None:
    sign_up(accounts)

    with pytest.raises(InvalidCode, match="Invalid code"):
        accounts.confirm_sign_up(username, code)


def test_confirm_sign_up_refuses_a_code_used_before(accounts: AccountService) -> None:
    sign_up(accounts)
    accounts.confirm_sign_up(ADA, CODE)

    with pytest.raises(InvalidCode):
        accounts.confirm_sign_up(ADA, CODE)


def test_confirm_sign_up_without_a_code_sends_it_again(accounts: AccountService, directory: FakeDirectory) -> None:
    sign_up(accounts)

    accounts.confirm_sign_up(ADA, None)

    assert directory.sent == [("sign-up", ADA), ("sign-up", ADA)]


@pytest.mark.parametrize("username", ["bob@example.com", "confirmed@example.com"])
def test_resend_code_says_nothing_about_accounts(
    accounts: AccountService, directory: FakeDirectory, username: str
) -> None:
    directory.add("confirmed@example.com", PASSWORD)
    directory.sent.clear()

    accounts.resend_code(username)

    assert directory.sent == []


def test_sign_up_sets_a_password_in_its_composed_form(accounts: AccountService, directory: FakeDirectory) -> None:
    sign_up(accounts, "Schlu\u0308ssel-7")

    assert directory.kept[ADA].password == "Schlüssel-7"


def counted(directory: FakeDirectory) -> AccountService:
    return AccountService(directory, RateLimiter(FakeAttemptStore(), lambda: datetime(2026, 1, 1, tzinfo=UTC)))


@pytest.mark.parametrize("spellings", [[ADA] * 9, [ADA, ADA.upper(), f" {ADA}", "aDa@example.com"] * 3])
def test_sign_up_writes_to_one_address_only_so_often(directory: FakeDirectory, spellings: list[str]) -> None:
    accounts = counted(directory)

    refused = 0
    for number, spelling in enumerate(spellings):
        try:
            accounts.sign_up(Credentials(spelling, f"correct horse {number}"), spelling, "Ada", None)
        except TooManyRequests:
            refused += 1

    assert len(directory.sent) == 5
    assert refused == len(spellings) - 5
    assert directory.kept[ADA].password == "correct horse 4"


def test_sign_up_and_its_repeated_code_share_one_count(directory: FakeDirectory) -> None:
    accounts = counted(directory)
    for _ in range(3):
        sign_up(accounts)
    accounts.resend_code(ADA)
    accounts.confirm_sign_up(ADA.title(), None)

    for send in (lambda: sign_up(accounts), lambda: accounts.resend_code(ADA)):
        with pytest.raises(TooManyRequests):
            send()

    assert len(directory.sent) == 5


def test_a_refused_sign_up_counts_nothing(directory: FakeDirectory) -> None:
    accounts = counted(directory)
    for _ in range(20):
        with pytest.raises(PasswordRefused):
            sign_up(accounts, "12345")

    sign_up(accounts)


@pytest.mark.parametrize("looks_before", [0, 1])
def test_an_account_that_is_confirmed_while_a_stranger_signs_up_stays_its_owners(
    directory: FakeDirectory, looks_before: int
) -> None:
    """The owner's code arrives before the stranger's sign-up looks for the first or for the second time."""

    class Confirming(FakeDirectory):
        looks = 0

        def find_account(self, username: str) -> Account | None:
            if self.looks == looks_before:
                self.kept[username].is_confirmed = True
            self.looks += 1
            return super().find_account(username)

    race = Confirming()
    accounts = AccountService(race, FakeAttempts())
    sign_up(accounts, "the owner's horse")

    with pytest.raises(UsernameTaken):
        sign_up(accounts, "a stranger's horse")

    assert isinstance(race.sign_in(ADA, "the owner's horse"), SignedIn)


def test_a_code_that_comes_after_the_last_look_confirms_nothing(directory: FakeDirectory) -> None:
    class Late(FakeDirectory):
        def delete_account(self, username: str) -> None:
            with pytest.raises(InvalidCode):
                self.confirm_sign_up(username, CODE)
            super().delete_account(username)

    race = Late()
    accounts = AccountService(race, FakeAttempts())
    sign_up(accounts, "first password")

    sign_up(accounts, "second password")

    assert not race.kept[ADA].is_confirmed


def test_an_account_is_enabled_again_when_the_look_fails(directory: FakeDirectory) -> None:
    class Failing(FakeDirectory):
        looks = 0

        def find_account(self, username: str) -> Account | None:
            self.looks += 1
            if self.looks == 2:
                raise DependencyFailed
            return super().find_account(username)

    race = Failing()
    accounts = AccountService(race, FakeAttempts())
    sign_up(accounts, "first password")

    with pytest.raises(DependencyFailed):
        sign_up(accounts, "second password")

    assert race.kept[ADA].is_enabled
    assert race.kept[ADA].password == "first password"

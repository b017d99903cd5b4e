"""Sign-up and its code."""

import pytest

from iotcloud.errors import InvalidCode, InvalidInput, PasswordRefused, UsernameTaken
from iotcloud.users.accounts import AccountService
from iotcloud.users.credentials import Credentials
from tests.fakes.attempts import FakeAttempts
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

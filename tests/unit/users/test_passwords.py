"""New passwords, by the current one or by a code."""

from datetime import UTC, datetime, timedelta

import pytest

from iotcloud.errors import (
    InvalidCode,
    NotAuthenticated,
    PasswordRefused,
    RefreshTokenInvalid,
    RequestRefused,
    TooManyRequests,
)
from iotcloud.users.credentials import Credentials
from iotcloud.users.model import SignedIn
from iotcloud.users.passwords import PasswordService
from tests.fakes.attempts import FakeAttempts
from tests.fakes.directory import CODE, FakeDirectory
from tests.fakes.suspensions import FakeSuspensions

ADA = "ada@example.com"
NOW = datetime(2026, 11, 23, 12, 0, 5, 700_000, tzinfo=UTC)
TOKEN_LASTS = timedelta(minutes=60)
OLD, NEW = "correct horse", "another horse"


@pytest.fixture
def directory() -> FakeDirectory:
    directory = FakeDirectory()
    directory.add(ADA, OLD)
    directory.sent.clear()
    return directory


@pytest.fixture
def attempts() -> FakeAttempts:
    return FakeAttempts()


@pytest.fixture
def suspensions() -> FakeSuspensions:
    return FakeSuspensions()


@pytest.fixture
def passwords(directory: FakeDirectory, attempts: FakeAttempts, suspensions: FakeSuspensions) -> PasswordService:
    return PasswordService(directory, attempts, suspensions, TOKEN_LASTS, lambda: NOW)


def test_forgot_password_sends_a_code_and_names_the_user(passwords: PasswordService, directory: FakeDirectory) -> None:
    assert passwords.forgot_password("Ada@Example.com") == ADA
    assert directory.sent == [("reset", ADA)]


def test_forgot_password_answers_alike_for_an_unknown_address(
    passwords: PasswordService, directory: FakeDirectory
) -> None:
    assert passwords.forgot_password("nobody@example.com") == "nobody@example.com"
    assert directory.sent == []


def test_forgot_password_writes_to_one_address_only_so_often(
    passwords: PasswordService, directory: FakeDirectory, attempts: FakeAttempts
) -> None:
    attempts.exhausted = {"forgot_password"}

    with pytest.raises(TooManyRequests):
        passwords.forgot_password(ADA)

    assert directory.sent == []
    assert attempts.spent == [("forgot_password", ADA)]


def test_confirm_forgot_password_sets_the_password_and_signs_out_everywhere(
    passwords: PasswordService, directory: FakeDirectory
) -> None:
    before = directory.sign_in(ADA, OLD)
    assert isinstance(before, SignedIn)
    passwords.forgot_password(ADA)

    passwords.confirm_forgot_password(Credentials(ADA, NEW), CODE)

    assert isinstance(directory.sign_in(ADA, NEW), SignedIn)
    with pytest.raises(NotAuthenticated):
        directory.sign_in(ADA, OLD)
    with pytest.raises(RefreshTokenInvalid):
        directory.refresh(before.tokens.refresh)


@pytest.mark.parametrize(("username", "code"), [(ADA, "000000"), ("nobody@example.com", CODE)])
def test_confirm_forgot_password_tells_a_wrong_code_and_an_unknown_name_alike(
    passwords: PasswordService, username: str, code: str
) -> None:
    passwords.forgot_password(ADA)

    with pytest.raises(InvalidCode, match="Invalid code"):
        passwords.confirm_forgot_password(Credentials(username, NEW), code)


def test_confirm_forgot_password_takes_a_code_once(passwords: PasswordService) -> None:
    passwords.forgot_password(ADA)
    passwords.confirm_forgot_password(Credentials(ADA, NEW), CODE)

    with pytest.raises(InvalidCode):
        passwords.confirm_forgot_password(Credentials(ADA, "a third horse"), CODE)


@pytest.mark.parametrize("password", ["short", "seven77", "password123"])
def test_confirm_forgot_password_refuses_a_weak_password(passwords: PasswordService, password: str) -> None:
    passwords.forgot_password(ADA)

    with pytest.raises(PasswordRefused):
        passwords.confirm_forgot_password(Credentials(ADA, password), CODE)


def test_confirm_forgot_password_lets_codes_be_guessed_only_so_often(
    passwords: PasswordService, attempts: FakeAttempts
) -> None:
    attempts.exhausted = {"confirm_forgot_password"}

    with pytest.raises(TooManyRequests):
        passwords.confirm_forgot_password(Credentials(ADA, NEW), CODE)


def test_change_password_replaces_the_current_one(passwords: PasswordService, directory: FakeDirectory) -> None:
    token = FakeDirectory.token(ADA)

    passwords.change_password(ADA, token, Credentials(OLD, NEW))

    assert directory.kept[ADA].password == NEW


def test_change_password_refuses_a_wrong_current_one(passwords: PasswordService, directory: FakeDirectory) -> None:
    with pytest.raises(RequestRefused, match="Request failed"):
        passwords.change_password(ADA, FakeDirectory.token(ADA), Credentials("wrong", NEW))

    assert directory.kept[ADA].password == OLD


def test_change_password_refuses_a_weak_password(passwords: PasswordService) -> None:
    with pytest.raises(PasswordRefused):
        passwords.change_password(ADA, FakeDirectory.token(ADA), Credentials(OLD, "12345678"))


def test_change_password_refuses_the_token_of_a_deleted_account(
    passwords: PasswordService, directory: FakeDirectory
) -> None:
    directory.delete_account(ADA)

    with pytest.raises(NotAuthenticated):
        passwords.change_password(ADA, FakeDirectory.token(ADA), Credentials(OLD, NEW))


@pytest.mark.parametrize("kept", ["Schlu\u0308ssel-7", "Schlüssel-7"])
def test_change_password_takes_the_current_one_in_either_form(
    passwords: PasswordService, directory: FakeDirectory, kept: str
) -> None:
    directory.kept[ADA].password = kept

    passwords.change_password(ADA, FakeDirectory.token(ADA), Credentials("Schlu\u0308ssel-7", "Tu\u0308rschloss-8"))

    assert directory.kept[ADA].password == "Türschloss-8"


def is_refused(suspensions: FakeSuspensions, issued_at: datetime) -> bool:
    until = suspensions.list_refused(NOW).get(ADA)
    return until is not None and issued_at <= until


def test_confirm_forgot_password_refuses_the_access_tokens_of_before(
    passwords: PasswordService, suspensions: FakeSuspensions
) -> None:
    passwords.forgot_password(ADA)

    passwords.confirm_forgot_password(Credentials(ADA.upper(), NEW), CODE)

    assert is_refused(suspensions, NOW - timedelta(minutes=30))
    assert is_refused(suspensions, NOW.replace(second=4, microsecond=0))
    assert not is_refused(suspensions, NOW.replace(microsecond=0)), "the token of a login in the same second is good"
    assert suspensions.list_refused(NOW + TOKEN_LASTS - timedelta(seconds=2)), "as long as the last of them may last"


def test_confirm_forgot_password_with_a_wrong_code_ends_no_session(
    passwords: PasswordService, suspensions: FakeSuspensions
) -> None:
    passwords.forgot_password(ADA)

    with pytest.raises(InvalidCode):
        passwords.confirm_forgot_password(Credentials(ADA, NEW), "000000")

    assert suspensions.kept == {}


@pytest.mark.parametrize("ends_sessions", [True, False])
def test_change_password_signs_out_everywhere_on_request(
    passwords: PasswordService, directory: FakeDirectory, suspensions: FakeSuspensions, ends_sessions: bool
) -> None:
    before = directory.sign_in(ADA, OLD)
    assert isinstance(before, SignedIn)

    passwords.change_password(ADA, before.tokens.access, Credentials(OLD, NEW), ends_sessions=ends_sessions)

    assert is_refused(suspensions, NOW - timedelta(minutes=1)) is ends_sessions
    if ends_sessions:
        with pytest.raises(RefreshTokenInvalid):
            directory.refresh(before.tokens.refresh)
    else:
        assert directory.refresh(before.tokens.refresh)


def test_change_password_lets_the_current_one_be_guessed_only_so_often(
    passwords: PasswordService, directory: FakeDirectory, attempts: FakeAttempts
) -> None:
    attempts.exhausted = {"change_password"}

    with pytest.raises(TooManyRequests):
        passwords.change_password(ADA, FakeDirectory.token(ADA), Credentials(OLD, NEW))

    assert directory.kept[ADA].password == OLD

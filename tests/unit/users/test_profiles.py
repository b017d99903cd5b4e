"""Name and telephone."""

from dataclasses import dataclass, field

import pytest

from iotcloud.errors import NotAuthenticated, RequestRefused, TextCeilingReached, TooManyRequests
from iotcloud.users.profiles import ProfileService
from tests.fakes.attempts import FakeAttempts, FakeTexts
from tests.fakes.directory import CODE, FakeDirectory

ADA = "ada@example.com"
PHONE = "+6500000000"
TOKEN = FakeDirectory.token(ADA)


@dataclass
class FakePhones:
    """Records the applied numbers."""

    adopted: list[tuple[str, str]] = field(default_factory=list)

    def adopt_number(self, username: str, phone_number: str) -> None:
        self.adopted.append((username, phone_number))


@pytest.fixture
def directory() -> FakeDirectory:
    directory = FakeDirectory()
    directory.add(ADA, "correct horse", "Ada Lovelace", PHONE)
    return directory


@pytest.fixture
def phones() -> FakePhones:
    return FakePhones()


@pytest.fixture
def attempts() -> FakeAttempts:
    return FakeAttempts()


@pytest.fixture
def texts() -> FakeTexts:
    return FakeTexts()


@pytest.fixture
def profiles(directory: FakeDirectory, attempts: FakeAttempts, phones: FakePhones, texts: FakeTexts) -> ProfileService:
    return ProfileService(directory, attempts, phones, texts)


def test_get_user_returns_the_account(profiles: ProfileService) -> None:
    account = profiles.get_user(TOKEN)

    assert (account.email, account.display_name, account.phone_number) == (ADA, "Ada Lovelace", PHONE)


def test_get_user_refuses_the_token_of_a_deleted_account(profiles: ProfileService, directory: FakeDirectory) -> None:
    directory.delete_account(ADA)

    with pytest.raises(NotAuthenticated):
        profiles.get_user(TOKEN)


def test_update_user_changes_the_name_and_leaves_the_phone(profiles: ProfileService, directory: FakeDirectory) -> None:
    directory.verify_phone(TOKEN, CODE)

    profiles.update_user(TOKEN, "Ada", None)

    account = profiles.get_user(TOKEN)
    assert (account.display_name, account.phone_number, account.phone_number_verified) == ("Ada", PHONE, True)


def test_update_user_with_a_new_phone_makes_it_unverified(profiles: ProfileService, directory: FakeDirectory) -> None:
    directory.verify_phone(TOKEN, CODE)

    profiles.update_user(TOKEN, "Ada", "+6511111111")

    account = profiles.get_user(TOKEN)
    assert (account.phone_number, account.phone_number_verified) == ("+6511111111", False)


def test_update_user_with_an_empty_phone_removes_it(profiles: ProfileService) -> None:
    profiles.update_user(TOKEN, "Ada", "")

    assert profiles.get_user(TOKEN).phone_number is None


def test_verify_phone_number_sends_a_code(profiles: ProfileService, directory: FakeDirectory) -> None:
    profiles.verify_phone_number(ADA, TOKEN)

    assert directory.sent[-1] == ("phone", PHONE)


def test_verify_phone_number_refuses_without_a_phone(profiles: ProfileService) -> None:
    profiles.update_user(TOKEN, "Ada", "")

    with pytest.raises(RequestRefused):
        profiles.verify_phone_number(ADA, TOKEN)


def test_verify_phone_number_sends_only_so_many_messages(
    profiles: ProfileService, directory: FakeDirectory, attempts: FakeAttempts
) -> None:
    attempts.exhausted = {"verify_phone_number"}
    directory.sent.clear()

    with pytest.raises(TooManyRequests):
        profiles.verify_phone_number(ADA, TOKEN)

    assert directory.sent == []


def test_verify_phone_number_stops_when_the_day_has_no_text_messages_left(
    profiles: ProfileService, directory: FakeDirectory, texts: FakeTexts
) -> None:
    texts.left = 1
    profiles.verify_phone_number(ADA, TOKEN)
    directory.sent.clear()

    with pytest.raises(TextCeilingReached) as reached:
        profiles.verify_phone_number(ADA, TOKEN)

    assert (reached.value.retry_after_seconds, directory.sent) == (3600, [])


@pytest.mark.parametrize(
    ("number", "countries"),
    [("+19005550100", frozenset()), ("+882165550100", frozenset()), (PHONE, frozenset({"DE", "US"}))],
)
def test_verify_phone_number_sends_nothing_to_numbers_that_get_none(
    profiles: ProfileService, directory: FakeDirectory, texts: FakeTexts, number: str, countries: frozenset[str]
) -> None:
    texts.countries = countries
    profiles.update_user(TOKEN, "Ada", number)
    directory.sent.clear()

    with pytest.raises(RequestRefused):
        profiles.verify_phone_number(ADA, TOKEN)

    assert (directory.sent, texts.spent) == ([], 0)


def test_confirm_verify_phone_number_passes_the_number_on(profiles: ProfileService, phones: FakePhones) -> None:
    profiles.confirm_verify_phone_number(ADA, TOKEN, CODE)

    assert profiles.get_user(TOKEN).phone_number_verified
    assert phones.adopted == [(ADA, PHONE)]


def test_confirm_verify_phone_number_refuses_a_wrong_code(profiles: ProfileService, phones: FakePhones) -> None:
    with pytest.raises(RequestRefused, match="Request failed"):
        profiles.confirm_verify_phone_number(ADA, TOKEN, "000000")

    assert phones.adopted == []


def test_confirm_verify_phone_number_lets_codes_be_guessed_only_so_often(
    profiles: ProfileService, attempts: FakeAttempts
) -> None:
    attempts.exhausted = {"confirm_verify_phone_number"}

    with pytest.raises(TooManyRequests):
        profiles.confirm_verify_phone_number(ADA, TOKEN, CODE)

"""The second proof at sign-in."""

from urllib.parse import parse_qs, urlsplit

import pytest

from iotcloud.errors import InvalidCode, RequestRefused, TooManyRequests
from iotcloud.users.model import Challenge, MfaMethod, SignedIn
from iotcloud.users.second_factors import SecondFactorService
from tests.fakes.attempts import FakeAttempts
from tests.fakes.directory import CODE, TOTP_SECRET, FakeDirectory

ADA = "ada@example.com"
PASSWORD = "correct horse"
TOKEN = FakeDirectory.token(ADA)


@pytest.fixture
def directory() -> FakeDirectory:
    directory = FakeDirectory()
    directory.add(ADA, PASSWORD, phone_number="+6500000000")
    return directory


@pytest.fixture
def attempts() -> FakeAttempts:
    return FakeAttempts()


@pytest.fixture
def second_factors(directory: FakeDirectory, attempts: FakeAttempts) -> SecondFactorService:
    return SecondFactorService(directory, attempts)


def test_nothing_is_asked_for_unless_it_was_switched_on(second_factors: SecondFactorService) -> None:
    assert second_factors.get_methods(TOKEN) == ()


def test_enrol_totp_gives_the_secret_as_text_and_as_a_link(second_factors: SecondFactorService) -> None:
    totp = second_factors.enrol_totp(TOKEN)

    link = urlsplit(totp.uri)
    assert totp.secret == TOTP_SECRET
    assert (link.scheme, link.netloc, link.path) == ("otpauth", "totp", "/iotcloud%3Aada%40example.com")
    assert parse_qs(link.query) == {"secret": [TOTP_SECRET], "issuer": ["iotcloud"]}


def test_enrol_totp_asks_for_nothing_yet(second_factors: SecondFactorService, directory: FakeDirectory) -> None:
    second_factors.enrol_totp(TOKEN)

    assert isinstance(directory.sign_in(ADA, PASSWORD), SignedIn)


def test_confirm_totp_switches_it_on(second_factors: SecondFactorService, directory: FakeDirectory) -> None:
    second_factors.enrol_totp(TOKEN)
    second_factors.confirm_totp(ADA, TOKEN, CODE)

    assert second_factors.get_methods(TOKEN) == (MfaMethod.TOTP,)
    assert isinstance(directory.sign_in(ADA, PASSWORD), Challenge)


def test_confirm_totp_refuses_a_wrong_code(second_factors: SecondFactorService) -> None:
    with pytest.raises(InvalidCode):
        second_factors.confirm_totp(ADA, TOKEN, "000000")

    assert second_factors.get_methods(TOKEN) == ()


def test_confirm_totp_lets_codes_be_guessed_only_so_often(
    second_factors: SecondFactorService, attempts: FakeAttempts
) -> None:
    attempts.exhausted = {"confirm_totp"}

    with pytest.raises(TooManyRequests):
        second_factors.confirm_totp(ADA, TOKEN, CODE)


def test_switch_on_sms_takes_a_verified_phone(second_factors: SecondFactorService, directory: FakeDirectory) -> None:
    directory.verify_phone(TOKEN, CODE)

    second_factors.switch_on_sms(TOKEN)

    assert second_factors.get_methods(TOKEN) == (MfaMethod.SMS,)


def test_switch_on_sms_refuses_an_unverified_phone(second_factors: SecondFactorService) -> None:
    with pytest.raises(RequestRefused, match="not verified"):
        second_factors.switch_on_sms(TOKEN)


def test_switch_off_asks_for_the_password_alone(second_factors: SecondFactorService, directory: FakeDirectory) -> None:
    second_factors.confirm_totp(ADA, TOKEN, CODE)

    second_factors.switch_off(TOKEN)

    assert isinstance(directory.sign_in(ADA, PASSWORD), SignedIn)

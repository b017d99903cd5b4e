"""Second factors at sign-in."""

from urllib.parse import parse_qs, urlsplit

import pytest

from iotcloud.errors import InvalidCode, MissingParameter, RequestRefused, TooManyRequests
from iotcloud.users.mfa import MfaService
from iotcloud.users.model import Challenge, MfaMethod, SignedIn
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
def second_factors(directory: FakeDirectory, attempts: FakeAttempts) -> MfaService:
    return MfaService(directory, attempts)


def test_nothing_is_asked_for_unless_it_was_switched_on(second_factors: MfaService) -> None:
    assert second_factors.get_methods(TOKEN) == ()


def test_enrol_totp_gives_the_secret_as_text_and_as_a_link(second_factors: MfaService) -> None:
    totp = second_factors.enrol_totp(ADA, TOKEN, PASSWORD)

    link = urlsplit(totp.uri)
    assert totp.secret == TOTP_SECRET
    assert (link.scheme, link.netloc, link.path) == ("otpauth", "totp", "/iotcloud%3Aada%40example.com")
    assert parse_qs(link.query) == {"secret": [TOTP_SECRET], "issuer": ["iotcloud"]}


def test_enrol_totp_asks_for_nothing_yet(second_factors: MfaService, directory: FakeDirectory) -> None:
    second_factors.enrol_totp(ADA, TOKEN, PASSWORD)

    assert isinstance(directory.sign_in(ADA, PASSWORD), SignedIn)


def test_confirm_totp_switches_it_on(second_factors: MfaService, directory: FakeDirectory) -> None:
    second_factors.enrol_totp(ADA, TOKEN, PASSWORD)
    second_factors.confirm_totp(ADA, TOKEN, CODE)

    assert second_factors.get_methods(TOKEN) == (MfaMethod.TOTP,)
    assert isinstance(directory.sign_in(ADA, PASSWORD), Challenge)


def test_confirm_totp_refuses_a_wrong_code(second_factors: MfaService) -> None:
    with pytest.raises(InvalidCode):
        second_factors.confirm_totp(ADA, TOKEN, "000000")

    assert second_factors.get_methods(TOKEN) == ()


def test_confirm_totp_lets_codes_be_guessed_only_so_often(second_factors: MfaService, attempts: FakeAttempts) -> None:
    attempts.exhausted = {"confirm_totp"}

    with pytest.raises(TooManyRequests):
        second_factors.confirm_totp(ADA, TOKEN, CODE)


def test_switch_on_sms_takes_a_verified_phone(second_factors: MfaService, directory: FakeDirectory) -> None:
    directory.verify_phone(TOKEN, CODE)

    second_factors.switch_on_sms(ADA, TOKEN, PASSWORD)

    assert second_factors.get_methods(TOKEN) == (MfaMethod.SMS,)


def test_switch_on_sms_refuses_an_unverified_phone(second_factors: MfaService) -> None:
    with pytest.raises(RequestRefused, match="not verified"):
        second_factors.switch_on_sms(ADA, TOKEN, PASSWORD)


def test_switch_off_asks_for_the_password_alone(second_factors: MfaService, directory: FakeDirectory) -> None:
    second_factors.confirm_totp(ADA, TOKEN, CODE)

    second_factors.switch_off(ADA, TOKEN, PASSWORD)

    assert isinstance(directory.sign_in(ADA, PASSWORD), SignedIn)


CHANGES = ["switch_off", "enrol_totp", "switch_on_sms"]


@pytest.fixture
def protected(second_factors: MfaService, directory: FakeDirectory) -> MfaService:
    """Have an account with a verified phone whose login asks for an application's codes."""
    directory.verify_phone(TOKEN, CODE)
    second_factors.confirm_totp(ADA, TOKEN, CODE)
    return second_factors


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("password", [None, ""])
def test_an_access_token_alone_changes_no_second_factor(
    protected: MfaService, change: str, password: str | None
) -> None:
    with pytest.raises(MissingParameter, match="Current password is needed"):
        getattr(protected, change)(ADA, TOKEN, password)

    assert protected.get_methods(TOKEN) == (MfaMethod.TOTP,)


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("password", ["wrong horse", "CORRECT HORSE", " correct horse", CODE])
def test_a_wrong_password_changes_no_second_factor(protected: MfaService, change: str, password: str) -> None:
    with pytest.raises(RequestRefused, match="Current password is wrong"):
        getattr(protected, change)(ADA, TOKEN, password)

    assert protected.get_methods(TOKEN) == (MfaMethod.TOTP,)


@pytest.mark.parametrize("change", CHANGES)
def test_the_password_is_guessed_only_so_often_by_changes_of_the_second_factor(
    protected: MfaService, attempts: FakeAttempts, change: str
) -> None:
    attempts.exhausted = {"prove_password"}

    with pytest.raises(TooManyRequests):
        getattr(protected, change)(ADA, TOKEN, PASSWORD)

    assert protected.get_methods(TOKEN) == (MfaMethod.TOTP,)


def test_proving_the_password_sends_nothing_and_keeps_it(protected: MfaService, directory: FakeDirectory) -> None:
    directory.sent.clear()

    protected.switch_on_sms(ADA, TOKEN, PASSWORD)

    assert directory.sent == []
    assert directory.kept[ADA].password == PASSWORD


def test_switch_off_of_what_is_off_needs_no_proof(second_factors: MfaService) -> None:
    second_factors.switch_off(ADA, TOKEN, None)

    assert second_factors.get_methods(TOKEN) == ()

"""One suite for the directory of accounts, run against the fake and Cognito (moto).

moto knows no codes and no states of accounts at sign-in; what it lacks is tried on the local cloud
(tests/e2e/test_accounts.py), and what each of Cognito's errors means in tests/unit/adapters/test_cognito.py.
"""

from collections.abc import Iterator

import boto3
import pytest
from moto import mock_aws

from iotcloud.adapters.cognito import CognitoDirectory
from iotcloud.errors import NotAuthenticated, PasswordRefused, RefreshTokenInvalid, RequestRefused, UsernameTaken
from iotcloud.users.interfaces import Directory
from iotcloud.users.model import ChallengeKind, FullName, MfaMethod, SignedIn
from tests.fakes.directory import CODE, FakeDirectory

ADA = "ada@example.com"
PASSWORD = "correct horse"
NAME = FullName("Ada", "Lovelace")


@pytest.fixture(params=["fake", "cognito"])
def directory(request: pytest.FixtureRequest, environment: dict[str, str]) -> Iterator[Directory]:
    if request.param == "fake":
        yield FakeDirectory()
        return
    with mock_aws():
        cognito = boto3.client("cognito-idp", region_name="eu-west-1")
        policy = {"MinimumLength": 8, "RequireUppercase": False, "RequireSymbols": False, "RequireNumbers": False}
        pool_id = cognito.create_user_pool(
            PoolName="test", UsernameAttributes=["email"], Policies={"PasswordPolicy": policy}
        )["UserPool"]["Id"]
        client_id = cognito.create_user_pool_client(UserPoolId=pool_id, ClientName="test")["UserPoolClient"]["ClientId"]
        yield CognitoDirectory(cognito, pool_id, client_id)


@pytest.fixture
def signed_in(directory: Directory) -> SignedIn:
    directory.sign_up(ADA, PASSWORD, NAME, "+6500000000")
    directory.confirm_sign_up(ADA, CODE)
    return sign_in(directory)


def sign_in(directory: Directory, password: str = PASSWORD) -> SignedIn:
    outcome = directory.sign_in(ADA, password)
    assert isinstance(outcome, SignedIn)
    return outcome


def test_an_account_begins_unconfirmed(directory: Directory) -> None:
    directory.sign_up(ADA, PASSWORD, NAME, None)

    account = directory.find_account(ADA)

    assert account is not None
    assert not account.is_confirmed
    assert (account.email, account.name) == (ADA, NAME)
    assert account.created_at is not None


def test_a_confirmed_account_is_confirmed(directory: Directory, signed_in: SignedIn) -> None:
    account = directory.find_account(ADA)

    assert account is not None
    assert account.is_confirmed


def test_an_address_is_taken_once(directory: Directory) -> None:
    directory.sign_up(ADA, PASSWORD, NAME, None)

    with pytest.raises(UsernameTaken):
        directory.sign_up(ADA, PASSWORD, NAME, None)


def test_the_policy_of_the_pool_refuses_a_password(directory: Directory) -> None:
    with pytest.raises(PasswordRefused):
        directory.sign_up(ADA, "seven77", NAME, None)

    assert directory.find_account(ADA) is None


def test_signing_in_gives_three_tokens(signed_in: SignedIn) -> None:
    tokens = signed_in.tokens

    assert tokens.access
    assert tokens.id
    assert tokens.refresh
    assert len({tokens.access, tokens.id, tokens.refresh}) == 3


@pytest.mark.parametrize(("username", "password"), [(ADA, "wrong horse"), ("nobody@example.com", PASSWORD)])
def test_a_wrong_password_and_an_unknown_name_are_refused_alike(
    directory: Directory, signed_in: SignedIn, username: str, password: str
) -> None:
    with pytest.raises(NotAuthenticated, match="Unauthorized access"):
        directory.sign_in(username, password)


def test_a_refresh_token_gives_new_tokens_and_stays(directory: Directory, signed_in: SignedIn) -> None:
    tokens = directory.refresh(signed_in.tokens.refresh)

    assert tokens.refresh == signed_in.tokens.refresh
    assert directory.get_account(tokens.access).email == ADA


def test_an_account_shows_what_was_signed_up_with(directory: Directory, signed_in: SignedIn) -> None:
    account = directory.get_account(signed_in.tokens.access)

    assert (account.username, account.display_name, account.phone_number) == (ADA, "Ada Lovelace", "+6500000000")
    assert not account.phone_number_verified
    assert account.identity is None
    assert account.mfa_methods == ()


def test_an_unknown_token_is_refused(directory: Directory, signed_in: SignedIn) -> None:
    with pytest.raises(NotAuthenticated):
        directory.get_account("unknown")


def test_an_update_changes_name_and_phone(directory: Directory, signed_in: SignedIn) -> None:
    directory.update_account(signed_in.tokens.access, FullName("Ada", "NONE"), "+6511111111")

    account = directory.get_account(signed_in.tokens.access)
    assert (account.display_name, account.phone_number) == ("Ada", "+6511111111")


def test_a_new_password_takes_the_place_of_the_current_one(directory: Directory, signed_in: SignedIn) -> None:
    directory.change_password(signed_in.tokens.access, PASSWORD, "another horse")

    assert sign_in(directory, "another horse")
    with pytest.raises(NotAuthenticated):
        directory.sign_in(ADA, PASSWORD)


def test_a_wrong_current_password_changes_nothing(directory: Directory, signed_in: SignedIn) -> None:
    with pytest.raises(RequestRefused):
        directory.change_password(signed_in.tokens.access, "wrong horse", "another horse")

    assert sign_in(directory)


def test_an_authenticator_is_asked_for_once_it_is_preferred(directory: Directory, signed_in: SignedIn) -> None:
    token = signed_in.tokens.access
    assert directory.begin_totp(token)
    directory.confirm_totp(token, CODE)
    directory.prefer_mfa(token, MfaMethod.TOTP)

    challenge = directory.sign_in(ADA, PASSWORD)

    assert not isinstance(challenge, SignedIn)
    assert challenge.kind is ChallengeKind.TOTP
    assert isinstance(directory.answer_challenge(challenge, CODE), SignedIn)


def test_signing_out_everywhere_ends_refresh_tokens(directory: Directory, signed_in: SignedIn) -> None:
    directory.sign_out_everywhere(ADA)

    with pytest.raises(RefreshTokenInvalid):
        directory.refresh(signed_in.tokens.refresh)


def test_a_deleted_account_is_gone(directory: Directory, signed_in: SignedIn) -> None:
    directory.delete_account(ADA)
    directory.delete_account(ADA)

    assert directory.find_account(ADA) is None
    with pytest.raises(NotAuthenticated):
        directory.sign_in(ADA, PASSWORD)


def test_a_disabled_account_does_not_sign_in_until_it_is_enabled(directory: Directory) -> None:
    directory.sign_up(ADA, PASSWORD, NAME, None)
    directory.confirm_sign_up(ADA, CODE)

    directory.disable_account(ADA)
    with pytest.raises(NotAuthenticated):
        sign_in(directory)

    directory.enable_account(ADA)
    assert sign_in(directory).tokens.access


def test_there_is_nothing_to_disable_or_to_enable_of_an_account_that_is_not_there(directory: Directory) -> None:
    directory.disable_account(ADA)
    directory.enable_account(ADA)

    assert directory.find_account(ADA) is None

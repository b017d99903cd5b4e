"""What Cognito's answers and errors mean to us."""

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, ParamValidationError

from iotcloud.adapters.cognito import CONDITIONS, CognitoDirectory
from iotcloud.errors import (
    DependencyFailed,
    InvalidCode,
    InvalidInput,
    IotCloudError,
    NotAuthenticated,
    PasswordRefused,
    Problem,
    RefreshTokenInvalid,
    RequestRefused,
    TooManyRequests,
    UsernameTaken,
)
from iotcloud.users.model import Challenge, ChallengeKind, FullName, Identity, MfaMethod, SignedIn

NAME = FullName("Ada", "Lovelace")
CHALLENGE = Challenge(ChallengeKind.TOTP, "sub-1", "session-1")
CALLS: dict[str, Callable[[CognitoDirectory], object]] = {
    "sign_up": lambda directory: directory.sign_up("ada@example.com", "s3cret-horse", NAME, None),
    "find_account": lambda directory: directory.find_account("ada@example.com"),
    "delete_account": lambda directory: directory.delete_account("ada@example.com"),
    "confirm_sign_up": lambda directory: directory.confirm_sign_up("ada@example.com", "123456"),
    "resend_code": lambda directory: directory.resend_code("ada@example.com"),
    "send_reset_code": lambda directory: directory.send_reset_code("ada@example.com"),
    "reset_password": lambda directory: directory.reset_password("ada@example.com", "123456", "s3cret-horse"),
    "sign_out_everywhere": lambda directory: directory.sign_out_everywhere("ada@example.com"),
    "sign_in": lambda directory: directory.sign_in("ada@example.com", "s3cret-horse"),
    "answer_challenge": lambda directory: directory.answer_challenge(CHALLENGE, "123456"),
    "refresh": lambda directory: directory.refresh("refresh"),
    "get_account": lambda directory: directory.get_account("access"),
    "update_account": lambda directory: directory.update_account("access", NAME, "+6500000000"),
    "change_password": lambda directory: directory.change_password("access", "s3cret-old", "s3cret-new"),
    "send_phone_code": lambda directory: directory.send_phone_code("access"),
    "verify_phone": lambda directory: directory.verify_phone("access", "123456"),
    "begin_totp": lambda directory: directory.begin_totp("access"),
    "confirm_totp": lambda directory: directory.confirm_totp("access", "123456"),
    "prefer_mfa": lambda directory: directory.prefer_mfa("access", MfaMethod.TOTP),
}
HIDDEN = {
    "resend_code": {"InvalidParameterException", "LimitExceededException", "NotAuthorizedException"},
    "send_reset_code": {"InvalidParameterException", "LimitExceededException", "NotAuthorizedException"},
}
"""Errors that callers who request a code must not see."""


@dataclass
class FakeCognito:
    """A client whose every operation raises the error or returns the response, and records the requests."""

    error: Exception | None = None
    answer: dict[str, Any] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def __getattr__(self, operation: str) -> Callable[..., dict[str, Any]]:
        def call(**parameters: Any) -> dict[str, Any]:
            self.asked.append((operation, parameters))
            if self.error is not None:
                raise self.error
            return self.answer

        return call


def directory(cognito: FakeCognito) -> CognitoDirectory:
    return CognitoDirectory(cognito, "pool", "client")  # type: ignore[arg-type]


def refused(code: str, message: str = "Something that Cognito says.") -> FakeCognito:
    return FakeCognito(ClientError({"Error": {"Code": code, "Message": message}}, "Operation"))


def condition_of(call: str, error: FakeCognito) -> IotCloudError | None:
    """Return a call's exception, or None."""
    try:
        CALLS[call](directory(error))
    except IotCloudError as condition:
        return condition
    return None


@pytest.mark.parametrize(
    ("call", "code", "condition"),
    [
        ("sign_up", "UsernameExistsException", UsernameTaken),
        ("sign_up", "InvalidPasswordException", PasswordRefused),
        ("sign_up", "InvalidParameterException", InvalidInput),
        ("sign_up", "CodeDeliveryFailureException", DependencyFailed),
        ("confirm_sign_up", "CodeMismatchException", InvalidCode),
        ("confirm_sign_up", "ExpiredCodeException", InvalidCode),
        ("confirm_sign_up", "NotAuthorizedException", InvalidCode),
        ("confirm_sign_up", "UserNotFoundException", InvalidCode),
        ("confirm_sign_up", "TooManyFailedAttemptsException", TooManyRequests),
        ("reset_password", "CodeMismatchException", InvalidCode),
        ("reset_password", "ExpiredCodeException", InvalidCode),
        ("reset_password", "UserNotFoundException", InvalidCode),
        ("reset_password", "InvalidPasswordException", PasswordRefused),
        ("reset_password", "PasswordHistoryPolicyViolationException", PasswordRefused),
        ("sign_in", "NotAuthorizedException", NotAuthenticated),
        ("sign_in", "UserNotFoundException", NotAuthenticated),
        ("sign_in", "UserNotConfirmedException", NotAuthenticated),
        ("sign_in", "PasswordResetRequiredException", NotAuthenticated),
        ("sign_in", "TooManyRequestsException", TooManyRequests),
        ("answer_challenge", "CodeMismatchException", InvalidCode),
        ("answer_challenge", "NotAuthorizedException", NotAuthenticated),
        ("answer_challenge", "InvalidPasswordException", PasswordRefused),
        ("refresh", "NotAuthorizedException", RefreshTokenInvalid),
        ("refresh", "UserNotFoundException", RefreshTokenInvalid),
        ("refresh", "InvalidParameterException", RefreshTokenInvalid),
        ("get_account", "NotAuthorizedException", NotAuthenticated),
        ("get_account", "UserNotFoundException", NotAuthenticated),
        ("change_password", "NotAuthorizedException", RequestRefused),
        ("change_password", "InvalidPasswordException", PasswordRefused),
        ("change_password", "LimitExceededException", TooManyRequests),
        ("send_phone_code", "InvalidParameterException", RequestRefused),
        ("send_phone_code", "LimitExceededException", TooManyRequests),
        ("verify_phone", "CodeMismatchException", RequestRefused),
        ("verify_phone", "ExpiredCodeException", RequestRefused),
        ("confirm_totp", "EnableSoftwareTokenMFAException", InvalidCode),
        ("confirm_totp", "CodeMismatchException", InvalidCode),
        ("prefer_mfa", "InvalidParameterException", RequestRefused),
    ],
)
def test_an_error_of_cognito_is_a_condition_of_ours(call: str, code: str, condition: type[IotCloudError]) -> None:
    assert type(condition_of(call, refused(code))) is condition


@pytest.mark.parametrize(("call", "code"), [(call, code) for call, codes in HIDDEN.items() for code in sorted(codes)])
def test_who_asks_for_a_code_learns_nothing_about_the_account(call: str, code: str) -> None:
    assert condition_of(call, refused(code)) is None
    assert condition_of(call, refused("UserNotFoundException")) is None


@pytest.mark.parametrize("call", ["find_account", "delete_account"])
def test_an_account_that_is_not_there_is_no_error(call: str) -> None:
    assert condition_of(call, refused("UserNotFoundException")) is None


@pytest.mark.parametrize("call", sorted(CALLS))
@pytest.mark.parametrize(
    "code", ["InternalErrorException", "ResourceNotFoundException", "AccessDeniedException", "New"]
)
def test_an_error_nobody_foresaw_is_ours_to_look_into(call: str, code: str) -> None:
    assert type(condition_of(call, refused(code))) is DependencyFailed


@pytest.mark.parametrize("call", sorted(CALLS))
@pytest.mark.parametrize("code", sorted(CONDITIONS))
def test_no_known_error_of_cognito_is_a_failure_of_ours(call: str, code: str) -> None:
    assert not isinstance(condition_of(call, refused(code)), DependencyFailed)


@pytest.mark.parametrize("call", sorted(CALLS))
def test_cognito_out_of_reach_is_a_failed_dependency(call: str) -> None:
    unreachable = EndpointConnectionError(endpoint_url="https://cognito-idp.example")

    assert type(condition_of(call, FakeCognito(unreachable))) is DependencyFailed


@pytest.mark.parametrize("call", sorted(CALLS))
def test_parameters_that_cannot_be_sent_are_invalid_and_not_quoted(call: str) -> None:
    invalid = ParamValidationError(report="Invalid length for parameter Password, value: s3cret-horse")

    condition = condition_of(call, FakeCognito(invalid))

    assert type(condition) is InvalidInput
    assert "s3cret" not in repr(condition)
    assert condition.__cause__ is None


def test_a_refused_password_says_why() -> None:
    condition = condition_of("sign_up", refused("InvalidPasswordException", "Password not long enough"))

    assert condition is not None
    assert condition.detail == (Problem("password", "Password not long enough"),)


def id_token(**claims: object) -> str:
    payload = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return f"header.{payload}.signature"


def tokens(token: str) -> FakeCognito:
    result = {"AccessToken": "access", "IdToken": token, "RefreshToken": "refresh"}
    return FakeCognito(answer={"AuthenticationResult": result})


@pytest.mark.parametrize(
    ("claims", "name"),
    [
        ({"given_name": "Ada", "family_name": "Lovelace"}, "Ada Lovelace"),
        ({"given_name": "Ada", "family_name": "NONE"}, "Ada"),
        (
            {"given_name": "Ada Lovelace", "identities": [{"providerName": "LoginWithAmazon", "userId": "1"}]},
            "Ada Lovelace",
        ),
        ({}, None),
    ],
)
def test_signing_in_reads_the_name_out_of_the_id_token(claims: dict[str, object], name: str | None) -> None:
    outcome = directory(tokens(id_token(**claims))).sign_in("ada@example.com", "password")

    assert isinstance(outcome, SignedIn)
    assert outcome.display_name == name


def test_a_challenge_is_answered_in_the_pools_own_name_of_the_user() -> None:
    answer = {"ChallengeName": "SMS_MFA", "Session": "s:1", "ChallengeParameters": {"USER_ID_FOR_SRP": "sub-1"}}
    cognito = FakeCognito(answer=answer)
    challenge = directory(cognito).sign_in("ada@example.com", "password")
    assert isinstance(challenge, Challenge)
    read_back = Challenge.of_ticket(challenge.kind, challenge.ticket)

    directory(cognito).answer_challenge(read_back, "123456")

    operation, asked = cognito.asked[-1]
    assert operation == "admin_respond_to_auth_challenge"
    assert asked["Session"] == "s:1"
    assert asked["ChallengeResponses"] == {"USERNAME": "sub-1", "SMS_MFA_CODE": "123456"}


def test_a_challenge_we_do_not_know_is_a_failed_dependency() -> None:
    cognito = FakeCognito(answer={"ChallengeName": "DEVICE_SRP_AUTH", "Session": "s", "ChallengeParameters": {}})

    with pytest.raises(DependencyFailed):
        directory(cognito).sign_in("ada@example.com", "password")


@pytest.mark.parametrize("ticket", ["", ":", "sub-1", "sub-1:", ":session"])
def test_a_ticket_not_made_by_us_is_invalid(ticket: str) -> None:
    with pytest.raises(InvalidInput):
        Challenge.of_ticket(ChallengeKind.SMS, ticket)


def test_an_account_of_an_identity_provider_shows_its_identity() -> None:
    identities = [{"userId": "1029384756", "providerName": "Facebook", "providerType": "Facebook", "primary": True}]
    attributes = {
        "email": "ada@example.com",
        "given_name": "Ada",
        "family_name": "Lovelace",
        "identities": json.dumps(identities),
    }
    cognito = FakeCognito(
        answer={
            "Username": "Facebook_1029384756",
            "UserAttributes": [{"Name": name, "Value": value} for name, value in attributes.items()],
            "UserMFASettingList": ["SOFTWARE_TOKEN_MFA", "EMAIL_OTP"],
        }
    )

    account = directory(cognito).get_account("access")

    assert account.identity == Identity("Facebook", "1029384756")
    assert account.username == "ada@example.com"
    assert not account.email_verified
    assert account.mfa_methods == (MfaMethod.TOTP,)


def test_an_account_without_an_address_goes_by_the_pools_name() -> None:
    cognito = FakeCognito(answer={"Username": "LoginWithAmazon_amzn1", "UserAttributes": []})

    assert directory(cognito).get_account("access").username == "LoginWithAmazon_amzn1"


def test_a_verification_that_did_not_succeed_is_a_wrong_code() -> None:
    with pytest.raises(InvalidCode):
        directory(FakeCognito(answer={"Status": "ERROR"})).confirm_totp("access", "123456")


@pytest.mark.parametrize(
    ("method", "sms", "totp"), [(MfaMethod.SMS, True, False), (MfaMethod.TOTP, False, True), (None, False, False)]
)
def test_one_method_is_preferred_and_the_other_is_off(method: MfaMethod | None, sms: bool, totp: bool) -> None:
    cognito = FakeCognito()

    directory(cognito).prefer_mfa("access", method)

    _, asked = cognito.asked[0]
    assert asked["SMSMfaSettings"] == {"Enabled": sms, "PreferredMfa": sms}
    assert asked["SoftwareTokenMfaSettings"] == {"Enabled": totp, "PreferredMfa": totp}

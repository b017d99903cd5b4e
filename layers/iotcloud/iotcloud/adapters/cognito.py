"""Accounts in a Cognito user pool: implements `iotcloud.users.directory.Directory`.

Passwords go through the function (`ADMIN_USER_PASSWORD_AUTH`, signed with its role). The app client allows no other
password flow, so callers cannot bypass our limits. Calls for a signed-in user carry the access token, so Cognito
refuses a revoked one.
"""

import base64
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError

from iotcloud.errors import (
    AlreadyExists,
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
from iotcloud.users.model import (
    Account,
    Challenge,
    ChallengeKind,
    FullName,
    Identity,
    MfaMethod,
    SignedIn,
    Tokens,
)

if TYPE_CHECKING:
    from mypy_boto3_cognito_idp.client import CognitoIdentityProviderClient
    from mypy_boto3_cognito_idp.type_defs import AttributeTypeTypeDef, SMSMfaSettingsTypeTypeDef

CONDITIONS: Mapping[str, type[IotCloudError]] = {
    "AliasExistsException": AlreadyExists,
    "CodeMismatchException": InvalidCode,
    "EnableSoftwareTokenMFAException": InvalidCode,
    "ExpiredCodeException": InvalidCode,
    "InvalidParameterException": InvalidInput,
    "InvalidPasswordException": PasswordRefused,
    "LimitExceededException": TooManyRequests,
    "NotAuthorizedException": NotAuthenticated,
    "PasswordHistoryPolicyViolationException": PasswordRefused,
    "PasswordResetRequiredException": NotAuthenticated,
    "TooManyFailedAttemptsException": TooManyRequests,
    "TooManyRequestsException": TooManyRequests,
    "UserNotConfirmedException": NotAuthenticated,
    "UserNotFoundException": NotAuthenticated,
    "UsernameExistsException": UsernameTaken,
}
"""Our condition for each Cognito error, unless a call overrides it. Unlisted ones are internal errors."""


class _NothingToDo(IotCloudError):
    """Cognito cannot do it for this account, which the answer must not reveal."""


HIDDEN: Mapping[str, type[IotCloudError]] = {
    "InvalidParameterException": _NothingToDo,
    "LimitExceededException": _NothingToDo,
    "NotAuthorizedException": _NothingToDo,
    "UserNotFoundException": _NothingToDo,
}
"""Confirmed already, unconfirmed still, disabled, written to too often, unknown: all alike to who asks for a code."""

ANSWERS: Mapping[ChallengeKind, str] = {
    ChallengeKind.TOTP: "SOFTWARE_TOKEN_MFA_CODE",
    ChallengeKind.SMS: "SMS_MFA_CODE",
    ChallengeKind.NEW_PASSWORD: "NEW_PASSWORD",
}
"""Under which name the answer to a challenge goes back."""


class CognitoDirectory:
    """Ask one app client of one user pool."""

    def __init__(self, client: "CognitoIdentityProviderClient", user_pool_id: str, client_id: str) -> None:
        self._client = client
        self._user_pool_id = user_pool_id
        self._client_id = client_id

    def sign_up(self, email: str, password: str, name: FullName, phone_number: str | None) -> None:
        with _conditions():
            self._client.sign_up(
                ClientId=self._client_id,
                Username=email,
                Password=password,
                UserAttributes=[{"Name": "email", "Value": email}, *_profile(name, phone_number)],
            )

    def find_account(self, username: str) -> Account | None:
        with suppress(_NothingToDo), _conditions(UserNotFoundException=_NothingToDo):
            user = self._client.admin_get_user(UserPoolId=self._user_pool_id, Username=username)
            return replace(
                _account(user), is_confirmed=user["UserStatus"] != "UNCONFIRMED", created_at=user["UserCreateDate"]
            )
        return None

    def delete_account(self, username: str) -> None:
        with suppress(_NothingToDo), _conditions(UserNotFoundException=_NothingToDo):
            self._client.admin_delete_user(UserPoolId=self._user_pool_id, Username=username)

    def disable_account(self, username: str) -> None:
        with suppress(_NothingToDo), _conditions(UserNotFoundException=_NothingToDo):
            self._client.admin_disable_user(UserPoolId=self._user_pool_id, Username=username)

    def enable_account(self, username: str) -> None:
        with suppress(_NothingToDo), _conditions(UserNotFoundException=_NothingToDo):
            self._client.admin_enable_user(UserPoolId=self._user_pool_id, Username=username)

    def confirm_sign_up(self, email: str, code: str) -> None:
        with _conditions(NotAuthorizedException=InvalidCode, UserNotFoundException=InvalidCode):
            self._client.confirm_sign_up(ClientId=self._client_id, Username=email, ConfirmationCode=code)

    def resend_code(self, email: str) -> None:
        with suppress(_NothingToDo), _conditions(**HIDDEN):
            self._client.resend_confirmation_code(ClientId=self._client_id, Username=email)

    def send_reset_code(self, email: str) -> None:
        with suppress(_NothingToDo), _conditions(**HIDDEN):
            self._client.forgot_password(ClientId=self._client_id, Username=email)

    def reset_password(self, email: str, code: str, password: str) -> None:
        with _conditions(
            NotAuthorizedException=InvalidCode, UserNotConfirmedException=InvalidCode, UserNotFoundException=InvalidCode
        ):
            self._client.confirm_forgot_password(
                ClientId=self._client_id, Username=email, ConfirmationCode=code, Password=password
            )

    def sign_out_everywhere(self, username: str) -> None:
        with _conditions():
            self._client.admin_user_global_sign_out(UserPoolId=self._user_pool_id, Username=username)

    def sign_in(self, username: str, password: str) -> SignedIn | Challenge:
        with _conditions():
            answer = self._client.admin_initiate_auth(
                UserPoolId=self._user_pool_id,
                ClientId=self._client_id,
                AuthFlow="ADMIN_USER_PASSWORD_AUTH",
                AuthParameters={"USERNAME": username, "PASSWORD": password},
            )
        return _sign_in(answer, username)

    def answer_challenge(self, challenge: Challenge, answer: str) -> SignedIn | Challenge:
        with _conditions():
            result = self._client.admin_respond_to_auth_challenge(
                UserPoolId=self._user_pool_id,
                ClientId=self._client_id,
                ChallengeName=challenge.kind.value,
                Session=challenge.session,
                ChallengeResponses={"USERNAME": challenge.username, ANSWERS[challenge.kind]: answer},
            )
        return _sign_in(result, challenge.username)

    def refresh(self, refresh_token: str) -> Tokens:
        with _conditions(
            InvalidParameterException=RefreshTokenInvalid,
            NotAuthorizedException=RefreshTokenInvalid,
            UserNotFoundException=RefreshTokenInvalid,
        ):
            answer = self._client.admin_initiate_auth(
                UserPoolId=self._user_pool_id,
                ClientId=self._client_id,
                AuthFlow="REFRESH_TOKEN_AUTH",
                AuthParameters={"REFRESH_TOKEN": refresh_token},
            )
        return _tokens(answer["AuthenticationResult"], refresh_token)

    def get_account(self, access_token: str) -> Account:
        with _conditions():
            return _account(self._client.get_user(AccessToken=access_token))

    def update_account(self, access_token: str, name: FullName, phone_number: str | None) -> None:
        with _conditions():
            self._client.update_user_attributes(AccessToken=access_token, UserAttributes=_profile(name, phone_number))

    def change_password(self, access_token: str, current: str, new: str) -> None:
        with _conditions(NotAuthorizedException=RequestRefused):
            self._client.change_password(AccessToken=access_token, PreviousPassword=current, ProposedPassword=new)

    def send_phone_code(self, access_token: str) -> None:
        with _conditions(InvalidParameterException=RequestRefused):
            self._client.get_user_attribute_verification_code(AccessToken=access_token, AttributeName="phone_number")

    def verify_phone(self, access_token: str, code: str) -> None:
        with _conditions(
            CodeMismatchException=RequestRefused,
            ExpiredCodeException=RequestRefused,
            InvalidParameterException=RequestRefused,
        ):
            self._client.verify_user_attribute(AccessToken=access_token, AttributeName="phone_number", Code=code)

    def begin_totp(self, access_token: str) -> str:
        with _conditions():
            return self._client.associate_software_token(AccessToken=access_token)["SecretCode"]

    def confirm_totp(self, access_token: str, code: str) -> None:
        with _conditions():
            answer = self._client.verify_software_token(AccessToken=access_token, UserCode=code)
        if answer.get("Status") != "SUCCESS":
            raise InvalidCode

    def prefer_mfa(self, access_token: str, method: MfaMethod | None) -> None:
        with _conditions(InvalidParameterException=RequestRefused):
            self._client.set_user_mfa_preference(
                AccessToken=access_token,
                SMSMfaSettings=_preference(method, MfaMethod.SMS),
                SoftwareTokenMfaSettings=_preference(method, MfaMethod.TOTP),
            )


@contextmanager
def _conditions(**special: type[IotCloudError]) -> Iterator[None]:
    """Convert errors of Cognito and of the connection to our conditions, by CONDITIONS and the call's overrides."""
    try:
        yield
    except ParamValidationError:
        # Its text quotes the parameters, passwords among them.
        raise InvalidInput from None
    except ClientError as refused:
        code = refused.response["Error"]["Code"]
        condition = special.get(code) or CONDITIONS.get(code, DependencyFailed)
        if condition is PasswordRefused:
            raise PasswordRefused(detail=[Problem("password", refused.response["Error"]["Message"])]) from None
        raise condition from refused
    except BotoCoreError as failed:
        raise DependencyFailed from failed


def _profile(name: FullName, phone_number: str | None) -> "list[AttributeTypeTypeDef]":
    profile: list[AttributeTypeTypeDef] = [
        {"Name": "given_name", "Value": name.given},
        {"Name": "family_name", "Value": name.family},
    ]
    if phone_number is not None:
        profile.append({"Name": "phone_number", "Value": phone_number})
    return profile


def _account(user: Mapping[str, Any]) -> Account:
    """Parse the response of GetUser or AdminGetUser."""
    values = {attribute["Name"]: attribute.get("Value", "") for attribute in user["UserAttributes"]}
    email = values.get("email", "")
    return Account(
        username=email or user["Username"],
        pool_username=user["Username"],
        email=email,
        email_verified=values.get("email_verified") == "true",
        name=_name(values),
        phone_number=values.get("phone_number") or None,
        phone_number_verified=values.get("phone_number_verified") == "true",
        identity=_identity(values.get("identities")),
        mfa_methods=tuple(
            MfaMethod(method) for method in user.get("UserMFASettingList", []) if method in list(MfaMethod)
        ),
    )


def _name(values: Mapping[str, Any]) -> FullName:
    return FullName(str(values.get("given_name", "")), str(values.get("family_name", "")))


def _identity(identities: str | Sequence[Mapping[str, Any]] | None) -> Identity | None:
    """Read the first identity; JSON text in a user's attribute, a list in an id token."""
    if not identities:
        return None
    first = (json.loads(identities) if isinstance(identities, str) else identities)[0]
    return Identity(provider=str(first["providerName"]), userid=str(first["userId"]))


def _preference(chosen: MfaMethod | None, method: MfaMethod) -> "SMSMfaSettingsTypeTypeDef":
    return {"Enabled": chosen is method, "PreferredMfa": chosen is method}


def _sign_in(answer: Mapping[str, Any], username: str) -> SignedIn | Challenge:
    """Parse the response to a password or a challenge. `username` is the one of the request.

    The next answer must use the pool's own user name, not the e-mail (Cognito API, AdminRespondToAuthChallenge).
    """
    if "ChallengeName" not in answer:
        result = answer["AuthenticationResult"]
        return SignedIn(_tokens(result, ""), _display_name(result["IdToken"]))
    if answer["ChallengeName"] not in list(ChallengeKind):
        raise DependencyFailed
    named = answer.get("ChallengeParameters", {}).get("USER_ID_FOR_SRP", username)
    return Challenge(ChallengeKind(answer["ChallengeName"]), named, answer["Session"])


def _tokens(result: Mapping[str, Any], refresh_token: str) -> Tokens:
    return Tokens(
        access=result["AccessToken"], id=result["IdToken"], refresh=result.get("RefreshToken") or refresh_token
    )


def _display_name(id_token: str) -> str | None:
    """Read the name out of an id token that came from Cognito itself, so that it needs no verification."""
    payload = id_token.split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    identity = _identity(claims.get("identities"))
    return _name(claims).display(identity.provider if identity else None) or None

"""The gap: no codes by SMS at sign-in, challenges are accepted without a session, and enrolling enables a factor.

On Cognito a challenge's session results from a correct password, belongs to one user and one client, and expires
after a few minutes. A preference is rejected for a factor that is not set up, and only the preference enables a factor
(Cognito developer guide, "Adding MFA to a user pool").
"""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ministack.core.responses import error_response_json
from ministack.services import cognito

from simulators.cloud.gaps import cognito_text_messages as text_messages

Request = dict[str, Any]
Answer = tuple[int, dict[str, str], bytes]
CHECKED = ("SOFTWARE_TOKEN_MFA", "SMS_MFA", "NEW_PASSWORD_REQUIRED")
DEFAULT_MINUTES = 3
"""AuthSessionValidity when the app client sets none."""


@dataclass(frozen=True)
class Pending:
    """A sign-in with a pending challenge."""

    client_id: str
    username: str
    challenge: str
    code: str
    expires_at: float


_pending: dict[str, Pending] = {}


def apply() -> None:
    """Add sessions to challenges, a challenge for SMS, and conditions to preferences."""
    cognito._mfa_challenge_for_user = choosing(cognito._mfa_challenge_for_user)
    cognito._password_auth_result = remembering(cognito._password_auth_result)
    cognito._admin_respond_to_auth_challenge = checking(cognito._admin_respond_to_auth_challenge)
    cognito._respond_to_auth_challenge = checking(cognito._respond_to_auth_challenge)
    cognito._verify_software_token = not_turning_on(cognito._verify_software_token)
    cognito._set_user_mfa_preference = requiring_set_up(cognito._set_user_mfa_preference)


def choosing(challenge_for_user: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap the choice of a challenge: add codes by SMS for users who prefer them."""

    def choose(pool: dict[str, Any], user: dict[str, Any], pool_id: str, username: str) -> Any:
        if pool.get("MfaConfiguration", "OFF") == "OFF" or user.get("_preferred_mfa") != "SMS_MFA":
            return challenge_for_user(pool, user, pool_id, username)
        phone_number = text_messages.attributes(user)["phone_number"]
        return {
            "ChallengeName": "SMS_MFA",
            "Session": cognito.base64.b64encode(cognito.secrets.token_bytes(32)).decode(),
            "ChallengeParameters": {
                "USER_ID_FOR_SRP": user["Username"],
                "CODE_DELIVERY_DELIVERY_MEDIUM": "SMS",
                "CODE_DELIVERY_DESTINATION": f"+*******{phone_number[-4:]}",
            },
        }

    return choose


def remembering(answer_password: Callable[..., Answer]) -> Callable[..., Answer]:
    """Wrap the response to a correct password: store the session, and send a code if one is required."""

    def answer_and_remember(
        pool: dict[str, Any], pool_id: str, client_id: str, user: dict[str, Any], *args: Any, **options: Any
    ) -> Answer:
        status, headers, body = answer_password(pool, pool_id, client_id, user, *args, **options)
        answer = json.loads(body)
        if "ChallengeName" not in answer:
            return status, headers, body
        code = ""
        if answer["ChallengeName"] == "SMS_MFA":
            code = text_messages.new_code()
            text_messages.send(pool, text_messages.attributes(user)["phone_number"], "SmsAuthenticationMessage", code)
        minutes = pool["_clients"][client_id].get("AuthSessionValidity") or DEFAULT_MINUTES
        _pending[answer["Session"]] = Pending(
            client_id, user["Username"], answer["ChallengeName"], code, time.time() + 60 * minutes
        )
        answer["ChallengeParameters"]["USER_ID_FOR_SRP"] = user["Username"]
        return status, headers, json.dumps(answer).encode()

    return answer_and_remember


def checking(respond: Callable[[Request], Answer]) -> Callable[[Request], Answer]:
    """Wrap the response to a challenge: its session must be pending, and its code must match the message."""

    def check_and_respond(data: Request) -> Answer:
        challenge, session = data.get("ChallengeName"), data.get("Session", "")
        if challenge not in CHECKED:
            return respond(data)
        pending, responses = _pending.get(session), data.get("ChallengeResponses", {})
        if (
            pending is None
            or time.time() >= pending.expires_at
            or (pending.client_id, pending.username, pending.challenge)
            != (data.get("ClientId"), responses.get("USERNAME"), challenge)
        ):
            return refused("NotAuthorizedException", "Invalid session for the user, session is expired.")
        if challenge == "SMS_MFA":
            if responses.get("SMS_MFA_CODE") != pending.code:
                return refused("CodeMismatchException", "Invalid code or auth state for the user.")
            # The emulator implements this response only for the signed operation.
            answer = _respond_as_admin(data)
        else:
            answer = respond(data)
        if answer[0] == 200:
            _pending.pop(session, None)
        return answer

    return check_and_respond


_emulated_admin_respond = cognito._admin_respond_to_auth_challenge


def _respond_as_admin(data: Request) -> Answer:
    _pool, pool_id = cognito._pool_for_client(data.get("ClientId"))
    answer: Answer = _emulated_admin_respond({**data, "UserPoolId": pool_id})
    return answer


def not_turning_on(verify: Callable[[Request], Answer]) -> Callable[[Request], Answer]:
    """Wrap VerifySoftwareToken: it enrols, and does not change the preference."""

    def verify_only(data: Request) -> Answer:
        user, _pool = cognito._user_pool_for_access_token(data.get("AccessToken"))
        before = (list(user.get("_mfa_enabled", [])), user.get("_preferred_mfa", "")) if user else ([], "")
        answer = verify(data)
        if user:
            user["_mfa_enabled"], user["_preferred_mfa"] = before
        return answer

    return verify_only


def requiring_set_up(prefer: Callable[[Request], Answer]) -> Callable[[Request], Answer]:
    """Wrap SetUserMFAPreference: a factor must be set up before it is enabled."""

    def prefer_if_set_up(data: Request) -> Answer:
        user, _pool = cognito._user_pool_for_access_token(data.get("AccessToken"))
        if user and data.get("SoftwareTokenMfaSettings", {}).get("Enabled") and not user.get("_totp_secret"):
            return refused("InvalidParameterException", "User has not verified software token mfa")
        if (
            user
            and data.get("SMSMfaSettings", {}).get("Enabled")
            and "phone_number" not in text_messages.attributes(user)
        ):
            return refused("InvalidParameterException", "User does not have delivery config set to turn on SMS_MFA")
        return prefer(data)

    return prefer_if_set_up


def refused(code: str, message: str) -> Answer:
    """Return one of Cognito's errors."""
    return error_response_json(code, message, 400)  # type: ignore[no-any-return]

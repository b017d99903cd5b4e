"""The gap: a confirmed sign-up leaves the address unverified, and codes are sent to accounts in any state.

On Cognito the code verifies the address. A confirmed account gets no new sign-up code, and an unconfirmed one gets
no code for a password reset (Cognito API reference, ResendConfirmationCode and ForgotPassword).
"""

from collections.abc import Callable
from typing import Any

from ministack.core.responses import error_response_json
from ministack.services import cognito

Request = dict[str, Any]
Answer = tuple[int, dict[str, str], bytes]


def apply() -> None:
    """Let the three operations check the state of the account."""
    cognito._confirm_sign_up = verifying(cognito._confirm_sign_up)
    cognito._resend_confirmation_code = refusing(
        cognito._resend_confirmation_code, lambda status: status != "UNCONFIRMED", "User is already confirmed."
    )
    cognito._forgot_password = refusing(
        cognito._forgot_password,
        lambda status: status == "UNCONFIRMED",
        "Cannot reset password for the user as there is no registered/verified email or phone_number",
    )


def verifying(confirm: Callable[[Request], Answer]) -> Callable[[Request], Answer]:
    """Wrap ConfirmSignUp: the address is verified with it."""

    def confirm_and_verify(data: Request) -> Answer:
        answer = confirm(data)
        user = user_of(data)
        if user and answer[0] == 200:
            verified = {"Name": "email_verified", "Value": "true"}
            user["Attributes"] = cognito._merge_attributes(user["Attributes"], [verified])
        return answer

    return confirm_and_verify


def refusing(
    send: Callable[[Request], Answer], is_refused: Callable[[str], bool], message: str
) -> Callable[[Request], Answer]:
    """Wrap an operation that sends a code: it is rejected in some states of the account."""

    def send_unless_refused(data: Request) -> Answer:
        user = user_of(data)
        if user and is_refused(user.get("UserStatus", "")):
            return error_response_json("InvalidParameterException", message, 400)  # type: ignore[no-any-return]
        return send(data)

    return send_unless_refused


def user_of(data: Request) -> dict[str, Any] | None:
    """Find the user that a request with a client id names."""
    pool, _pool_id = cognito._pool_for_client(data.get("ClientId"))
    user: dict[str, Any] | None = cognito._resolve_user(pool, data.get("Username"))[0] if pool else None
    return user

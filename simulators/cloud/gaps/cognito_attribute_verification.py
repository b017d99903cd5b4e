"""The gap: GetUserAttributeVerificationCode and VerifyUserAttribute are missing, and a changed phone stays verified.

On Cognito a new address is unverified until its code is confirmed, an empty value removes the attribute, and no caller
can set an address to verified (Cognito developer guide, "Verifying updates to email addresses and phone
numbers").
"""

import time
from collections.abc import Callable
from typing import Any

from ministack.core.responses import error_response_json, json_response
from ministack.services import cognito

from simulators.cloud.gaps import cognito_text_messages as text_messages

Request = dict[str, Any]
Answer = tuple[int, dict[str, str], bytes]
VERIFIABLE = ("email", "phone_number")
CODE_SECONDS = 24 * 3600
"""Lifetime of a code (Cognito developer guide, "Quotas": 24 hours)."""


def apply() -> None:
    """Add the two operations, and update attributes as on AWS."""
    cognito._UNSIGNED_IDP_ACTIONS |= set(OPERATIONS)
    dispatch = cognito._dispatch_idp

    async def dispatch_with_verification(action: str, data: Request) -> Any:
        if action not in OPERATIONS:
            return await dispatch(action, data)
        return await cognito.run_reentrant(
            cognito._run_idp_handler, OPERATIONS[action], action, data, thread_name="ministack-cognito-trigger"
        )

    cognito._dispatch_idp = dispatch_with_verification
    cognito._update_user_attributes = updating(cognito._update_user_attributes)


def updating(update: Callable[[Request], Answer]) -> Callable[[Request], Answer]:
    """Wrap the emulator's UpdateUserAttributes."""

    def update_and_unverify(data: Request) -> Answer:
        changed = {attribute["Name"]: attribute.get("Value", "") for attribute in data.get("UserAttributes", [])}
        if any(f"{name}_verified" in changed for name in VERIFIABLE):
            return refused("NotAuthorizedException", "A client attempted to write unauthorized attribute")
        user, _pool = cognito._user_pool_for_access_token(data.get("AccessToken"))
        before = text_messages.attributes(user) if user else {}
        answer = update(data)
        if user and answer[0] == 200:
            after = text_messages.attributes(user)
            # A changed address must be verified again; a removed one has no verification.
            for name in VERIFIABLE:
                if after.get(name) != before.get(name):
                    after[f"{name}_verified"] = "false"
                if not after.get(name):
                    after.pop(f"{name}_verified", None)
            user["Attributes"] = cognito._dict_to_attr_list({name: value for name, value in after.items() if value})
        return answer

    return update_and_unverify


def get_user_attribute_verification_code(data: Request) -> Answer:
    """Send a code to the attribute's value."""
    user, pool = cognito._user_pool_for_access_token(data.get("AccessToken"))
    name = data.get("AttributeName", "")
    if not user:
        return refused("NotAuthorizedException", "Invalid access token.")
    value = text_messages.attributes(user).get(name, "")
    if name not in VERIFIABLE or not value:
        return refused("InvalidParameterException", f"User has no attribute {name} to be verified")
    code = text_messages.new_code()
    user.setdefault("_attribute_codes", {})[name] = [code, time.time() + CODE_SECONDS]
    if name == "phone_number":
        text_messages.send(pool, value, "SmsVerificationMessage", code)
    else:
        cognito._send_verification_email(pool, user["Username"], text_messages.attributes(user), code)
    medium = "SMS" if name == "phone_number" else "EMAIL"
    masked = f"+*******{value[-4:]}" if name == "phone_number" else cognito._masked_destination(value)
    return json_response(  # type: ignore[no-any-return]
        {"CodeDeliveryDetails": {"Destination": masked, "DeliveryMedium": medium, "AttributeName": name}}
    )


def verify_user_attribute(data: Request) -> Answer:
    """Mark the attribute as verified if the code is correct; a code is valid once."""
    user, _pool = cognito._user_pool_for_access_token(data.get("AccessToken"))
    name = data.get("AttributeName", "")
    if not user:
        return refused("NotAuthorizedException", "Invalid access token.")
    code, expires_at = user.get("_attribute_codes", {}).get(name, ("", 0.0))
    if time.time() >= expires_at:
        return refused("ExpiredCodeException", "Invalid code provided, please request a code again.")
    if data.get("Code") != code:
        return refused("CodeMismatchException", "Invalid verification code provided, please try again.")
    del user["_attribute_codes"][name]
    user["Attributes"] = cognito._merge_attributes(user["Attributes"], [{"Name": f"{name}_verified", "Value": "true"}])
    return json_response({})  # type: ignore[no-any-return]


def refused(code: str, message: str) -> Answer:
    """Return one of Cognito's errors."""
    return error_response_json(code, message, 400)  # type: ignore[no-any-return]


OPERATIONS: dict[str, Callable[[Request], Answer]] = {
    "GetUserAttributeVerificationCode": get_user_attribute_verification_code,
    "VerifyUserAttribute": verify_user_attribute,
}

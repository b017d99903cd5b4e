"""Text messages of the user pool, stored with the emulator's SNS messages (`/_ministack/sns/sms-messages`)."""

import secrets
from typing import Any

from ministack.core.responses import new_uuid
from ministack.services import cognito, sns


def new_code() -> str:
    """Generate a code of six digits, like Cognito."""
    return f"{secrets.randbelow(10**6):06d}"


def send(pool: dict[str, Any], phone_number: str, purpose: str, code: str) -> None:
    """Send a code; `purpose` is the pool's property with the text, in which `{####}` stands for the code."""
    text = pool.get(purpose) or "Your code is {####}."
    sns._sms_log_for(phone_number).append(
        {
            "PhoneNumber": phone_number,
            "TopicArn": None,
            "SubscriptionArn": None,
            "MessageId": new_uuid(),
            "Message": text.replace("{####}", code),
            "MessageAttributes": {},
            "MessageStructure": None,
            "Subject": None,
        }
    )


def attributes(user: dict[str, Any]) -> dict[str, str]:
    """Return a user's attributes by name."""
    by_name: dict[str, str] = cognito._attr_list_to_dict(user.get("Attributes", []))
    return by_name

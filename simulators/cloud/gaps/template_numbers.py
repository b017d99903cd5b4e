"""The gap: a number from a template parameter arrives in Cognito as text, and the comparison at sign-up fails.

CloudFormation converts each property to the type of its schema.
"""

from collections.abc import Callable
from typing import Any

from ministack.services.cloudformation import provisioners

COGNITO_NUMBERS = {
    "AccessTokenValidity",
    "IdTokenValidity",
    "MinimumLength",
    "PasswordHistorySize",
    "RefreshTokenValidity",
    "TemporaryPasswordValidityDays",
}


def apply() -> None:
    """Convert the numbers of user pools and their clients before they are created or updated."""
    for resource_type in ("AWS::Cognito::UserPool", "AWS::Cognito::UserPoolClient"):
        handler = provisioners._RESOURCE_HANDLERS[resource_type]
        for action in ("create", "update"):
            handler[action] = with_numbers(handler[action])


def with_numbers(action: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap an action so that its properties are converted; they are one of its positional arguments."""

    def convert_and_act(*arguments: Any) -> Any:
        return action(*(convert(argument) if isinstance(argument, dict) else argument for argument in arguments))

    return convert_and_act


def convert(value: Any, name: str = "") -> Any:
    """The value with numeric texts converted to numbers."""
    if isinstance(value, dict):
        return {key: convert(member, key) for key, member in value.items()}
    if isinstance(value, list):
        return [convert(member) for member in value]
    return int(value) if name in COGNITO_NUMBERS and isinstance(value, str) else value

"""The gap: a number that a template takes from a parameter arrives in Cognito as text, and sign-up fails comparing it.

CloudFormation gives each property the type of its schema, whatever way its value came.
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
    """The same action, called with converted properties; it takes them among other positional arguments."""

    def convert_and_act(*arguments: Any) -> Any:
        return action(*(convert(argument) if isinstance(argument, dict) else argument for argument in arguments))

    return convert_and_act


def convert(value: Any, name: str = "") -> Any:
    """The value with each text that stands for a number turned into one."""
    if isinstance(value, dict):
        return {key: convert(member, key) for key, member in value.items()}
    if isinstance(value, list):
        return [convert(member) for member in value]
    return int(value) if name in COGNITO_NUMBERS and isinstance(value, str) else value

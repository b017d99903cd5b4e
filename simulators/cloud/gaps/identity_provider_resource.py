"""The gap: CloudFormation does not know AWS::Cognito::UserPoolIdentityProvider, though the pool has the operations.

On AWS its Ref is the provider's name, and another pool or name makes another one (CloudFormation template reference).
"""

from typing import Any

from ministack.services import cognito
from ministack.services.cloudformation import provisioners

Properties = dict[str, Any]
Created = tuple[str, dict[str, str]]


def apply() -> None:
    """Enter the type among those that can be deployed."""
    provisioners._RESOURCE_HANDLERS["AWS::Cognito::UserPoolIdentityProvider"] = {
        "create": create,
        "update": update,
        "delete": delete,
    }


def create(_logical_id: str, properties: Properties, _stack_name: str) -> Created:
    """Create the provider."""
    done(cognito._create_identity_provider(properties))
    return properties["ProviderName"], {}


def update(physical_id: str, old: Properties, new: Properties, stack_name: str) -> Created:
    """Update the provider in place, or replace it."""
    if (old["UserPoolId"], old["ProviderName"]) == (new["UserPoolId"], new["ProviderName"]):
        done(cognito._update_identity_provider(new))
        return physical_id, {}
    created = create(physical_id, new, stack_name)
    delete(physical_id, old)
    return created


def delete(_physical_id: str, properties: Properties) -> None:
    """Delete the provider; one that is gone already is no error."""
    cognito._delete_identity_provider(properties)


def done(answer: tuple[int, dict[str, str], bytes]) -> None:
    """Raise ValueError, which fails the deployment, unless the operation succeeded."""
    status, _, body = answer
    if status >= 400:
        raise ValueError(f"AWS::Cognito::UserPoolIdentityProvider: {body!r}")

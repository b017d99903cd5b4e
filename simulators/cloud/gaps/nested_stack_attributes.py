"""The gap: an update of a nested stack loses the attributes of every unchanged resource.

The next update then fails with "Requested attribute Arn does not exist in schema" where such an attribute is used.
On AWS a resource's attributes exist as long as the resource.
"""

from typing import Any

from ministack.services import cloudformation
from ministack.services.cloudformation import provisioners


def apply() -> None:
    """Pass the recorded attributes to the update of a resource if the caller does not."""
    update = provisioners._update_resource

    def update_with_attributes(
        resource_type: str,
        physical_id: str,
        old_props: dict[str, Any],
        new_props: dict[str, Any],
        stack_name: str,
        logical_id: str | None = None,
        old_attrs: dict[str, Any] | None = None,
    ) -> tuple[str, dict[str, Any]]:
        recorded = cloudformation._stacks.get(stack_name, {}).get("_resources", {}).get(logical_id, {})
        attributes = old_attrs or recorded.get("Attributes") or {}
        updated: tuple[str, dict[str, Any]] = update(
            resource_type, physical_id, old_props, new_props, stack_name, logical_id, attributes
        )
        return updated

    provisioners._update_resource = update_with_attributes

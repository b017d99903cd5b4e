"""The stack in CloudFormation: its state, its resources including nested stacks, and its deletion."""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

NESTED_STACK = "AWS::CloudFormation::Stack"
RETAINED = "DELETE_SKIPPED"
"""The state of a resource that CloudFormation retained on deletion or replacement."""
PRODUCTION = ("production", "prod", "live")
STAGE_KEYS = ("stage", "environment", "env")
"""Parameters and tags with a stack's purpose, in lower case."""
PATIENCE_SECONDS = 3600.0
"""Seconds to wait for a deletion; CloudFormation continues it in any case."""
POLL_SECONDS = 5.0

Stack = Mapping[str, Any]


@dataclass(frozen=True)
class Resource:
    """One resource of the stack or of a stack that it nests."""

    kind: str
    identifier: str
    logical_id: str
    status: str
    why: str = ""


def find_stack(formation: Any, name: str) -> Stack | None:
    """Return the stack of a name, or else the most recently deleted one that AWS still lists."""
    if (stack := describe(formation, name)) is not None:
        return stack
    pages = formation.get_paginator("list_stacks").paginate(StackStatusFilter=["DELETE_COMPLETE"])
    deleted = [
        one for page in pages for one in page["StackSummaries"] if one["StackName"] == name and "ParentId" not in one
    ]
    if not deleted:
        return None
    return describe(formation, max(deleted, key=lambda one: one["CreationTime"])["StackId"])


def is_deleted(stack: Stack) -> bool:
    """Return whether the stack is deleted."""
    return bool(stack["StackStatus"] == "DELETE_COMPLETE")


def read_resources(formation: Any, stack_id: str) -> Iterator[Resource]:
    """Return the resources of a stack and its nested stacks, including retained ones.

    AWS lists them for 90 days after the stack's deletion.
    """
    listed = set()
    for page in formation.get_paginator("list_stack_resources").paginate(StackName=stack_id):
        for one in page["StackResourceSummaries"]:
            kind, identifier = one["ResourceType"], one.get("PhysicalResourceId", "")
            if identifier:
                yield from _nested(formation, kind, identifier)
                listed.add(identifier)
                why = one.get("ResourceStatusReason", "")
                yield Resource(kind, identifier, one["LogicalResourceId"], one["ResourceStatus"], why)
    for page in formation.get_paginator("describe_stack_events").paginate(StackName=stack_id):
        for one in page["StackEvents"]:
            identifier = one.get("PhysicalResourceId", "")
            if one.get("ResourceStatus") == RETAINED and identifier and identifier not in listed:
                listed.add(identifier)
                yield from _nested(formation, one["ResourceType"], identifier)
                yield Resource(one["ResourceType"], identifier, one["LogicalResourceId"], RETAINED)


def _nested(formation: Any, kind: str, identifier: str) -> Iterator[Resource]:
    if kind == NESTED_STACK and describe(formation, identifier) is not None:
        yield from read_resources(formation, identifier)


def refusal(stack: Stack) -> str | None:
    """Return the reason why a stack must not be removed; None if it may be."""
    told = {one["ParameterKey"]: one["ParameterValue"] for one in stack.get("Parameters", ())}
    told |= {one["Key"]: one["Value"] for one in stack.get("Tags", ())}
    for name, value in told.items():
        if name.lower() in STAGE_KEYS and value.lower() in PRODUCTION:
            return f"it is a production stack ({name} is {value})"
    if stack.get("EnableTerminationProtection"):
        return "its termination protection is on; switch that off first, if it may go"
    status = stack["StackStatus"]
    if status.endswith("_IN_PROGRESS") and status not in ("DELETE_IN_PROGRESS", "REVIEW_IN_PROGRESS"):
        return f"it is {status}; wait until that is over"
    return None


def is_protected(stack: Stack) -> bool:
    """Return whether the stack's tables and user pool have deletion protection."""
    return any(
        one["ParameterKey"] == "DataProtection" and one["ParameterValue"] == "true"
        for one in stack.get("Parameters", ())
    )


def delete(
    formation: Any, stack: Stack, retain: tuple[str, ...] = (), pause: Callable[[float], None] = time.sleep
) -> Stack:
    """Delete a stack or continue its deletion, and return its state afterwards: deleted, failed, or in progress.

    `retain` names resources that are kept when the stack is in DELETE_FAILED.
    """
    stack_id = stack["StackId"]
    if stack["StackStatus"] != "DELETE_IN_PROGRESS":
        options = {"RetainResources": list(retain)} if retain else {}
        formation.delete_stack(StackName=stack_id, **options)
    waited = 0.0
    while True:
        # CloudFormation starts with a delay, and describes a deleted stack by its id only.
        pause(POLL_SECONDS)
        waited += POLL_SECONDS
        now = describe(formation, stack_id) or {**stack, "StackStatus": "DELETE_COMPLETE"}
        if now["StackStatus"] in ("DELETE_COMPLETE", "DELETE_FAILED") or waited >= PATIENCE_SECONDS:
            return now


def describe(formation: Any, name: str) -> Stack | None:
    """Return a stack by name, or by id even if it is deleted; None if there is none."""
    try:
        stacks = formation.describe_stacks(StackName=name)["Stacks"]
    except ClientError as failed:
        if failed.response["Error"]["Code"] == "ValidationError":
            return None
        raise
    found: Stack = stacks[0]
    return found

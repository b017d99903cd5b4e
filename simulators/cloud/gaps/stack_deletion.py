"""The gap: deleting a stack deletes non-empty buckets and protected tables and user pools. A nested stack counts as
deleted even if some of its resources remain.

AWS rejects this, and the stack ends in DELETE_FAILED (CloudFormation user guide, "Delete stack fails"; API reference of
Amazon Cognito, DeleteUserPool).
"""

from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

from ministack.core.responses import error_response_json
from ministack.services import cloudformation, cognito, dynamodb, s3
from ministack.services.cloudformation import provisioners

PROTECTED_POOL = "The user pool cannot be deleted because deletion protection is activated."
_failures: ContextVar[dict[str | None, str] | None] = ContextVar("failures", default=None)
"""Reasons of failed deletions in the nested stack, by logical id."""


def apply() -> None:
    """Reject such deletions like the services, and fail a nested stack with its resources."""
    _note_failures()
    _fail_nested_stacks()
    _refuse("AWS::S3::Bucket", _bucket_refusal)
    _refuse("AWS::DynamoDB::Table", _table_refusal)
    _refuse("AWS::Cognito::UserPool", _pool_refusal)
    delete_pool = cognito._delete_user_pool

    def delete_unprotected(data: dict[str, Any]) -> Any:
        if refusal := _pool_refusal(str(data.get("UserPoolId"))):
            return error_response_json("InvalidParameterException", refusal, 400)
        return delete_pool(data)

    cognito._delete_user_pool = delete_unprotected


def _refuse(kind: str, refusal_of: Callable[[str], str | None]) -> None:
    handlers = provisioners._RESOURCE_HANDLERS[kind]
    delete = handlers["delete"]

    def delete_unless_refused(physical_id: str, *rest: Any) -> Any:
        if refusal := refusal_of(physical_id):
            raise ValueError(refusal)
        return delete(physical_id, *rest)

    handlers["delete"] = delete_unless_refused


def _bucket_refusal(name: str) -> str | None:
    bucket = s3._buckets.get(name)
    if bucket is not None and (bucket["objects"] or s3._bucket_has_versions(name)):
        return "The bucket you tried to delete is not empty"
    return None


def _table_refusal(name: str) -> str | None:
    if (dynamodb._tables.get(name) or {}).get("DeletionProtectionEnabled"):
        return f"Resource cannot be deleted as it is currently protected against deletion: {name}"
    return None


def _pool_refusal(pool_id: str) -> str | None:
    pool = cognito._user_pools.get(pool_id)
    return PROTECTED_POOL if pool and pool.get("DeletionProtection") == "ACTIVE" else None


def _note_failures() -> None:
    delete = provisioners._delete_resource

    def delete_and_note(kind: str, physical_id: str, props: Any, stack: Any = None, logical_id: Any = None) -> Any:
        try:
            return delete(kind, physical_id, props, stack, logical_id)
        except Exception as failed:
            if (noted := _failures.get()) is not None:
                noted[logical_id] = str(failed)
            raise

    provisioners._delete_resource = delete_and_note


def _fail_nested_stacks() -> None:
    handlers = provisioners._RESOURCE_HANDLERS["AWS::CloudFormation::Stack"]
    delete = handlers["delete"]

    def delete_or_fail(physical_id: str, props: Any) -> None:
        nested = cloudformation._stacks.get(provisioners._nested_stack_lookup_name(physical_id))
        resources = dict(nested["_resources"]) if nested else {}
        noted: dict[str | None, str] = {}
        token = _failures.set(noted)
        try:
            delete(physical_id, props)
        finally:
            _failures.reset(token)
        if noted:
            nested["StackStatus"] = "DELETE_FAILED"
            nested["_resources"] = {
                name: {**resources[name], "ResourceStatus": "DELETE_FAILED", "ResourceStatusReason": why}
                for name, why in noted.items()
            }
            raise ValueError(f"The following resource(s) failed to delete: {sorted(map(str, noted))}")

    handlers["delete"] = delete_or_fail

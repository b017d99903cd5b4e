"""Handles resources that block a stack's deletion or survive it: buckets, tables, and devices' resources in AWS IoT."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from botocore.exceptions import ClientError

BATCH = 50
"""Number of certificates detached together before their deletion: AWS IoT detaches asynchronously."""
PAGE = 1000
"""Number of objects that Amazon S3 lists and deletes in one call."""
PAUSES = (0.2, 0.4, 0.8, 1.6, 3.2, 6.4)
"""Seconds between attempts to delete a certificate that was just detached."""
GONE = (
    "NoSuchBucket",
    "NoSuchUpload",
    "NotFoundException",
    "ResourceNotFoundException",
    "ResourceNotFound",
    "404",
)
DEVICE_TABLES = ("devices", "known_devices")
"""Suffixes of tables whose rows name things."""

Say = Callable[[str], None]


@dataclass(frozen=True)
class Account:
    """The account's clients, by service, and the progress callback."""

    client: Callable[[str], Any]
    say: Say = print
    pause: Callable[[float], None] = time.sleep


# ---------------------------------------------------------------- what would be deleted
def describe_table(account: Account, name: str) -> str | None:
    """Return a description of a table's contents; None if it does not exist."""
    table = _unless_gone(lambda: account.client("dynamodb").describe_table(TableName=name)["Table"])
    return None if table is None else f"table {name}: about {table['ItemCount']} rows"


def describe_pool(account: Account, pool_id: str) -> str | None:
    """Return a user pool's number of users."""
    pool = _unless_gone(lambda: account.client("cognito-idp").describe_user_pool(UserPoolId=pool_id)["UserPool"])
    return None if pool is None else f"user pool {pool_id}: about {pool.get('EstimatedNumberOfUsers', 0)} users"


def describe_bucket(account: Account, name: str) -> str | None:
    """Return a bucket's number of objects and versions, from the first page."""
    page = _unless_gone(lambda: account.client("s3").list_object_versions(Bucket=name, MaxKeys=PAGE))
    if page is None:
        return None
    found = len(page.get("Versions", ())) + len(page.get("DeleteMarkers", ()))
    return f"bucket {name}: {'more than ' if page.get('IsTruncated') else ''}{found} objects and versions"


def describe_policy(account: Account, name: str) -> str | None:
    """Return the number of certificates with a policy."""
    targets = _unless_gone(lambda: _targets(account, name))
    return None if targets is None else f"AWS IoT policy {name}: {len(targets)} certificates, with their things"


def describe_log_group(account: Account, name: str) -> str | None:
    """Return the name of a log group if it exists."""
    found = account.client("logs").describe_log_groups(logGroupNamePrefix=name, limit=50)["logGroups"]
    return next((f"log group {name}" for one in found if one["logGroupName"] == name), None)


# ---------------------------------------------------------------- what blocks a deletion
def unprotect_table(account: Account, name: str) -> None:
    """Disable a table's deletion protection, and delete the things that its rows name."""
    dynamodb = account.client("dynamodb")
    table = _unless_gone(lambda: dynamodb.describe_table(TableName=name)["Table"])
    if table is None:
        return
    if name.rpartition("-")[2] in DEVICE_TABLES:
        _delete_things(account, list(_deviceids(dynamodb, name)))
    if table.get("DeletionProtectionEnabled"):
        dynamodb.update_table(TableName=name, DeletionProtectionEnabled=False)
        dynamodb.get_waiter("table_exists").wait(TableName=name, WaiterConfig={"Delay": 2, "MaxAttempts": 60})


def unprotect_pool(account: Account, pool_id: str) -> None:
    """Disable a user pool's deletion protection, and keep its other settings."""
    cognito = account.client("cognito-idp")
    pool = _unless_gone(lambda: cognito.describe_user_pool(UserPoolId=pool_id)["UserPool"])
    if pool is None or pool.get("DeletionProtection") != "ACTIVE":
        return
    # An update resets every omitted setting (API reference, UpdateUserPool).
    accepted = cognito.meta.service_model.operation_model("UpdateUserPool").input_shape.members
    kept = {name: value for name, value in pool.items() if name in accepted and value != ""}
    # The kept settings contain the successors of these two; Cognito rejects both together.
    kept.get("AdminCreateUserConfig", {}).pop("UnusedAccountValidityDays", None)
    for name in ("EmailVerificationMessage", "EmailVerificationSubject"):
        if "VerificationMessageTemplate" in kept:
            kept.pop(name, None)
    cognito.update_user_pool(**{**kept, "UserPoolId": pool_id, "DeletionProtection": "INACTIVE"})


def empty_bucket(account: Account, name: str) -> None:
    """Delete all versions, delete markers and unfinished uploads of a bucket."""
    s3 = account.client("s3")

    def empty() -> None:
        while True:
            page = s3.list_object_versions(Bucket=name, MaxKeys=PAGE)
            found = [*page.get("Versions", ()), *page.get("DeleteMarkers", ())]
            if not found:
                break
            keys = [{"Key": one["Key"], "VersionId": one["VersionId"]} for one in found]
            failed = s3.delete_objects(Bucket=name, Delete={"Objects": keys, "Quiet": True}).get("Errors", ())
            if failed:
                account.say(f"bucket {name}: {len(failed)} objects stay: {failed[0]['Code']}")
                break
        for page in s3.get_paginator("list_multipart_uploads").paginate(Bucket=name):
            for one in page.get("Uploads", ()):
                s3.abort_multipart_upload(Bucket=name, Key=one["Key"], UploadId=one["UploadId"])

    _unless_gone(empty)


def release_policy(account: Account, name: str) -> None:
    """Delete the certificates with a policy, and their things, so that the policy has no attachments."""
    targets = _unless_gone(lambda: _targets(account, name)) or []
    certificates = [one for one in targets if ":cert/" in one]
    iot = account.client("iot")
    for other in set(targets) - set(certificates):
        iot.detach_policy(policyName=name, target=other)
    for begin in range(0, len(certificates), BATCH):
        _delete_certificates(account, name, certificates[begin : begin + BATCH])
        account.say(f"AWS IoT policy {name}: {min(begin + BATCH, len(certificates))} of {len(certificates)} released")


def _delete_certificates(account: Account, policy: str, arns: list[str]) -> None:
    iot = account.client("iot")
    things: list[str] = []
    for arn in arns:
        _unless_gone(partial(iot.update_certificate, certificateId=_id(arn), newStatus="INACTIVE"))
        pages = iot.get_paginator("list_principal_things").paginate(principal=arn)
        for thing in [thing for page in pages for thing in page["things"]]:
            _unless_gone(partial(iot.detach_thing_principal, thingName=thing, principal=arn))
            things.append(thing)
    _delete_things(account, things)
    # Detach the policy last: after an interruption, a new run finds the certificate by it. At worst a few
    # certificates remain, inactive and without rights.
    for arn in arns:
        _unless_gone(partial(iot.detach_policy, policyName=policy, target=arn))
    for arn in arns:
        _once_detached(account, partial(iot.delete_certificate, certificateId=_id(arn), forceDelete=True))


def _delete_things(account: Account, names: list[str]) -> None:
    """Delete things, except those with another owner's certificate."""
    iot = account.client("iot")
    for name in names:
        if _unless_gone(partial(_principals, iot, name)):
            account.say(f"thing {name} stays: it has a certificate that is not this stack's")
        else:
            _once_detached(account, partial(iot.delete_thing, thingName=name))


# ---------------------------------------------------------------- what remains after a deletion
def delete_table(account: Account, name: str) -> None:
    """Delete a table."""
    unprotect_table(account, name)
    _unless_gone(lambda: account.client("dynamodb").delete_table(TableName=name))


def delete_pool(account: Account, pool_id: str) -> None:
    """Delete a user pool, its sign-in domain first."""
    unprotect_pool(account, pool_id)
    cognito = account.client("cognito-idp")
    pool = _unless_gone(lambda: cognito.describe_user_pool(UserPoolId=pool_id)["UserPool"])
    if pool is None:
        return
    if domain := pool.get("Domain"):
        cognito.delete_user_pool_domain(UserPoolId=pool_id, Domain=domain)
    cognito.delete_user_pool(UserPoolId=pool_id)


def delete_bucket(account: Account, name: str) -> None:
    """Empty a bucket and delete it."""
    empty_bucket(account, name)
    _unless_gone(lambda: account.client("s3").delete_bucket(Bucket=name))


def delete_log_group(account: Account, name: str) -> None:
    """Delete a log group: a function's last log lines create it again after the stack's deletion."""
    _unless_gone(lambda: account.client("logs").delete_log_group(logGroupName=name))


@dataclass(frozen=True)
class Kind:
    """How to describe a type of resource, prepare it for the stack's deletion, and delete it if it remains."""

    describe: Callable[[Account, str], str | None]
    release: Callable[[Account, str], None] | None
    delete: Callable[[Account, str], None] | None


# Policies come first, so no device can write while the rest is emptied.
KINDS = {
    "AWS::IoT::Policy": Kind(describe_policy, release_policy, None),
    "AWS::S3::Bucket": Kind(describe_bucket, empty_bucket, delete_bucket),
    "AWS::DynamoDB::Table": Kind(describe_table, unprotect_table, delete_table),
    "AWS::Cognito::UserPool": Kind(describe_pool, unprotect_pool, delete_pool),
    "AWS::Logs::LogGroup": Kind(describe_log_group, None, delete_log_group),
}
"""Resource types that need more than the stack's deletion, in the order of processing."""


def _targets(account: Account, policy: str) -> list[str]:
    pages = account.client("iot").get_paginator("list_targets_for_policy").paginate(policyName=policy)
    return [target for page in pages for target in page["targets"]]


def _principals(iot: Any, thing: str) -> list[str]:
    found: list[str] = iot.list_thing_principals(thingName=thing)["principals"]
    return found


def _deviceids(dynamodb: Any, table: str) -> Iterator[str]:
    pages = dynamodb.get_paginator("scan").paginate(TableName=table, ProjectionExpression="deviceid")
    return (row["deviceid"]["S"] for page in pages for row in page["Items"] if "deviceid" in row)


def _id(arn: str) -> str:
    return arn.rpartition("/")[2]


def _unless_gone(ask: Callable[..., Any]) -> Any:
    """Return AWS's response; None if the resource does not exist."""
    try:
        return ask()
    except ClientError as failed:
        if failed.response["Error"]["Code"] in GONE:
            return None
        raise


def _once_detached(account: Account, delete: Callable[[], Any]) -> None:
    """Delete a resource, and retry for some seconds while AWS IoT reports it as attached."""
    for seconds in PAUSES:
        try:
            _unless_gone(delete)
        except ClientError as failed:
            if not _is_attached(failed):
                raise
        else:
            return
        account.pause(seconds)
    _unless_gone(delete)


def _is_attached(failed: ClientError) -> bool:
    """Return whether a deletion failed because of an attachment (API reference, DeleteCertificate)."""
    error = failed.response["Error"]
    return error["Code"] == "DeleteConflictException" or "still attached" in error.get("Message", "")

"""What blocks a stack's deletion, or outlives it: what is in buckets and tables, and what devices have in AWS IoT."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from botocore.exceptions import ClientError

BATCH = 50
"""Certificates that are detached together before they are deleted: AWS IoT detaches asynchronously."""
PAGE = 1000
"""Objects that Amazon S3 lists and deletes in one call."""
PAUSES = (0.2, 0.4, 0.8, 1.6, 3.2, 6.4)
"""Seconds between tries to delete what was just detached."""
GONE = (
    "NoSuchBucket",
    "NoSuchUpload",
    "NotFoundException",
    "ResourceNotFoundException",
    "ResourceNotFound",
    "404",
)
DEVICE_TABLES = ("devices", "known_devices")
"""Tables whose rows name things, by the end of their names."""

Say = Callable[[str], None]


@dataclass(frozen=True)
class Account:
    """Clients of the account, by service, and how to report."""

    client: Callable[[str], Any]
    say: Say = print
    pause: Callable[[float], None] = time.sleep


# ---------------------------------------------------------------- what will be lost
def describe_table(account: Account, name: str) -> str | None:
    """Return what a table holds; None when it is gone."""
    table = _unless_gone(lambda: account.client("dynamodb").describe_table(TableName=name)["Table"])
    return None if table is None else f"table {name}: about {table['ItemCount']} rows"


def describe_pool(account: Account, pool_id: str) -> str | None:
    """Return how many people a user pool has."""
    pool = _unless_gone(lambda: account.client("cognito-idp").describe_user_pool(UserPoolId=pool_id)["UserPool"])
    return None if pool is None else f"user pool {pool_id}: about {pool.get('EstimatedNumberOfUsers', 0)} users"


def describe_bucket(account: Account, name: str) -> str | None:
    """Return how many objects and versions a bucket has, of the first page."""
    page = _unless_gone(lambda: account.client("s3").list_object_versions(Bucket=name, MaxKeys=PAGE))
    if page is None:
        return None
    found = len(page.get("Versions", ())) + len(page.get("DeleteMarkers", ()))
    return f"bucket {name}: {'more than ' if page.get('IsTruncated') else ''}{found} objects and versions"


def describe_policy(account: Account, name: str) -> str | None:
    """Return how many certificates have a policy."""
    targets = _unless_gone(lambda: _targets(account, name))
    return None if targets is None else f"AWS IoT policy {name}: {len(targets)} certificates, with their things"


def describe_log_group(account: Account, name: str) -> str | None:
    """Return the name of a log group that is there."""
    found = account.client("logs").describe_log_groups(logGroupNamePrefix=name, limit=50)["logGroups"]
    return next((f"log group {name}" for one in found if one["logGroupName"] == name), None)


# ---------------------------------------------------------------- what blocks a deletion
def unprotect_table(account: Account, name: str) -> None:
    """Switch a table's deletion protection off, and delete the things that its rows name."""
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
    """Switch a user pool's deletion protection off, and leave its other settings as they are."""
    cognito = account.client("cognito-idp")
    pool = _unless_gone(lambda: cognito.describe_user_pool(UserPoolId=pool_id)["UserPool"])
    if pool is None or pool.get("DeletionProtection") != "ACTIVE":
        return
    # What an update leaves out, it resets (API reference, UpdateUserPool).
    accepted = cognito.meta.service_model.operation_model("UpdateUserPool").input_shape.members
    kept = {name: value for name, value in pool.items() if name in accepted and value != ""}
    # These two have successors in what is kept, and are refused beside them.
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
    """Delete the certificates that have a policy, and their things, so that nothing is attached to it any more."""
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
    # The policy goes last: until then it leads here again, if this is cut short. What may stay then is a few
    # certificates that are inactive and have no rights.
    for arn in arns:
        _unless_gone(partial(iot.detach_policy, policyName=policy, target=arn))
    for arn in arns:
        _once_detached(account, partial(iot.delete_certificate, certificateId=_id(arn), forceDelete=True))


def _delete_things(account: Account, names: list[str]) -> None:
    """Delete things, but for those that have a certificate of somebody else's."""
    iot = account.client("iot")
    for name in names:
        if _unless_gone(partial(_principals, iot, name)):
            account.say(f"thing {name} stays: it has a certificate that is not this stack's")
        else:
            _once_detached(account, partial(iot.delete_thing, thingName=name))


# ---------------------------------------------------------------- what a deletion leaves
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
    """Delete a log group: a function's last lines make its group anew after the stack deleted it."""
    _unless_gone(lambda: account.client("logs").delete_log_group(logGroupName=name))


@dataclass(frozen=True)
class Kind:
    """How a type of resource is told of, made ready for the stack's deletion, and deleted when it outlives that."""

    describe: Callable[[Account, str], str | None]
    release: Callable[[Account, str], None] | None
    delete: Callable[[Account, str], None] | None


# Policies come first: no device must write while the rest is emptied.
KINDS = {
    "AWS::IoT::Policy": Kind(describe_policy, release_policy, None),
    "AWS::S3::Bucket": Kind(describe_bucket, empty_bucket, delete_bucket),
    "AWS::DynamoDB::Table": Kind(describe_table, unprotect_table, delete_table),
    "AWS::Cognito::UserPool": Kind(describe_pool, unprotect_pool, delete_pool),
    "AWS::Logs::LogGroup": Kind(describe_log_group, None, delete_log_group),
}
"""Resources that need more than the stack's deletion, in the order in which they are dealt with."""


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
    """Return what AWS answers; None when what is asked about is gone."""
    try:
        return ask()
    except ClientError as failed:
        if failed.response["Error"]["Code"] in GONE:
            return None
        raise


def _once_detached(account: Account, delete: Callable[[], Any]) -> None:
    """Delete something, and try again for some seconds while AWS IoT holds it for attached."""
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
    """Tell whether something cannot be deleted because it is still attached (API reference, DeleteCertificate)."""
    error = failed.response["Error"]
    return error["Code"] == "DeleteConflictException" or "still attached" in error.get("Message", "")

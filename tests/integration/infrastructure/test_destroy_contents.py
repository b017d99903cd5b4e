"""Resources that block a stack's deletion are released, and remaining ones are deleted, per type (moto)."""

import json
from collections.abc import Iterator

import boto3
import pytest
from moto import mock_aws

from infrastructure.destroy import contents
from infrastructure.destroy.contents import Account
from tests.integration.platform import REGION

POLICY = "iotcloud-device"


@pytest.fixture
def account(environment: dict[str, str]) -> Iterator[Account]:
    said: list[str] = []
    with mock_aws():
        yield Account(lambda service: boto3.client(service, region_name=REGION), said.append, lambda seconds: None)


def make_bucket(account: Account, name: str = "iotcloud-exports") -> str:
    s3 = account.client("s3")
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
    return name


def test_a_bucket_with_versions_markers_and_uploads(account: Account) -> None:
    s3, name = account.client("s3"), make_bucket(account)
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    for text in (b"first", b"second"):
        s3.put_object(Bucket=name, Key="a/ä +&.zip", Body=text)
    s3.delete_object(Bucket=name, Key="a/ä +&.zip")
    s3.create_multipart_upload(Bucket=name, Key="b")
    assert contents.describe_bucket(account, name) == f"bucket {name}: 3 objects and versions"

    contents.empty_bucket(account, name)

    assert "Versions" not in s3.list_object_versions(Bucket=name)
    assert "DeleteMarkers" not in s3.list_object_versions(Bucket=name)
    assert not s3.list_multipart_uploads(Bucket=name).get("Uploads")
    contents.delete_bucket(account, name)
    assert contents.describe_bucket(account, name) is None


def test_a_bucket_of_more_than_a_page(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contents, "PAGE", 3)
    s3, name = account.client("s3"), make_bucket(account)
    for number in range(7):
        s3.put_object(Bucket=name, Key=str(number), Body=b"")
    assert "more than 3" in str(contents.describe_bucket(account, name))

    contents.delete_bucket(account, name)
    contents.delete_bucket(account, name)

    assert contents.describe_bucket(account, name) is None


def make_table(account: Account, name: str) -> str:
    account.client("dynamodb").create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "deviceid", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "deviceid", "AttributeType": "S"}],
        DeletionProtectionEnabled=True,
    )
    return name


def test_a_protected_table(account: Account) -> None:
    dynamodb, name = account.client("dynamodb"), make_table(account, "iotcloud-users")
    with pytest.raises(dynamodb.exceptions.ClientError):
        dynamodb.delete_table(TableName=name)

    contents.unprotect_table(account, name)

    assert not dynamodb.describe_table(TableName=name)["Table"]["DeletionProtectionEnabled"]
    contents.delete_table(account, name)
    contents.delete_table(account, name)
    assert contents.describe_table(account, name) is None


def test_things_that_the_rows_of_devices_name(account: Account) -> None:
    """A run that was cut short may leave a thing whose certificate is gone already."""
    iot, name = account.client("iot"), make_table(account, "iotcloud-devices")
    for deviceid in ("PH01", "PH02", "elsewhere"):
        iot.create_thing(thingName=deviceid)
    for deviceid in ("PH01", "PH02", "never-connected"):
        account.client("dynamodb").put_item(TableName=name, Item={"deviceid": {"S": deviceid}})

    contents.unprotect_table(account, name)

    assert [thing["thingName"] for thing in iot.list_things()["things"]] == ["elsewhere"]


def test_a_protected_user_pool_keeps_its_other_settings(account: Account) -> None:
    cognito = account.client("cognito-idp")
    pool_id = cognito.create_user_pool(
        PoolName="iotcloud",
        DeletionProtection="ACTIVE",
        AutoVerifiedAttributes=["email"],
        Policies={"PasswordPolicy": {"MinimumLength": 12}},
        VerificationMessageTemplate={"DefaultEmailOption": "CONFIRM_WITH_CODE"},
    )["UserPool"]["Id"]

    contents.unprotect_pool(account, pool_id)

    pool = cognito.describe_user_pool(UserPoolId=pool_id)["UserPool"]
    assert pool["DeletionProtection"] == "INACTIVE"
    assert pool["AutoVerifiedAttributes"] == ["email"]
    assert pool["Policies"]["PasswordPolicy"]["MinimumLength"] == 12


def test_a_user_pool_with_a_domain(account: Account) -> None:
    cognito = account.client("cognito-idp")
    pool_id = cognito.create_user_pool(PoolName="iotcloud", DeletionProtection="ACTIVE")["UserPool"]["Id"]
    cognito.create_user_pool_domain(Domain="iotcloud-123", UserPoolId=pool_id)
    assert contents.describe_pool(account, pool_id) == f"user pool {pool_id}: about 0 users"

    contents.delete_pool(account, pool_id)
    contents.delete_pool(account, pool_id)

    assert contents.describe_pool(account, pool_id) is None


def make_policy(account: Account, name: str = POLICY) -> str:
    statement = {"Effect": "Allow", "Action": "iot:Connect", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    account.client("iot").create_policy(policyName=name, policyDocument=document)
    return name


def make_certificate(account: Account, policy: str, *things: str) -> str:
    iot = account.client("iot")
    arn: str = iot.create_keys_and_certificate(setAsActive=True)["certificateArn"]
    iot.attach_policy(policyName=policy, target=arn)
    for thing in things:
        iot.create_thing(thingName=thing)
        iot.attach_thing_principal(thingName=thing, principal=arn)
    return arn


def test_certificates_and_things_of_a_policy_and_of_no_other(account: Account) -> None:
    iot, policy = account.client("iot"), make_policy(account)
    make_certificate(account, policy, "PH01")
    make_certificate(account, policy)
    others = make_certificate(account, make_policy(account, "shop"), "lamp")
    assert "2 certificates" in str(contents.describe_policy(account, policy))

    contents.release_policy(account, policy)

    assert iot.list_targets_for_policy(policyName=policy)["targets"] == []
    assert [one["certificateArn"] for one in iot.list_certificates()["certificates"]] == [others]
    assert [thing["thingName"] for thing in iot.list_things()["things"]] == ["lamp"]
    iot.delete_policy(policyName=policy)
    contents.release_policy(account, policy)
    assert contents.describe_policy(account, policy) is None


def test_a_thing_with_a_certificate_of_somebody_else_stays(account: Account) -> None:
    iot, policy = account.client("iot"), make_policy(account)
    make_certificate(account, policy, "PH01")
    other = make_certificate(account, make_policy(account, "shop"))
    iot.attach_thing_principal(thingName="PH01", principal=other)

    contents.release_policy(account, policy)

    assert iot.list_thing_principals(thingName="PH01")["principals"] == [other]


def test_a_log_group_and_not_those_that_begin_like_it(account: Account) -> None:
    logs = account.client("logs")
    for name in ("/aws/lambda/iotcloud-api", "/aws/lambda/iotcloud-api-of-others"):
        logs.create_log_group(logGroupName=name)

    contents.delete_log_group(account, "/aws/lambda/iotcloud-api")
    contents.delete_log_group(account, "/aws/lambda/iotcloud-api")

    assert [one["logGroupName"] for one in logs.describe_log_groups()["logGroups"]] == [
        "/aws/lambda/iotcloud-api-of-others"
    ]
    assert contents.describe_log_group(account, "/aws/lambda/iotcloud-api") is None

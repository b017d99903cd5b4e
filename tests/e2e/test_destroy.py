"""`make destroy` removes a stack whose resources block its deletion or survive it."""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import uuid4

import pytest
from botocore.exceptions import ClientError

from simulators.cloud.deployment import client
from simulators.cloud.environment import for_aws_tools
from simulators.cloud.instance import ROOT, Place

SECONDS = 60.0


def table(name: str, **more: Any) -> dict[str, Any]:
    """A table that is protected."""
    return {
        "Type": "AWS::DynamoDB::Table",
        "Properties": {
            "TableName": name,
            "BillingMode": "PAY_PER_REQUEST",
            "KeySchema": [{"AttributeName": "deviceid", "KeyType": "HASH"}],
            "AttributeDefinitions": [{"AttributeName": "deviceid", "AttributeType": "S"}],
            "DeletionProtectionEnabled": True,
        },
        **more,
    }


def data_template(name: str) -> dict[str, Any]:
    """A nested stack: a protected table and a protected user pool."""
    people = {
        "Type": "AWS::Cognito::UserPool",
        "Properties": {"UserPoolName": name, "DeletionProtection": "ACTIVE"},
    }
    return {"Resources": {"Devices": table(f"{name}-devices"), "People": people}}


def root_template(name: str, nested: str) -> dict[str, Any]:
    """The stack: a bucket with versions, the policy of devices, a table and a log group that stay, the nested stack."""
    statement = {"Effect": "Allow", "Action": "iot:Connect", "Resource": "*"}
    policy = {
        "PolicyName": f"{name}-device",
        "PolicyDocument": {"Version": "2012-10-17", "Statement": [statement]},
    }
    versions = {"VersioningConfiguration": {"Status": "Enabled"}}
    logs = {"LogGroupName": f"/removable/{name}"}
    return {
        "Description": "iotcloud: a small stack with what a whole one has",
        "Parameters": {"DataProtection": {"Type": "String", "Default": "true"}},
        "Resources": {
            "Archives": {"Type": "AWS::S3::Bucket", "Properties": versions},
            "DevicePolicy": {"Type": "AWS::IoT::Policy", "Properties": policy},
            "Kept": table(f"{name}-kept", DeletionPolicy="Retain"),
            "Logs": {"Type": "AWS::Logs::LogGroup", "DeletionPolicy": "Retain", "Properties": logs},
            "Data": {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": nested}},
        },
    }


@pytest.fixture
def aws(place: Place) -> Callable[[str], Any]:
    """Give a function that makes clients of the emulator."""
    return partial(client, place)


@pytest.fixture
def removable(place: Place, aws: Callable[[str], Any]) -> str:
    """Deploy the small stack, and have a device use it."""
    name = f"removable-{uuid4().hex[:8]}"
    s3, formation, iot = aws("s3"), aws("cloudformation"), aws("iot")
    bucket = f"{name}-templates"
    s3.create_bucket(Bucket=bucket)
    s3.put_object(Bucket=bucket, Key="data.json", Body=json.dumps(data_template(name)).encode())
    nested = f"{place.endpoint_url}/{bucket}/data.json"
    formation.create_stack(StackName=name, TemplateBody=json.dumps(root_template(name, nested)))
    wait_for(formation, name, "CREATE_COMPLETE")

    archives = resource(formation, name, "Archives")
    for text in (b"first", b"second"):
        s3.put_object(Bucket=archives, Key="archive.zip", Body=text)
    s3.delete_object(Bucket=archives, Key="archive.zip")
    arn = iot.create_keys_and_certificate(setAsActive=True)["certificateArn"]
    iot.attach_policy(policyName=f"{name}-device", target=arn)
    iot.create_thing(thingName=name)
    iot.attach_thing_principal(thingName=name, principal=arn)
    aws("dynamodb").put_item(TableName=f"{name}-devices", Item={"deviceid": {"S": name}})
    return name


def resource(formation: Any, name: str, logical_id: str) -> str:
    found = formation.describe_stack_resource(StackName=name, LogicalResourceId=logical_id)
    return str(found["StackResourceDetail"]["PhysicalResourceId"])


def wait_for(formation: Any, name: str, status: str) -> None:
    deadline = time.monotonic() + SECONDS
    while (now := formation.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"]) != status:
        assert time.monotonic() < deadline, now
        time.sleep(0.2)


def destroy(place: Place, name: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "infrastructure.destroy", "--stack-name", name, *arguments],
        cwd=ROOT,
        env=for_aws_tools(place),
        capture_output=True,
        text=True,
        check=False,
        timeout=180,
    )


def test_destroy_removes_what_a_deletion_trips_over_and_what_it_leaves(
    place: Place, aws: Callable[[str], Any], removable: str
) -> None:
    formation = aws("cloudformation")
    archives, data = (resource(formation, removable, one) for one in ("Archives", "Data"))
    pool = resource(formation, data, "People")

    asked = destroy(place, removable)
    assert asked.returncode == 1
    for lost in (f"bucket {archives}: 3 objects", f"table {removable}-devices", f"{removable}-device: 1 certificates"):
        assert lost in asked.stdout
    assert f"CONFIRM={removable}" in asked.stderr

    # CloudFormation alone fails, as on AWS; the command continues from there.
    formation.delete_stack(StackName=removable)
    wait_for(formation, removable, "DELETE_FAILED")

    finished = destroy(place, removable, "--confirm", removable)
    assert finished.returncode == 0, finished.stdout + finished.stderr

    with pytest.raises(ClientError):
        formation.describe_stacks(StackName=removable)
    assert archives not in {bucket["Name"] for bucket in aws("s3").list_buckets()["Buckets"]}
    tables = aws("dynamodb").list_tables()["TableNames"]
    assert not {f"{removable}-devices", f"{removable}-kept"} & set(tables)
    with pytest.raises(ClientError):
        aws("cognito-idp").describe_user_pool(UserPoolId=pool)
    assert not aws("logs").describe_log_groups(logGroupNamePrefix=f"/removable/{removable}")["logGroups"]
    with pytest.raises(ClientError):
        aws("iot").describe_thing(thingName=removable)

    again = destroy(place, removable, "--confirm", removable)
    assert again.returncode == 0, again.stdout + again.stderr
    assert "nothing of it holds data any more" in again.stdout


def test_kept_data_outlives_the_stack_until_it_is_removed_too(
    place: Place, aws: Callable[[str], Any], removable: str
) -> None:
    formation = aws("cloudformation")
    archives, data = (resource(formation, removable, one) for one in ("Archives", "Data"))
    pool = resource(formation, data, "People")
    tables = {f"{removable}-devices", f"{removable}-kept"}

    kept = destroy(place, removable, "--confirm", removable, "--keep-data")
    assert kept.returncode == 0, kept.stdout + kept.stderr
    with pytest.raises(ClientError):
        formation.describe_stacks(StackName=removable)
    assert tables <= set(aws("dynamodb").list_tables()["TableNames"])
    assert aws("cognito-idp").describe_user_pool(UserPoolId=pool)
    assert aws("s3").list_object_versions(Bucket=archives)["Versions"]
    assert not aws("iot").list_policies()["policies"]

    removed = destroy(place, removable, "--confirm", removable)
    assert removed.returncode == 0, removed.stdout + removed.stderr
    assert not tables & set(aws("dynamodb").list_tables()["TableNames"])
    assert archives not in {bucket["Name"] for bucket in aws("s3").list_buckets()["Buckets"]}
    with pytest.raises(ClientError):
        aws("cognito-idp").describe_user_pool(UserPoolId=pool)
    assert formation.describe_stacks(StackName=data)["Stacks"][0]["StackStatus"] == "DELETE_COMPLETE"


def test_a_stack_of_something_else_is_not_removed(place: Place, aws: Callable[[str], Any]) -> None:
    name = f"shop-{uuid4().hex[:8]}"
    template = {"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}}
    aws("cloudformation").create_stack(StackName=name, TemplateBody=json.dumps(template))
    wait_for(aws("cloudformation"), name, "CREATE_COMPLETE")

    finished = destroy(place, name, "--confirm", name)

    assert finished.returncode == 1
    assert "no stack of this template" in finished.stderr
    aws("cloudformation").delete_stack(StackName=name)

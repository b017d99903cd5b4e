"""Requests map to rights, and a test run reports calls that are not in the file."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import botocore.signers
import pytest
from botocore.client import BaseClient
from moto import mock_aws

from iotcloud.adapters.archives import S3Archives
from iotcloud.adapters.parking import ParkingQueue
from iotcloud.dynamodb import bind
from iotcloud.groups.store import DeviceGroupRow, DeviceGroupStore
from tests import recorded_calls
from tests.aws_rights import Right, rights_of
from tests.fakes.devices import make_device
from tests.recorded_calls import Recorder, differences, read_file, together, write_file

REGION = "eu-west-1"


@pytest.fixture
def recorder(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Recorder]:
    """Give a recorder that notes beside the one of this run."""
    monkeypatch.setattr(BaseClient, "_make_api_call", BaseClient._make_api_call)  # type: ignore[attr-defined]
    monkeypatch.setattr(botocore.signers, "generate_presigned_url", botocore.signers.generate_presigned_url)
    recorder = Recorder()
    recorder.start()
    with mock_aws():
        yield recorder


@pytest.mark.parametrize(
    ("service", "operation", "members", "rights"),
    [
        ("dynamodb", "GetItem", {"TableName": "test-users"}, ["dynamodb:GetItem on users"]),
        ("dynamodb", "Query", {"TableName": "test-a", "IndexName": "by_b"}, ["dynamodb:Query on a/index/by_b"]),
        (
            "dynamodb",
            "BatchGetItem",
            {"RequestItems": {"test-a": {}, "test-b": {}}},
            ["dynamodb:BatchGetItem on a", "dynamodb:BatchGetItem on b"],
        ),
        (
            "dynamodb",
            "TransactWriteItems",
            {
                "TransactItems": [
                    {"ConditionCheck": {"TableName": "test-a"}},
                    {"Delete": {"TableName": "test-b"}},
                    {"Put": {"TableName": "test-c"}},
                    {"Update": {"TableName": "test-d"}},
                ]
            },
            [
                "dynamodb:ConditionCheckItem on a",
                "dynamodb:DeleteItem on b",
                "dynamodb:PutItem on c",
                "dynamodb:UpdateItem on d",
            ],
        ),
        ("sqs", "SendMessageBatch", {"QueueUrl": "q"}, ["sqs:SendMessage on [QueueUrl q]"]),
        (
            "s3",
            "DeleteObjects",
            {"Bucket": "b", "Delete": {"Objects": [{"Key": "k"}]}},
            ["s3:DeleteObject on [Bucket b]/[Key k]"],
        ),
        ("s3", "ListObjectsV2", {"Bucket": "b"}, ["s3:ListBucket on [Bucket b]"]),
        (
            "iot",
            "DetachThingPrincipal",
            {"thingName": "x"},
            ["iot:DetachThingPrincipal on cert/<id>", "iot:DetachThingPrincipal on thing/<deviceid>"],
        ),
        ("iot-data", "Publish", {"topic": "PH80/a/b"}, ["iot:Publish on topic/<deviceid>/a/b"]),
        ("sns", "Publish", {"PhoneNumber": "+65"}, ["sns:Publish on <phone>"]),
        (
            "sns",
            "SetPlatformApplicationAttributes",
            {"Attributes": {"FailureFeedbackRoleArn": "r"}},
            [
                "sns:SetPlatformApplicationAttributes on app/<platform>/<AWS::StackName>",
                "iam:PassRole on <LogRoleArn>",
            ],
        ),
        (
            "sesv2",
            "SendEmail",
            {"FromEmailAddress": "a"},
            ["ses:SendEmail on identity/[FromEmailAddress a]", "ses:SendEmail on identity/<Identity>"],
        ),
        ("cognito-idp", "AdminGetUser", {"UserPoolId": "p"}, ["cognito-idp:AdminGetUser on [UserPoolId p]"]),
    ],
)
def test_a_request_asks_for_these_rights(service: str, operation: str, members: Any, rights: list[str]) -> None:
    found = rights_of(service, operation, members, lambda member, value: f"[{member} {value}]")

    assert [str(right) for right in found] == rights


def test_a_request_that_is_new_is_no_request_without_rights() -> None:
    with pytest.raises(KeyError):
        list(rights_of("iot", "CreateJob", {}, lambda *_: ""))


def test_a_call_is_noted_under_the_public_method_with_the_field_that_names_the_place(recorder: Recorder) -> None:
    url = boto3.client("sqs", region_name=REGION).create_queue(QueueName="parked")["QueueUrl"]

    ParkingQueue(url, REGION).park({"body": "why"})

    assert recorder.calls() == {"adapters.parking:ParkingQueue.park": ["sqs:SendMessage {queue_url}"]}


def test_every_call_of_a_store_is_noted_each_time_it_asks_for_something_else(recorder: Recorder) -> None:
    bind(DeviceGroupRow, "test-", REGION)
    DeviceGroupRow.create_table(billing_mode="PAY_PER_REQUEST")
    store = DeviceGroupStore()
    store.add("ann", "Barns")
    for _ in range(2):
        store.add_member("ann", "Barns", make_device())

    assert recorder.calls() == {
        "groups.store:DeviceGroupStore.add": ["dynamodb:PutItem device_groups"],
        "groups.store:DeviceGroupStore.add_member": [
            "dynamodb:PutItem device_groups",
            "dynamodb:UpdateItem device_groups",
        ],
    }


def test_a_link_counts_as_the_call_that_it_allows(recorder: Recorder) -> None:
    S3Archives("archives", REGION).link("ann/1.zip", 60)

    assert recorder.calls() == {"adapters.archives:S3Archives.link": ["s3:GetObject {bucket}/<key>"]}


def test_what_tests_ask_for_themselves_is_not_noted(recorder: Recorder) -> None:
    boto3.client("sqs", region_name=REGION).create_queue(QueueName="other")

    assert recorder.notes == set()


def test_a_run_tells_what_is_new_and_a_whole_run_what_is_left_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorded_calls, "FILE", tmp_path / "calls.json")
    kept = {"b:C.d": ["sqs:SendMessage {other}", "sqs:SendMessage {url}"]}
    seen = {"b:C.d": ["sqs:SendMessage {url}"], "b:C.e": ["ssm:GetParameter parameter{name}"]}
    write_file(kept)

    new = ["b:C.e asks for ssm:GetParameter parameter{name}: not in calls.json"]
    assert read_file() == kept
    assert list(differences(kept, is_whole=True)) == []
    assert list(differences(seen, is_whole=False)) == new
    assert list(differences(seen, is_whole=True)) == [
        *new,
        "b:C.d asks for sqs:SendMessage {other}: in calls.json, and no test does it",
    ]


def test_a_right_reads_as_an_action_on_a_resource() -> None:
    assert str(Right("dynamodb:Query", "messages")) == "dynamodb:Query on messages"


def test_what_some_tests_saw_is_added_to_what_others_saw() -> None:
    assert together({"a": ["2"], "b": ["3"]}, {"a": ["1", "2"], "c": ["4"]}) == {
        "a": ["1", "2"],
        "b": ["3"],
        "c": ["4"],
    }


def test_a_call_is_noted_with_the_lambda_function_that_makes_it(recorder: Recorder) -> None:
    recorder.notes |= {("functions.a", "b:C.d", "x:Y z"), ("", "b:C.e", "x:Y z"), ("functions.a", "b:C.d", "x:Z z")}

    assert recorder.entries() == {"functions.a": ["b:C.d"]}

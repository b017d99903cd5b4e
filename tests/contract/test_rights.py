"""Each role allows exactly the AWS calls of its function's code; the comparison finds every difference."""

import json
import re
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from tests.aws_rights import Right
from tests.contract.deployment import Node, as_list, read_deployment, values
from tests.contract.rights import covers, differences, unreached, unseen
from tests.recorded_calls import read_file

DEPLOYMENT = read_deployment()
POLICY_CHARACTERS = 10_240
"""Maximum size of a role's inline policies, without white space (AWS IAM quotas)."""
LONGEST = {"AWS::Partition": 10, "AWS::Region": 14, "AWS::AccountId": 12, "AWS::StackName": 40}
ARN_CHARACTERS = 120
"""Placeholder of any other reference: an ARN with a stack's name of 40 characters."""
MESSAGES = {"Fn::GetAtt": ["Data", "Outputs.MessagesTableArn"]}
Change = Callable[[list[Node]], Any]


def changed(role: str, change: Change) -> list[str]:
    """Change the policies of a role, and return the differences."""
    deployment = deepcopy(DEPLOYMENT)
    change(list(values(deployment.root.resources()[role], "PolicyDocument")))
    return list(differences(deployment, read_file()))


def with_right(role: str, **members: Any) -> list[str]:
    """Add a statement to a role, and return the differences."""
    statement = {"Effect": "Allow", "Action": "dynamodb:Query", "Resource": MESSAGES} | members
    return changed(role, lambda policies: policies[-1]["Statement"].append(statement))


def on(policies: list[Node], table: str) -> list[Node]:
    """The statements that name a table."""
    statements = [one for policy in policies for one in policy["Statement"]]
    return [one for one in statements if f"Outputs.{table}TableArn" in str(one)]


def test_roles_allow_what_the_code_can_ask_for_and_nothing_else() -> None:
    assert list(differences(DEPLOYMENT, read_file())) == []


def test_tests_make_each_call_that_the_code_can_make() -> None:
    assert list(unseen(read_file())) == []


def test_a_call_that_the_code_was_not_seen_to_reach_is_named() -> None:
    seen = ["devices.store.tables:read_devices", "users.store:UserStore.erase"]

    assert list(unreached({"functions.check_inactivity": seen, "functions.erase_data": seen[1:]})) == [
        "functions.check_inactivity calls users.store:UserStore.erase: its code was not seen to reach that"
    ]


def test_a_role_is_small_enough() -> None:
    for name, role in DEPLOYMENT.root.resources("AWS::IAM::Role").items():
        documents = [_deployed(document) for document in values(role, "PolicyDocument")]
        assert len(json.dumps(documents, separators=(",", ":"))) < POLICY_CHARACTERS, name


def _deployed(node: Any) -> Any:
    """A policy with the longest possible text for each reference."""
    match node:
        case {"Fn::Sub": text}:
            return re.sub(r"\$\{([\w:.]+)\}", lambda one: "x" * LONGEST.get(one[1], ARN_CHARACTERS), str(text))
        case {"Fn::GetAtt": _} | {"Ref": _}:
            return "x" * ARN_CHARACTERS
        case dict():
            return {key: _deployed(value) for key, value in node.items()}
        case list():
            return [_deployed(value) for value in node]
        case _:
            return node


def test_a_right_that_only_a_repeated_call_needs_is_missed() -> None:
    """The store reads both rows at once as soon as it knows which device a name meant."""

    def change(policies: list[Node]) -> None:
        for statement in on(policies, "DeviceNames"):
            statement["Action"] = [one for one in as_list(statement["Action"]) if one != "dynamodb:BatchGetItem"]

    (line,) = changed("SensorianRole", change)

    assert line.startswith(
        "SensorianFunction may not dynamodb:BatchGetItem on device_names: readings.forwarding:Forwarder"
    )
    assert line.endswith(" by devices.store:DeviceStore.find")


def test_a_table_is_not_taken_for_another() -> None:
    def change(policies: list[Node]) -> None:
        (memories,) = (one for one in on(policies, "DeviceStates") if "dynamodb:PutItem" in one["Action"])
        memories["Resource"] = {"Fn::GetAtt": ["Data", "Outputs.UsersTableArn"]}

    lines = changed("SensorianRole", change)

    assert "SensorianRole grants dynamodb:PutItem on users that nothing uses" in lines
    assert any(line.startswith("SensorianFunction may not dynamodb:PutItem on device_states: ") for line in lines)


def test_a_role_without_policies_lacks_what_lambda_needs_as_well() -> None:
    lines = changed("HistorianRole", lambda policies: [policy["Statement"].clear() for policy in policies])

    assert "HistorianFunction may not sqs:ReceiveMessage on MessagesQueue: its queue" in lines
    assert "HistorianFunction may not logs:PutLogEvents on HistorianLogs: its log" in lines
    assert "HistorianFunction may not xray:PutTraceSegments on *: its traces" in lines


@pytest.mark.parametrize(
    ("action", "resource", "named"),
    [
        ("dynamodb:Scan", MESSAGES, "messages"),
        ("dynamodb:Query", {"Fn::Sub": "${Data.Outputs.MessagesTableArn}/index/by_owner"}, "messages/index/by_owner"),
        ("iot:Publish", {"Fn::Sub": "arn:${AWS::Partition}:iot:${AWS::Region}:${AWS::AccountId}:topic/*"}, "topic/*"),
        ("s3:GetObject", {"Fn::Sub": "${Notices.Outputs.NoticesBucketArn}/notices/*"}, "NoticesBucket/notices/*"),
        ("sqs:SendMessage", {"Fn::GetAtt": ["Accounts", "Outputs.ExportsQueueArn"]}, "ExportsQueue"),
        ("sts:AssumeRole", "*", "*"),
    ],
)
def test_a_right_that_nothing_uses_is_named(action: str, resource: Any, named: str) -> None:
    lines = with_right("HistorianRole", Action=action, Resource=resource)

    assert lines == [f"HistorianRole grants {action} on {named} that nothing uses"]


def test_one_action_too_many_on_a_table_that_is_used_is_named() -> None:
    lines = with_right("HistorianRole", Action=["dynamodb:BatchWriteItem", "dynamodb:Query"])

    assert lines == ["HistorianRole grants dynamodb:Query on messages that nothing uses"]


def test_what_is_denied_is_not_allowed() -> None:
    (line,) = with_right("HistorianRole", Effect="Deny", Action="dynamodb:BatchWriteItem")

    assert line.startswith("HistorianFunction may not dynamodb:BatchWriteItem on messages: ")


def test_what_is_denied_and_not_needed_is_no_difference() -> None:
    assert with_right("HistorianRole", Effect="Deny", Action="dynamodb:DeleteItem") == []


@pytest.mark.parametrize(
    ("members", "named"),
    [
        ({"NotAction": "dynamodb:Scan"}, "HistorianRole has NotAction, which allows what nobody listed"),
        ({"NotResource": MESSAGES}, "HistorianRole has NotResource, which allows what nobody listed"),
        (
            {"Condition": {"StringEquals": {"aws:PrincipalTag/team": "x"}}, "Action": "dynamodb:BatchWriteItem"},
            "HistorianRole has a condition on aws:PrincipalTag/team, which is not compared",
        ),
    ],
)
def test_what_cannot_be_compared_is_refused(members: Node, named: str) -> None:
    assert named in with_right("HistorianRole", **members)


@pytest.mark.parametrize(
    ("grant", "needed", "is_covered"),
    [
        (Right("dynamodb:Query", "messages"), Right("dynamodb:Query", "messages"), True),
        (Right("dynamodb:*", "messages*"), Right("dynamodb:Query", "messages/index/by_owner"), True),
        (Right("DynamoDB:query", "*"), Right("dynamodb:Query", "users"), True),
        (Right("dynamodb:Query", "messages"), Right("dynamodb:Query", "messages/index/by_owner"), False),
        (Right("dynamodb:Query", "messages"), Right("dynamodb:GetItem", "messages"), False),
        (Right("iot:Publish", "topic/*/rcv_configuration"), Right("iot:Publish", "topic/<deviceid>/x"), False),
        (Right("iot:DeleteThing", "thing/one"), Right("iot:DeleteThing", "thing/<deviceid>"), False),
    ],
)
def test_wildcards_cover_what_they_match(grant: Right, needed: Right, is_covered: bool) -> None:
    assert covers(grant, needed) is is_covered


def test_what_the_code_can_call_and_no_test_calls_is_named() -> None:
    calls = read_file()
    del calls["devices.store:DeviceStore.rename"]
    calls["devices.store:DeviceStore.find"].remove("dynamodb:BatchGetItem device_names")
    del calls["adapters.device_notices:ModemSender.send"]

    assert sorted(unseen(calls)) == [
        "no test has adapters.device_notices:ModemSender.send send what it sends",
        "no test has devices.store:DeviceStore.find ask for dynamodb:BatchGetItem device_names",
        "no test has devices.store:DeviceStore.rename ask for dynamodb:DeleteItem device_names",
        "no test has devices.store:DeviceStore.rename ask for dynamodb:PutItem device_names",
    ]

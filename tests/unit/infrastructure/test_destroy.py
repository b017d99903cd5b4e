"""Removing a stack: rejections, the confirmation, and retries after a failed deletion."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest

from infrastructure import templates
from infrastructure.destroy import __main__ as command
from infrastructure.destroy import contents, stacks
from tests.fakes.aws_account import REGION, Answer, FakeAccount

NAME = "iotcloud"
STACK_ID = f"arn:aws:cloudformation:{REGION}:123456789012:stack/{NAME}/1"
NESTED_ID = f"arn:aws:cloudformation:{REGION}:123456789012:stack/{NAME}-Data/2"
AT = datetime(2026, 11, 25, tzinfo=UTC)
DESCRIPTION = "iotcloud: as the template describes itself"
AWS = FakeAccount()
"""Shared by all tests; each sets its responses."""


class Formation:
    """A stack with a nested one in CloudFormation; deletions fail a given number of times."""

    def __init__(self, status: str = "UPDATE_COMPLETE", failures: int = 0, **described: Any) -> None:
        self.status = status
        self.failures = failures
        self.described = {"Description": DESCRIPTION, **described}
        self.deletions: list[Mapping[str, Any]] = []

    def describe(self, request: Mapping[str, Any]) -> Any:
        name = request["StackName"]
        if name == NESTED_ID:
            return {"Stacks": [self._stack(NESTED_ID, f"{NAME}-Data")]}
        if name == STACK_ID or (name == NAME and self.status != "DELETE_COMPLETE"):
            return {"Stacks": [self._stack(STACK_ID, NAME)]}
        return "ValidationError"

    def _stack(self, identifier: str, name: str) -> dict[str, Any]:
        return {
            "StackId": identifier,
            "StackName": name,
            "CreationTime": AT,
            "StackStatus": self.status,
            **self.described,
        }

    def resources(self, request: Mapping[str, Any]) -> Any:
        status = self.status if self.status.startswith("DELETE") else "CREATE_COMPLETE"
        own = (
            [("DevicesTable", "AWS::DynamoDB::Table", "iotcloud-devices", status)]
            if request["StackName"] == NESTED_ID
            else [
                ("Data", stacks.NESTED_STACK, NESTED_ID, status),
                ("Bucket", "AWS::S3::Bucket", "iotcloud-bucket", status),
                ("ApiLogAccountRole", "AWS::IAM::Role", "iotcloud-role", "DELETE_SKIPPED"),
            ]
        )
        return {
            "StackResourceSummaries": [
                {
                    "LogicalResourceId": logical,
                    "ResourceType": kind,
                    "PhysicalResourceId": physical,
                    "ResourceStatus": one,
                    "LastUpdatedTimestamp": AT,
                }
                for logical, kind, physical, one in own
            ]
        }

    def events(self, request: Mapping[str, Any]) -> Any:
        """Return events of a user pool that an update replaced and retained, and of one that it deleted."""
        found = [("eu-west-1_old", "DELETE_SKIPPED"), ("eu-west-1_gone", "DELETE_COMPLETE")]
        return {
            "StackEvents": [
                {
                    "StackId": STACK_ID,
                    "EventId": identifier,
                    "StackName": NAME,
                    "Timestamp": AT,
                    "LogicalResourceId": "UserPool",
                    "PhysicalResourceId": identifier,
                    "ResourceType": "AWS::Cognito::UserPool",
                    "ResourceStatus": status,
                }
                for identifier, status in (found if request["StackName"] == NESTED_ID else [])
            ]
        }

    def delete(self, request: Mapping[str, Any]) -> Any:
        self.deletions.append(dict(request))
        if self.failures:
            self.failures -= 1
            self.status = "DELETE_FAILED"
        else:
            self.status = "DELETE_COMPLETE"
        return {}

    def deleted(self, request: Mapping[str, Any]) -> Any:
        if self.status != "DELETE_COMPLETE":
            return {"StackSummaries": []}
        nested = {"ParentId": STACK_ID, "StackName": NAME, "StackId": NESTED_ID}
        own = {"StackName": NAME, "StackId": STACK_ID}
        return {
            "StackSummaries": [{**one, "CreationTime": AT, "StackStatus": "DELETE_COMPLETE"} for one in (nested, own)]
        }


@pytest.fixture
def dealt_with(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Record actions on resources instead of running them, and skip waits."""
    done: list[str] = []

    def kind(name: str) -> contents.Kind:
        def note(what: str) -> Any:
            return lambda account, identifier: done.append(f"{what} {identifier}")

        return contents.Kind(lambda account, identifier: f"{name} {identifier}", note("release"), note("delete"))

    kinds = {name: kind(name) for name in ("AWS::S3::Bucket", "AWS::DynamoDB::Table", "AWS::Cognito::UserPool")}
    monkeypatch.setattr(command, "KINDS", kinds)
    monkeypatch.setattr(stacks.time, "sleep", lambda seconds: None)
    monkeypatch.setattr(templates, "names", lambda stacks, kind, name_property: [])
    monkeypatch.setattr(command, "_account", lambda session: contents.Account(session.client, pause=lambda s: None))
    return done


def destroy(monkeypatch: pytest.MonkeyPatch, formation: Formation | None, *arguments: str) -> int:
    found = formation or Formation("DELETE_COMPLETE")
    answers: dict[str, Answer] = {
        "cloudformation:DescribeStacks": found.describe if formation else "ValidationError",
        "cloudformation:ListStacks": found.deleted if formation else {"StackSummaries": []},
        "cloudformation:ListStackResources": found.resources,
        "cloudformation:DescribeStackEvents": found.events,
        "cloudformation:DeleteStack": found.delete,
        "sts:GetCallerIdentity": {"Account": "123456789012"},
    }
    session = AWS.answer(answers).session
    monkeypatch.setattr(boto3.session, "Session", lambda **_: session)
    return command.main(arguments)


def test_a_stack_is_emptied_and_removed_with_what_it_leaves(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], dealt_with: list[str]
) -> None:
    formation = Formation()
    assert destroy(monkeypatch, formation, "--confirm", NAME) == 0

    assert formation.deletions == [{"StackName": STACK_ID}]
    assert dealt_with == [
        "release iotcloud-bucket",
        "release iotcloud-devices",
        "release eu-west-1_old",
        "delete iotcloud-bucket",
        "delete iotcloud-devices",
        "delete eu-west-1_old",
    ]
    printed = capsys.readouterr().out
    assert "what will be lost:\n  AWS::S3::Bucket iotcloud-bucket" in printed
    assert "remains: iotcloud-role" in printed


@pytest.mark.parametrize("confirmation", [(), ("--confirm", ""), ("--confirm", "iotcloud2")])
def test_without_the_stacks_name_nothing_is_removed(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    dealt_with: list[str],
    confirmation: tuple[str, ...],
) -> None:
    formation = Formation()
    assert destroy(monkeypatch, formation, *confirmation) == 1

    assert formation.deletions == []
    assert dealt_with == []
    printed = capsys.readouterr()
    assert "AWS::DynamoDB::Table iotcloud-devices" in printed.out
    assert f"make destroy CONFIRM={NAME}" in printed.err


@pytest.mark.parametrize(
    ("described", "why"),
    [
        ({"Parameters": [{"ParameterKey": "Stage", "ParameterValue": "production"}]}, "production stack"),
        ({"Parameters": [{"ParameterKey": "Environment", "ParameterValue": "Prod"}]}, "production stack"),
        ({"Tags": [{"Key": "stage", "Value": "PRODUCTION"}]}, "production stack"),
        ({"Tags": [{"Key": "Environment", "Value": "live"}]}, "production stack"),
        ({"EnableTerminationProtection": True}, "termination protection"),
        ({"Description": "A shop"}, "no stack of this template"),
    ],
)
def test_a_stack_that_must_stay(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    dealt_with: list[str],
    described: dict[str, Any],
    why: str,
) -> None:
    formation = Formation(**described)
    assert destroy(monkeypatch, formation, "--confirm", NAME) == 1

    assert formation.deletions == []
    assert dealt_with == []
    assert why in capsys.readouterr().err


@pytest.mark.parametrize("status", ["UPDATE_IN_PROGRESS", "CREATE_IN_PROGRESS", "UPDATE_ROLLBACK_IN_PROGRESS"])
def test_a_stack_that_changes_is_left_alone(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], dealt_with: list[str], status: str
) -> None:
    assert destroy(monkeypatch, Formation(status), "--confirm", NAME) == 1
    assert status in capsys.readouterr().err
    assert dealt_with == []


def test_a_stage_that_is_not_production_may_go(monkeypatch: pytest.MonkeyPatch, dealt_with: list[str]) -> None:
    tags = [{"Key": "Stage", "Value": "trial"}, {"Key": "Team", "Value": "production"}]
    assert destroy(monkeypatch, Formation(Tags=tags), "--confirm", NAME) == 0


def test_a_deletion_that_failed_is_tried_again(monkeypatch: pytest.MonkeyPatch, dealt_with: list[str]) -> None:
    formation = Formation("DELETE_FAILED", failures=1)
    assert destroy(monkeypatch, formation, "--confirm", NAME) == 0

    assert formation.deletions == [{"StackName": STACK_ID}] * 2
    assert dealt_with.count("release iotcloud-bucket") == 2


def test_a_deletion_that_goes_on_failing_is_told_of(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], dealt_with: list[str]
) -> None:
    assert destroy(monkeypatch, Formation(failures=9), "--confirm", NAME) == 1

    printed = capsys.readouterr()
    assert "DevicesTable (AWS::DynamoDB::Table) could not be deleted" in printed.out
    assert "could not be deleted" in printed.err
    assert not any(one.startswith("delete ") for one in dealt_with)


def test_a_deletion_under_way_is_waited_for(monkeypatch: pytest.MonkeyPatch, dealt_with: list[str]) -> None:
    formation = Formation("DELETE_IN_PROGRESS")
    polls = iter(range(3))

    def finish(seconds: float) -> None:
        if next(polls) == 2:
            formation.status = "DELETE_COMPLETE"

    monkeypatch.setattr(command, "_account", lambda session: contents.Account(session.client, pause=finish))
    assert destroy(monkeypatch, formation, "--confirm", NAME) == 0
    assert formation.deletions == []


def test_a_run_that_was_cut_short_after_the_stack_was_gone_is_finished(
    monkeypatch: pytest.MonkeyPatch, dealt_with: list[str]
) -> None:
    formation = Formation("DELETE_COMPLETE")
    assert destroy(monkeypatch, formation, "--confirm", NAME) == 0

    assert formation.deletions == []
    assert dealt_with == ["delete iotcloud-bucket", "delete iotcloud-devices", "delete eu-west-1_old"]


def test_a_name_that_no_stack_has(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], dealt_with: list[str]
) -> None:
    assert destroy(monkeypatch, None, "--confirm", NAME) == 0
    assert "there is no stack of this name" in capsys.readouterr().out


def test_kept_data_needs_protected_data(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], dealt_with: list[str]
) -> None:
    assert destroy(monkeypatch, Formation(), "--confirm", NAME, "--keep-data") == 1
    assert "DataProtection=true" in capsys.readouterr().err


def test_kept_data_outlives_the_stack(monkeypatch: pytest.MonkeyPatch, dealt_with: list[str]) -> None:
    protected = [{"ParameterKey": "DataProtection", "ParameterValue": "true"}]
    formation = Formation(failures=1, Parameters=protected)
    assert destroy(monkeypatch, formation, "--confirm", NAME, "--keep-data") == 0

    assert formation.deletions[0] == {"StackName": STACK_ID}
    assert formation.deletions[1] == {"StackName": STACK_ID, "RetainResources": ["Data", "Bucket"]}
    assert dealt_with == []


def test_a_call_that_is_denied_can_be_made_good(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], dealt_with: list[str]
) -> None:
    formation = Formation()
    monkeypatch.setattr(formation, "delete", lambda request: "AccessDenied")
    assert destroy(monkeypatch, formation, "--confirm", NAME) == 1
    assert "run it again" in capsys.readouterr().err

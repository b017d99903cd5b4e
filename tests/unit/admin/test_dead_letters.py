"""Which queues of a stack wait for a person, and where their messages go back to."""

import json
from dataclasses import dataclass, field
from typing import Any

import pytest

from admin.dead_letters import DeadLetterQueue, find_dead_letter_queues, redrive

ARN = "arn:aws:sqs:eu-west-1:123456789012:"
QUEUES = {
    "triggers": "triggers-dead",
    "triggers-dead": "",
    "receipts": "both-dead",
    "messages": "both-dead",
    "both-dead": "",
    "unusable": "",
}
"""Each queue, and its dead-letter queue."""


class FakeCloudFormation:
    """A stack with queues and two nested stacks, listed in pages of one."""

    listed = {  # noqa: RUF012 never changed
        "iotcloud": [("AWS::CloudFormation::Stack", "a"), ("AWS::IAM::Role", "r"), ("AWS::CloudFormation::Stack", "b")],
        "a": [("AWS::SQS::Queue", name) for name in list(QUEUES)[:2]],
        "b": [("AWS::SQS::Queue", name) for name in list(QUEUES)[2:]],
    }

    def get_paginator(self, name: str) -> "FakeCloudFormation":
        assert name == "list_stack_resources"
        return self

    def paginate(self, StackName: str) -> list[dict[str, Any]]:  # noqa: N803 the service's spelling
        return [
            {"StackResourceSummaries": [{"ResourceType": kind, "PhysicalResourceId": name}]}
            for kind, name in self.listed[StackName]
        ]


@dataclass
class FakeSqs:
    """The queues, and the started redrives."""

    moved: list[dict[str, str]] = field(default_factory=list)

    def get_queue_attributes(self, QueueUrl: str, AttributeNames: list[str]) -> dict[str, Any]:  # noqa: N803
        dead = QUEUES[QueueUrl]
        policy = (
            {"RedrivePolicy": json.dumps({"deadLetterTargetArn": ARN + dead, "maxReceiveCount": 5})} if dead else {}
        )
        return {"Attributes": {"QueueArn": ARN + QueueUrl, "ApproximateNumberOfMessages": "3", **policy}}

    def start_message_move_task(self, **asked: str) -> None:
        self.moved.append(asked)


@pytest.fixture
def rooms() -> dict[str, DeadLetterQueue]:
    return {room.queue.name: room for room in find_dead_letter_queues(FakeCloudFormation(), FakeSqs(), "iotcloud")}


def test_each_queue_without_a_dead_letter_queue_waits_for_a_person(rooms: dict[str, DeadLetterQueue]) -> None:
    assert {name: [one.name for one in room.sources] for name, room in rooms.items()} == {
        "both-dead": ["messages", "receipts"],
        "triggers-dead": ["triggers"],
        "unusable": [],
    }
    assert {room.queue.waiting for room in rooms.values()} == {3}


@pytest.mark.parametrize(
    ("name", "asked"),
    [
        ("triggers-dead", {"SourceArn": ARN + "triggers-dead", "DestinationArn": ARN + "triggers"}),
        ("both-dead", {"SourceArn": ARN + "both-dead"}),
    ],
)
def test_messages_go_back_to_where_they_came_from(
    rooms: dict[str, DeadLetterQueue], name: str, asked: dict[str, str]
) -> None:
    sqs = FakeSqs()

    redrive(sqs, rooms[name])

    assert sqs.moved == [asked]

"""Lists the stack's dead-letter queues and redrives them."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

QUEUE = "AWS::SQS::Queue"
STACK = "AWS::CloudFormation::Stack"


@dataclass(frozen=True)
class Queue:
    """One queue of the stack."""

    name: str
    arn: str
    waiting: int
    """Approximate number of visible messages, from SQS."""
    dead_letter_arn: str
    """ARN of its dead-letter queue; empty if it has none."""


@dataclass(frozen=True)
class DeadLetterQueue:
    """A dead-letter queue, and the queues whose failed messages it receives."""

    queue: Queue
    sources: tuple[Queue, ...]


def find_dead_letter_queues(cloudformation: Any, sqs: Any, stack_name: str) -> list[DeadLetterQueue]:
    """Find the dead-letter queues of a stack and its nested stacks: two requests per queue and one per stack."""
    queues = sorted((_describe(sqs, url) for url in _queue_urls(cloudformation, stack_name)), key=lambda one: one.name)
    return [
        DeadLetterQueue(queue, tuple(one for one in queues if one.dead_letter_arn == queue.arn))
        for queue in queues
        if not queue.dead_letter_arn
    ]


def redrive(sqs: Any, queue: DeadLetterQueue) -> None:
    """Start moving all messages back to their source queue.

    A single source is passed explicitly, because events from EventBridge or SNS have no source queue.
    """
    named = {"DestinationArn": queue.sources[0].arn} if len(queue.sources) == 1 else {}
    sqs.start_message_move_task(SourceArn=queue.queue.arn, **named)


def _queue_urls(cloudformation: Any, stack_name: str) -> Iterator[str]:
    for page in cloudformation.get_paginator("list_stack_resources").paginate(StackName=stack_name):
        for resource in page["StackResourceSummaries"]:
            if resource["ResourceType"] == QUEUE:
                yield resource["PhysicalResourceId"]
            elif resource["ResourceType"] == STACK:
                yield from _queue_urls(cloudformation, resource["PhysicalResourceId"])


def _describe(sqs: Any, url: str) -> Queue:
    asked = sqs.get_queue_attributes(
        QueueUrl=url, AttributeNames=["QueueArn", "ApproximateNumberOfMessages", "RedrivePolicy"]
    )["Attributes"]
    arn = asked["QueueArn"]
    policy = json.loads(asked.get("RedrivePolicy", "{}"))
    waiting = int(asked["ApproximateNumberOfMessages"])
    return Queue(arn.rpartition(":")[2], arn, waiting, policy.get("deadLetterTargetArn", ""))

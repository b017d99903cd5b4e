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
    """Messages that could be read now, as SQS guesses."""
    dead_letter_arn: str
    """Where its messages go that nobody could handle; empty when they go nowhere."""


@dataclass(frozen=True)
class DeadLetterQueue:
    """A queue that no function reads, and those that it takes messages from."""

    queue: Queue
    sources: tuple[Queue, ...]


def find_dead_letter_queues(cloudformation: Any, sqs: Any, stack_name: str) -> list[DeadLetterQueue]:
    """Find those of a stack and of the stacks in it, by name: two requests for each queue and one for each stack."""
    queues = sorted((_describe(sqs, url) for url in _queue_urls(cloudformation, stack_name)), key=lambda one: one.name)
    return [
        DeadLetterQueue(queue, tuple(one for one in queues if one.dead_letter_arn == queue.arn))
        for queue in queues
        if not queue.dead_letter_arn
    ]


def redrive(sqs: Any, queue: DeadLetterQueue) -> None:
    """Begin to move all that waits back to the queue that it came from.

    Where there is but one it is named, since events that EventBridge or SNS could not deliver came from no queue.
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

"""Jobs in their queues (moto)."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from moto import mock_aws

from iotcloud.adapters.job_queues import ErasureQueue, ExportQueue, VerifiedNumberQueue
from iotcloud.errors import DependencyFailed
from iotcloud.histories.personal_data import MessagesOfDevice
from iotcloud.jobs import read_erasure, read_export, read_verified_number
from iotcloud.notices.verified_numbers import VerifiedNumber
from iotcloud.users.account_deletion import Erasure
from iotcloud.users.exports import Export

REGION = "eu-west-1"
AT = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@pytest.fixture
def sqs(environment: dict[str, str]) -> Iterator[Any]:
    with mock_aws():
        yield boto3.client("sqs", region_name=REGION)


@pytest.fixture
def queue_url(sqs: Any) -> str:
    return str(sqs.create_queue(QueueName="orders")["QueueUrl"])


def received(sqs: Any, queue_url: str) -> str:
    (message,) = sqs.receive_message(QueueUrl=queue_url)["Messages"]
    return str(message["Body"])


def test_an_erasure_is_queued(sqs: Any, queue_url: str) -> None:
    ErasureQueue(queue_url, REGION).request(Erasure("ada", AT))

    assert read_erasure(received(sqs, queue_url)) == Erasure("ada", AT)


@pytest.mark.parametrize("delay", [timedelta(minutes=15), timedelta(hours=1)])
def test_an_erasure_for_later_waits_as_long_as_a_queue_can(sqs: Any, queue_url: str, delay: timedelta) -> None:
    ErasureQueue(queue_url, REGION).request(Erasure("ada", AT, 1), delay)

    attributes = sqs.get_queue_attributes(QueueUrl=queue_url, AttributeNames=["ApproximateNumberOfMessagesDelayed"])
    assert attributes["Attributes"] == {"ApproximateNumberOfMessagesDelayed": "1"}


def test_the_messages_of_a_device_wait_until_those_on_their_way_have_arrived(sqs: Any, queue_url: str) -> None:
    ErasureQueue(queue_url, REGION).request_messages(MessagesOfDevice("PH80", "r1"))

    attributes = sqs.get_queue_attributes(QueueUrl=queue_url, AttributeNames=["ApproximateNumberOfMessagesDelayed"])
    assert attributes["Attributes"] == {"ApproximateNumberOfMessagesDelayed": "1"}


def test_an_export_is_queued(sqs: Any, queue_url: str) -> None:
    export = Export("ada", "id-1", AT)

    ExportQueue(queue_url, REGION).request(export)

    assert read_export(received(sqs, queue_url)) == export


def test_a_phone_is_queued(sqs: Any, queue_url: str) -> None:
    VerifiedNumberQueue(queue_url, REGION).adopt_number("ada", "+6500000000")

    assert read_verified_number(received(sqs, queue_url)) == VerifiedNumber("ada", "+6500000000")


@pytest.mark.usefixtures("sqs")
def test_an_order_that_was_not_taken_fails() -> None:
    gone = f"https://sqs.{REGION}.amazonaws.com/123456789012/gone"

    with pytest.raises(DependencyFailed):
        ErasureQueue(gone, REGION).request(Erasure("ada", AT))

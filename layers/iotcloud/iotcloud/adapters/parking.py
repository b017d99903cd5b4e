"""The dead-letter queue of unusable messages, kept for 14 days for inspection."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from iotcloud.adapters.aws import CLIENT_CONFIG
from iotcloud.errors import DependencyFailed

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import SendMessageBatchRequestEntryTypeDef

MAX_ENTRIES = 10
MAX_BATCH_BYTES = 256 * 1024
"""Messages and bytes of one SendMessageBatch (Amazon SQS quotas); AWS takes 1 MiB meanwhile, older regions may not."""


@dataclass
class ParkingQueue:
    """Parks messages in an SQS queue."""

    queue_url: str
    region: str

    @cached_property
    def _sqs(self) -> "SQSClient":
        # Importing boto3 takes a quarter of a second, and most invocations park nothing.
        import boto3

        return boto3.client("sqs", region_name=self.region, config=CLIENT_CONFIG)

    def park(self, bodies: Mapping[str, str]) -> None:
        """Store bodies, each with the reason why it is unusable. Raise DependencyFailed when one was refused.

        A redelivered batch is parked again: at least once.
        """
        for batch in _batches(bodies):
            answer = self._sqs.send_message_batch(QueueUrl=self.queue_url, Entries=batch)
            if answer.get("Failed"):
                raise DependencyFailed("messages could not be parked")


def _batches(bodies: Mapping[str, str]) -> Iterator[Sequence["SendMessageBatchRequestEntryTypeDef"]]:
    batch: list[SendMessageBatchRequestEntryTypeDef] = []
    size = 0
    for body, reason in bodies.items():
        bytes_of_body = len(body.encode()) + len(reason)
        if batch and (len(batch) == MAX_ENTRIES or size + bytes_of_body > MAX_BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(
            {
                "Id": str(len(batch)),
                "MessageBody": body,
                "MessageAttributes": {"reason": {"DataType": "String", "StringValue": reason}},
            }
        )
        size += bytes_of_body
    if batch:
        yield batch

"""The delivery queue: one record per notice to be sent."""

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Protocol

from botocore.exceptions import BotoCoreError, ClientError

from iotcloud.batches import Failures
from iotcloud.clock import Clock
from iotcloud.errors import DependencyFailed
from iotcloud.notices.delivery import Delivered
from iotcloud.notices.ledger import Notice

if TYPE_CHECKING:
    from datetime import datetime

    from mypy_boto3_sqs import SQSClient

MAX_ENTRIES = 10
"""Messages of one SendMessageBatch (Amazon SQS quotas)."""


@dataclass(frozen=True)
class NoticeQueue:
    """Posts notices, by their key alone: the text stays in the ledger."""

    client: Callable[[], "SQSClient"]
    queue_url: str

    def post(self, notices: Sequence[Notice]) -> None:
        """Queue notices; raise DependencyFailed when one was refused. Posting one twice does no harm."""
        for start in range(0, len(notices), MAX_ENTRIES):
            entries: list[Any] = [
                {"Id": str(place), "MessageBody": _key(one)}
                for place, one in enumerate(notices[start : start + MAX_ENTRIES])
            ]
            try:
                answer = self.client().send_message_batch(QueueUrl=self.queue_url, Entries=entries)
            except (ClientError, BotoCoreError) as failed:
                raise DependencyFailed("notices could not be queued") from failed
            if answer.get("Failed"):
                raise DependencyFailed("notices could not be queued")


class Courier(Protocol):
    def deliver(self, deviceid: str, notice_id: str, now: "datetime", *, is_redriven: bool = False) -> Delivered: ...


@dataclass(frozen=True)
class Round:
    """The records of a batch to redeliver."""

    waiting: Sequence[str]
    """Notices whose next attempt is not due."""
    failures: Failures


@dataclass(frozen=True)
class NoticeRounds:
    """Passes the queue's records to the delivery, and delays waiting ones by their visibility timeout.

    Notices with only temporary failures go to the dead-letter queue, for a redrive by an operator.
    """

    client: Callable[[], "SQSClient"]
    queue_url: str
    dead_letter_queue_url: str
    courier: Courier
    clock: Clock

    def deliver_all(self, records: Sequence[Mapping[str, Any]]) -> "Round":
        """Deliver the notices of a batch; a record with which anything fails is reported alone."""
        failures, waiting = Failures(), list[str]()
        for record in records:
            with failures.confined([record["messageId"]]):
                if not self.deliver(record):
                    waiting.append(record["messageId"])
        return Round(waiting, failures)

    def deliver(self, record: Mapping[str, Any]) -> bool:
        """Deliver the notice of one record. False to redeliver the record."""
        key = json.loads(record["body"])
        is_redriven = key.get("again", False)
        delivered = self.courier.deliver(key["device"], key["notice"], self.clock(), is_redriven=is_redriven)
        if delivered.notice is not None and delivered.notice.is_exhausted:
            self.client().send_message(
                QueueUrl=self.dead_letter_queue_url, MessageBody=_key(delivered.notice, again=True)
            )
        if delivered.retry_after is None:
            return True
        self._hide(record["receiptHandle"], delivered.retry_after)
        return False

    def _hide(self, receipt_handle: str, time: timedelta) -> None:
        self.client().change_message_visibility(
            QueueUrl=self.queue_url, ReceiptHandle=receipt_handle, VisibilityTimeout=math.ceil(time.total_seconds())
        )


def _key(notice: Notice, **marks: bool) -> str:
    return json.dumps({"device": notice.deviceid, "notice": notice.notice_id, **marks})

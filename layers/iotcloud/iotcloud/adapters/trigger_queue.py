"""The notifier's queue, for triggers that the server makes itself."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from iotcloud import ingest
from iotcloud.errors import DependencyFailed

if TYPE_CHECKING:
    from mypy_boto3_sqs.client import SQSClient

MAX_ENTRIES = 10
"""Messages of one SendMessageBatch (Amazon SQS quotas)."""


@dataclass(frozen=True)
class TriggerQueue:
    """Sends triggers as the rule for devices' triggers does."""

    client: Callable[[], "SQSClient"]
    queue_url: str

    def send(self, triggers: Sequence[ingest.DeviceMessage]) -> None:
        """Queue triggers; raise DependencyFailed when one was refused. Queueing one twice does no harm."""
        for start in range(0, len(triggers), MAX_ENTRIES):
            entries = [
                {"Id": str(place), "MessageBody": ingest.write_message(trigger)}
                for place, trigger in enumerate(triggers[start : start + MAX_ENTRIES])
            ]
            try:
                answer = self.client().send_message_batch(QueueUrl=self.queue_url, Entries=entries)  # type: ignore[arg-type]
            except (ClientError, BotoCoreError) as failed:
                raise DependencyFailed("triggers could not be queued") from failed
            if answer.get("Failed"):
                raise DependencyFailed("triggers could not be queued")

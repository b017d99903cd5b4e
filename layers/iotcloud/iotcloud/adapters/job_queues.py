"""Queues of background jobs of accounts. A function processes each, and the queue retries failures."""

from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from math import ceil
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from iotcloud.adapters.aws import CLIENT_CONFIG
from iotcloud.errors import DependencyFailed
from iotcloud.histories.personal_data import MessagesOfDevice
from iotcloud.jobs import write_certificate, write_erasure, write_export, write_messages, write_phone
from iotcloud.notices.verified_numbers import VerifiedNumber
from iotcloud.provisioning.model import RevokedCertificate
from iotcloud.users.account_deletion import Erasure
from iotcloud.users.exports import Export

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

LONGEST_DELAY = timedelta(minutes=15)
"""Amazon SQS quotas, "Message timers"."""
ARRIVAL = timedelta(seconds=20)
"""By then the historian has written or refused everything that the device sent before its deletion."""

DETACHMENT = timedelta(minutes=1)
"""Longer than the "several seconds" that AWS IoT takes to detach (API reference, DetachThingPrincipal)."""


@dataclass
class JobQueue:
    """One SQS queue."""

    queue_url: str
    region: str

    @cached_property
    def _sqs(self) -> "SQSClient":
        import boto3

        return boto3.client("sqs", region_name=self.region, config=CLIENT_CONFIG)

    def send(self, body: str, delay: timedelta = timedelta()) -> None:
        """Queue an order; raise DependencyFailed when it was not taken."""
        seconds = max(0, ceil(min(delay, LONGEST_DELAY).total_seconds()))
        try:
            self._sqs.send_message(QueueUrl=self.queue_url, MessageBody=body, DelaySeconds=seconds)
        except (ClientError, BotoCoreError) as failed:
            raise DependencyFailed from failed


class ErasureQueue(JobQueue):
    """Queue of erasure jobs for deleted accounts and devices."""

    def request(self, erasure: Erasure, delay: timedelta = timedelta()) -> None:
        """Queue an erasure, delayed at most by the maximum of SQS."""
        self.send(write_erasure(erasure), delay)

    def request_messages(self, messages: MessagesOfDevice) -> None:
        """Queue the erasure of a device's messages, delayed until those in flight have arrived."""
        self.send(write_messages(messages), ARRIVAL)

    def request_certificate(self, certificate: RevokedCertificate) -> None:
        """Have a revoked certificate deleted, by when AWS IoT has detached it; raise DependencyFailed."""
        self.send(write_certificate(certificate), DETACHMENT)


class ExportQueue(JobQueue):
    """Orders for archives."""

    def request(self, export: Export) -> None:
        """Order an archive."""
        self.send(write_export(export))


class VerifiedNumberQueue(JobQueue):
    """Phones that were verified."""

    def adopt_number(self, username: str, phone_number: str) -> None:
        """Have the user's devices write to a number."""
        self.send(write_phone(VerifiedNumber(username, phone_number)))

"""E-mail through Amazon SES (API v2)."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from iotcloud.adapters.aws_outcomes import outcome
from iotcloud.notices.delivery import DeliveryRefused
from iotcloud.notices.ledger import Notice
from iotcloud.notices.receipts import mail_tags

if TYPE_CHECKING:
    from mypy_boto3_sesv2 import SESV2Client

SUBJECT = "Notice from your device"
"""One subject for all notices of devices. The text says what happened."""
SUBJECTS = {
    "CONFIRMATION": "Please confirm that you want notices",
    "CREDITS": "Your message credits",
    "FEEDBACK": "Feedback of a user",
    "PAYMENT": "Your payment",
}
"""Subjects of the platform's own mails, by the source of their notice."""


class SesMail:
    """Sends notices as plain text."""

    def __init__(self, client: Callable[[], "SESV2Client"], sender: str, configuration_set: str = "") -> None:
        self._client = client
        self._sender = sender
        self._options: dict[str, Any] = {"ConfigurationSetName": configuration_set} if configuration_set else {}

    def send(self, notice: Notice) -> str:
        """Send; the tags come back in every event of the configuration set, and so tie receipts to it."""
        if not self._sender:
            raise DeliveryRefused("no sender address is set up")
        with outcome():
            answer = self._client().send_email(
                FromEmailAddress=self._sender,
                Destination={"ToAddresses": [notice.target]},
                Content={
                    "Simple": {
                        "Subject": {"Data": SUBJECTS.get(notice.source, SUBJECT)},
                        "Body": {"Text": {"Data": notice.text}},
                    }
                },
                EmailTags=[{"Name": name, "Value": value} for name, value in mail_tags(notice).items()],
                **self._options,
            )
        return answer["MessageId"]

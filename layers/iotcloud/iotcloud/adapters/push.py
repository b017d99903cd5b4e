"""Push messages to phones, through Amazon SNS to Firebase Cloud Messaging and Apple's service."""

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from iotcloud.adapters.aws_outcomes import outcome
from iotcloud.notices.delivery import DeliveryRefused
from iotcloud.notices.ledger import Notice

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient

TITLE = "Notice from your device"
TIME_TO_LIVE_SECONDS = 30
"""A push that comes later is of no use (device protocol, timing summary)."""
MAX_TEXT = 1000
"""Characters; the services take 4 KB with all that is around the text."""


class SnsPush:
    """Sends to one phone. A notice's target is `{service}:{token}`, the service spelled as in the contract.

    `applications` maps services to the ARNs of SNS platform applications, which a deploy step makes: CloudFormation
    has no type for them.
    """

    def __init__(self, client: Callable[[], "SNSClient"], applications: Mapping[str, str]) -> None:
        self._client = client
        self._applications = applications

    def send(self, notice: Notice) -> str:
        service, _, token = notice.target.partition(":")
        application = self._applications.get(service)
        if not application:
            raise DeliveryRefused(f"push through {service} is not set up")
        with outcome():
            # Making an endpoint again that exists answers the one that is there.
            endpoint = self._client().create_platform_endpoint(PlatformApplicationArn=application, Token=token)
            answer = self._client().publish(
                TargetArn=endpoint["EndpointArn"],
                MessageStructure="json",
                Message=json.dumps({"default": notice.text[:MAX_TEXT], **_bodies(application, notice)}),
            )
        return answer["MessageId"]


def _bodies(application: str, notice: Notice) -> dict[str, str]:
    """The message in the form of the application's platform, which its ARN names: `.../app/GCM/...`."""
    platform = application.split(":")[-1].split("/")[1]
    text = notice.text[:MAX_TEXT]
    if platform == "GCM":
        message: dict[str, Any] = {
            "notification": {"title": TITLE, "body": text},
            "android": {"ttl": f"{TIME_TO_LIVE_SECONDS}s", "priority": "normal"},
            "data": {"notice": notice.notice_id},
        }
        return {platform: json.dumps({"fcmV1Message": {"message": message}})}
    return {platform: json.dumps({"aps": {"alert": {"title": TITLE, "body": text}}, "notice": notice.notice_id})}

"""Push messages to phones, through Amazon SNS to Firebase Cloud Messaging and Apple's service."""

import json
import re
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
_ENDPOINT = re.compile(r"arn:[^ ]+:endpoint/[^ ]+")


class SnsPush:
    """Sends to one phone. A notice's target is `{service}:{token}`, the service spelled as in the contract.

    `applications` maps services to the ARNs of SNS platform applications, which the stack makes by a custom
    resource (functions/manage_push_applications.py).
    """

    def __init__(self, client: Callable[[], "SNSClient"], applications: Mapping[str, str]) -> None:
        self._client = client
        self._applications = applications

    def send(self, notice: Notice) -> str:
        service, _, token = notice.target.partition(":")
        application = self._applications.get(service)
        if not application:
            raise DeliveryRefused(f"push through {service} is not set up")
        platform = application.split(":")[-1].split("/")[1]  # its ARN ends in app/{platform}/{name}
        with outcome():
            return self._publish(
                TargetArn=self._endpoint(application, token),
                MessageStructure="json",
                Message=json.dumps({"default": notice.text[:MAX_TEXT], **_bodies(platform, notice)}),
                MessageAttributes=_attributes(platform),
            )

    def _endpoint(self, application: str, token: str) -> str:
        """Make a phone's endpoint, or find the one that is there.

        One that is there as it would be made is answered, one that differs (disabled) is named in the refusal alone
        (SNS developer guide, "Create a platform endpoint and manage device tokens").
        """
        sns = self._client()
        try:
            return sns.create_platform_endpoint(PlatformApplicationArn=application, Token=token)["EndpointArn"]
        except sns.exceptions.InvalidParameterException as refused:
            named = _ENDPOINT.search(str(refused))
            if named is None:
                raise
            return named[0]

    def _publish(self, **message: Any) -> str:
        """Publish. A disabled endpoint is enabled first, since its app registered again.

        Endpoints without a new registration are removed by Amazon SNS's event of disabling them.
        """
        sns = self._client()
        try:
            return sns.publish(**message)["MessageId"]
        except sns.exceptions.EndpointDisabledException:
            sns.set_endpoint_attributes(EndpointArn=message["TargetArn"], Attributes={"Enabled": "true"})
            return sns.publish(**message)["MessageId"]


def _attributes(platform: str) -> dict[str, Any]:
    """Attributes that Apple reads from headers, and FCM from the message (SNS developer guide, "Mobile push
    attributes").
    """
    if platform == "GCM":
        return {}
    values = {f"AWS.SNS.MOBILE.{platform}.TTL": str(TIME_TO_LIVE_SECONDS), "AWS.SNS.MOBILE.APNS.PUSH_TYPE": "alert"}
    return {name: {"DataType": "String", "StringValue": value} for name, value in values.items()}


def _bodies(platform: str, notice: Notice) -> dict[str, str]:
    """The message in the form of the application's platform."""
    text = notice.text[:MAX_TEXT]
    if platform == "GCM":
        message: dict[str, Any] = {
            "notification": {"title": TITLE, "body": text},
            "android": {"ttl": f"{TIME_TO_LIVE_SECONDS}s", "priority": "normal"},
            "data": {"notice": notice.notice_id},
        }
        return {platform: json.dumps({"fcmV1Message": {"message": message}})}
    return {platform: json.dumps({"aps": {"alert": {"title": TITLE, "body": text}}, "notice": notice.notice_id})}

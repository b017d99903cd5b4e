"""Push applications at Amazon SNS, their secrets, and the answers that CloudFormation waits for."""

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from iotcloud.errors import DependencyFailed

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_ssm import SSMClient

ANSWER_SECONDS = 5.0
ANSWER_TRIES = 3
MAX_REASON = 500
"""Characters; an answer has 4,096 bytes in all (AWS CloudFormation user guide, "Custom resource response objects")."""
Answer = TypeVar("Answer")
NOTHING_MADE = "none"
"""The physical id of a failed creation. CloudFormation requests its deletion too."""


class SnsPushApplications:
    """Keeps platform applications, each under the ARN that its platform and its name make."""

    def __init__(self, client: Callable[[], "SNSClient"]) -> None:
        self._client = client

    def put(self, arn: str, attributes: Mapping[str, str]) -> None:
        """Change the application, or make it. Amazon SNS holds the credentials against the push service."""
        sns = self._client()
        platform, _, name = arn.rpartition(":app/")[2].partition("/")

        def change_or_make() -> None:
            try:
                sns.set_platform_application_attributes(PlatformApplicationArn=arn, Attributes=attributes)
            except sns.exceptions.NotFoundException:
                sns.create_platform_application(Name=name, Platform=platform, Attributes=attributes)

        _or_say_why(change_or_make)

    def remove(self, arn: str) -> None:
        """Remove the application with its endpoints."""
        _or_say_why(lambda: self._client().delete_platform_application(PlatformApplicationArn=arn))


class SecretParameters:
    """Secrets by the names of their SSM parameters, without a cache."""

    def __init__(self, client: Callable[[], "SSMClient"]) -> None:
        self._client = client

    def read(self, name: str) -> str:
        """Return a secret; raise DependencyFailed with the reason."""
        answer = _or_say_why(lambda: self._client().get_parameter(Name=name, WithDecryption=True))
        return answer["Parameter"]["Value"]


class StackAnswers:
    """Sends responses to CloudFormation, to the URLs in its requests."""

    def succeed(self, event: Mapping[str, Any], physical_id: str) -> None:
        """Report success, with this physical id."""
        _tell(event, {"Status": "SUCCESS", "PhysicalResourceId": physical_id})

    def fail(self, event: Mapping[str, Any], reason: str) -> None:
        """Report failure, with its reason."""
        made = event.get("PhysicalResourceId", NOTHING_MADE)
        _tell(event, {"Status": "FAILED", "PhysicalResourceId": made, "Reason": reason[:MAX_REASON]})


def _tell(event: Mapping[str, Any], answer: Mapping[str, str]) -> None:
    from urllib3 import PoolManager, Retry

    whose = {name: event[name] for name in ("StackId", "RequestId", "LogicalResourceId")}
    retries = Retry(ANSWER_TRIES, backoff_factor=0.5, status_forcelist=(500, 502, 503, 504), allowed_methods=None)
    with PoolManager(retries=retries, timeout=ANSWER_SECONDS) as http:
        # The address is signed for a body of no type (the same guide, "cfn-response module").
        told = http.request(
            "PUT", event["ResponseURL"], body=json.dumps({**whose, **answer}), headers={"Content-Type": ""}
        )
    if told.status >= 400:
        raise DependencyFailed(f"CloudFormation refused the answer: {told.status}")


def _or_say_why(ask: Callable[[], Answer]) -> Answer:
    try:
        return ask()
    except (ClientError, BotoCoreError) as failed:
        raise DependencyFailed(_reason(failed)) from None


def _reason(failed: ClientError | BotoCoreError) -> str:
    if isinstance(failed, ClientError):
        error = failed.response.get("Error", {})
        return f"{error.get('Code', '')}: {error.get('Message', '')}"
    return type(failed).__name__

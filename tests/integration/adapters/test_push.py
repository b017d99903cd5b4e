"""Push messages with moto's SNS: one endpoint per phone, bodies in the platforms' format, invalid tokens rejected."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import boto3
import pytest
from moto.core import DEFAULT_ACCOUNT_ID
from moto.sns.models import sns_backends

from iotcloud.adapters.push import TITLE, SnsPush
from iotcloud.notices.delivery import DeliveryRefused
from iotcloud.notification_blocks.model import Channel
from tests.unit.notices.test_delivery import NOTICE

PHONE = replace(NOTICE, channel=Channel.NOTIFICATION, recipient="Android", target="GCM:token-1")


@pytest.fixture
def sns(client: Callable[[str], Any]) -> Any:
    return client("sns")


@pytest.fixture
def push(sns: Any) -> SnsPush:
    def application(platform: str) -> str:
        answer = sns.create_platform_application(
            Name=f"test-{platform.lower()}", Platform=platform, Attributes={"PlatformCredential": "credential"}
        )
        return str(answer["PlatformApplicationArn"])

    return SnsPush(lambda: sns, {"GCM": application("GCM"), "APNS": application("APNS_SANDBOX")})


def messages(sns: Any, token: str) -> list[dict[str, Any]]:
    """The messages of an endpoint."""
    backend = sns_backends[DEFAULT_ACCOUNT_ID]["eu-west-1"]
    (endpoint,) = (one for one in backend.platform_endpoints.values() if one.token == token)
    return [json.loads(text) for text in endpoint.messages.values()]


def test_an_android_phone_gets_a_message_of_fcm_v1(sns: Any, push: SnsPush) -> None:
    assert push.send(PHONE)

    (message,) = messages(sns, "token-1")
    sent = json.loads(message["GCM"])["fcmV1Message"]["message"]
    assert sent["notification"] == {"title": TITLE, "body": "Hello"}
    assert sent["android"] == {"ttl": "30s", "priority": "normal"}
    assert message["default"] == "Hello"


def test_an_iphone_gets_a_message_of_apns_under_its_applications_platform(sns: Any, push: SnsPush) -> None:
    push.send(replace(PHONE, target="APNS:token-2"))

    (message,) = messages(sns, "token-2")
    assert json.loads(message["APNS_SANDBOX"])["aps"] == {"alert": {"title": TITLE, "body": "Hello"}}
    assert "APNS" not in message


def test_a_phone_keeps_its_endpoint(sns: Any, push: SnsPush) -> None:
    push.send(PHONE)
    push.send(replace(PHONE, notice_id="n2"))

    assert len(messages(sns, "token-1")) == 2


def test_an_endpoint_that_was_disabled_is_enabled_for_a_phone_that_is_registered(sns: Any, push: SnsPush) -> None:
    push.send(PHONE)
    (application,) = (
        one["PlatformApplicationArn"]
        for one in sns.list_platform_applications()["PlatformApplications"]
        if "GCM" in one["PlatformApplicationArn"]
    )
    (endpoint,) = sns.list_endpoints_by_platform_application(PlatformApplicationArn=application)["Endpoints"]
    sns.set_endpoint_attributes(EndpointArn=endpoint["EndpointArn"], Attributes={"Enabled": "false"})

    assert push.send(replace(PHONE, notice_id="n2"))

    assert len(messages(sns, "token-1")) == 2
    assert sns.get_endpoint_attributes(EndpointArn=endpoint["EndpointArn"])["Attributes"]["Enabled"] == "true"


def test_a_push_for_apple_says_how_long_it_is_of_use() -> None:
    sent: list[dict[str, Any]] = []

    class Sns:
        exceptions = boto3.client("sns", region_name="eu-west-1").exceptions

        def create_platform_endpoint(self, **_: str) -> dict[str, str]:
            return {"EndpointArn": "endpoint"}

        def publish(self, **message: Any) -> dict[str, str]:
            sent.append(message)
            return {"MessageId": "push-1"}

    arns = {"GCM": "arn:aws:sns:eu-west-1:1:app/GCM/a", "APNS": "arn:aws:sns:eu-west-1:1:app/APNS_SANDBOX/a"}
    push = SnsPush(lambda: Sns(), arns)  # type: ignore[arg-type, return-value]
    push.send(replace(PHONE, target="APNS:token-2"))
    push.send(PHONE)

    apple, android = ({name: one["StringValue"] for name, one in s["MessageAttributes"].items()} for s in sent)
    assert apple == {"AWS.SNS.MOBILE.APNS_SANDBOX.TTL": "30", "AWS.SNS.MOBILE.APNS.PUSH_TYPE": "alert"}
    assert android == {}


def test_a_service_that_is_not_set_up_is_a_refusal(sns: Any) -> None:
    with pytest.raises(DeliveryRefused, match="push through GCM is not set up"):
        SnsPush(lambda: sns, {"GCM": ""}).send(PHONE)

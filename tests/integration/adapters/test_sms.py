"""Text messages through Amazon SNS (moto) and AWS End User Messaging (stubbed responses)."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber
from moto.core import DEFAULT_ACCOUNT_ID
from moto.sns.models import sns_backends

from iotcloud.adapters.aws import SEND_CONFIG
from iotcloud.adapters.sms import MAX_TEXT, EndUserMessagingSms, SnsSms
from iotcloud.notices.delivery import DeliveryDeferred, DeliveryRefused, DeliveryUncertain
from iotcloud.notification_blocks.model import Channel
from tests.unit.notices.test_delivery import NOTICE

SMS = replace(NOTICE, channel=Channel.MOBILE, recipient="+6511111111", target="+6511111111")


def test_sns_takes_a_text_message_to_its_number(client: Callable[[str], Any]) -> None:
    sns = client("sns")

    provider_id = SnsSms(lambda: sns, "iotcloud").send(SMS)

    assert sns_backends[DEFAULT_ACCOUNT_ID]["eu-west-1"].sms_messages == {provider_id: ("+6511111111", "Hello")}


def test_a_long_text_is_cut_to_what_one_request_takes(client: Callable[[str], Any]) -> None:
    sns = client("sns")

    provider_id = SnsSms(lambda: sns).send(replace(SMS, text="x" * 3000))

    _, text = sns_backends[DEFAULT_ACCOUNT_ID]["eu-west-1"].sms_messages[provider_id]
    assert len(text) == MAX_TEXT


def test_a_number_that_is_none_is_a_refusal(client: Callable[[str], Any]) -> None:
    sns = client("sns")

    with pytest.raises(DeliveryRefused, match="InvalidParameter"):
        SnsSms(lambda: sns).send(replace(SMS, target="+"))


@pytest.fixture
def messaging(environment: dict[str, str]) -> Any:
    return boto3.client("pinpoint-sms-voice-v2", region_name="eu-west-1", config=SEND_CONFIG)


def test_end_user_messaging_gets_the_notices_reference_for_its_receipt(messaging: Any) -> None:
    with Stubber(messaging) as stub:
        stub.add_response(
            "send_text_message",
            {"MessageId": "eum-1"},
            {
                "DestinationPhoneNumber": "+6511111111",
                "MessageBody": "Hello",
                "MessageType": "TRANSACTIONAL",
                "Context": {"notice": SMS.reference},
                "OriginationIdentity": "+6599999999",
                "ConfigurationSetName": "receipts",
            },
        )

        assert EndUserMessagingSms(lambda: messaging, "+6599999999", "receipts").send(SMS) == "eum-1"
        stub.assert_no_pending_responses()


@pytest.mark.parametrize(
    ("code", "status", "outcome"),
    [
        ("ThrottlingException", 400, DeliveryDeferred),
        ("InternalServerException", 500, DeliveryUncertain),
        ("ConflictException", 400, DeliveryRefused),
        ("ValidationException", 400, DeliveryRefused),
    ],
)
def test_each_failure_of_end_user_messaging_has_its_outcome(
    messaging: Any, code: str, status: int, outcome: type[Exception]
) -> None:
    with Stubber(messaging) as stub:
        stub.add_client_error("send_text_message", code, "the reason", status)

        with pytest.raises(outcome, match=f"{code}: the reason"):
            EndUserMessagingSms(lambda: messaging, "").send(SMS)


def test_what_the_service_would_not_take_is_refused_before_it_is_asked(messaging: Any) -> None:
    with Stubber(messaging) as stub:
        stub.add_response("send_text_message", {"MessageId": "eum-1"})

        with pytest.raises(DeliveryRefused, match="not as the service takes it"):
            EndUserMessagingSms(lambda: messaging, "").send(replace(SMS, target=""))

"""E-mail with moto's SES: sent mails, and the mapping of SES's errors."""

from collections.abc import Callable
from typing import Any

import pytest
from moto.core import DEFAULT_ACCOUNT_ID
from moto.sesv2.models import sesv2_backends

from iotcloud.adapters.mail import SUBJECT, SesMail
from iotcloud.notices.delivery import DeliveryRefused
from tests.unit.notices.test_delivery import NOTICE

SENDER = "notices@example.com"


@pytest.fixture
def ses(client: Callable[[str], Any]) -> Any:
    return client("sesv2")


def test_a_notice_is_mailed_as_plain_text_and_tagged(ses: Any) -> None:
    ses.create_email_identity(EmailIdentity=SENDER)
    ses.create_configuration_set(ConfigurationSetName="receipts")

    provider_id = SesMail(lambda: ses, SENDER, "receipts").send(NOTICE)

    (sent,) = sesv2_backends[DEFAULT_ACCOUNT_ID]["eu-west-1"].core_backend.sent_messages
    assert sent.id == provider_id
    assert (sent.source, sent.subject, sent.body) == (SENDER, SUBJECT, "Hello")
    assert sent.destinations["ToAddresses"] == ["user@example.com"]


def test_a_sender_that_is_not_verified_is_a_refusal(ses: Any) -> None:
    with pytest.raises(DeliveryRefused, match="not verified"):
        SesMail(lambda: ses, SENDER).send(NOTICE)


def test_without_a_sender_nothing_is_asked_of_ses() -> None:
    with pytest.raises(DeliveryRefused, match="no sender address"):
        SesMail(lambda: pytest.fail("SES was asked"), "").send(NOTICE)

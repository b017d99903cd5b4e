"""Receipts of AWS's providers: parsed from real events, in any order and number, matched by each kind of reference."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from iotcloud.notices.ledger import Notice, State
from iotcloud.notices.receipts import Receipt, ReceiptDesk, ReceiptService, UnusableReceipt, mail_tags, read_event
from iotcloud.notification_blocks.model import Channel
from tests.fakes.notices import FakeLedger
from tests.unit.notices.test_delivery import AT, NOTICE

EVENTS = Path(__file__).parents[2] / "events" / "receipts"
MAIL_ID = "0102019301a2b3c4-5d6e7f80-0000-0000-0000-000000000000-000000"
TEXT_ID = "9539975a-e71f-45f3-b496-000000000000"
PUSH_ID = "bf9dfa59-75d9-5ae5-9ecf-000000000000"
SENT = NOTICE.begin(AT).accepted(MAIL_ID)


def event(name: str) -> str:
    return (EVENTS / f"{name}.json").read_text()


@dataclass
class FakeParking:
    parked: dict[str, str] = field(default_factory=dict)

    def park(self, bodies: Mapping[str, str]) -> None:
        self.parked.update(bodies)


@dataclass
class FakePhones:
    """See iotcloud.users.push_tokens.PushEndpointList."""

    forgotten: list[tuple[str, str]] = field(default_factory=list)

    def forget_phone(self, username: str, target: str) -> None:
        self.forgotten.append((username, target))


@dataclass
class Harness:
    """The receipt service and its dependencies."""

    ledger: FakeLedger = field(default_factory=FakeLedger)
    parking: FakeParking = field(default_factory=FakeParking)
    phones: FakePhones = field(default_factory=FakePhones)

    @property
    def desk(self) -> ReceiptDesk:
        return ReceiptDesk(ReceiptService(self.ledger), self.parking, self.phones)

    @property
    def notice(self) -> Notice:
        return self.ledger.kept["PH80", "n1"]


@pytest.fixture
def harness() -> Harness:
    harness = Harness()
    harness.ledger.enter(SENT)
    return harness


@pytest.mark.parametrize(
    ("name", "receipt"),
    [
        ("ses_delivered", Receipt(True, "PH80/n1", MAIL_ID)),
        (
            "ses_bounced",
            Receipt(False, "PH80/n1", MAIL_ID, "bounced: Permanent, General smtp; 550 5.1.1 user unknown"),
        ),
        ("ses_rejected", Receipt(False, "PH80/n1", MAIL_ID, "rejected: Bad content")),
        ("ses_delayed", None),
        ("text_delivered", Receipt(True, "PH80/n1", TEXT_ID)),
        ("text_without_context", Receipt(True, "", TEXT_ID)),
        ("text_blocked", Receipt(False, "PH80/n1", TEXT_ID, "BLOCKED: Phone number has opted out")),
        ("text_pending", None),
        ("text_unknown", None),
        (
            "push_unregistered",
            Receipt(
                False,
                "",
                PUSH_ID,
                "InvalidPlatformToken: Platform token associated with the endpoint is not valid",
                is_recipient_gone=True,
            ),
        ),
        ("push_undelivered", Receipt(False, "", PUSH_ID, "ServiceUnavailable: The push service did not answer")),
        ("push_endpoint_updated", None),
    ],
)
def test_each_event_is_read(name: str, receipt: Receipt | None) -> None:
    assert read_event(event(name)) == receipt


@pytest.mark.parametrize("deviceid", ["PH80", "a:b-c_d", "x" * 128])
def test_a_mails_tags_lead_back_to_its_notice(deviceid: str) -> None:
    notice = replace(NOTICE, deviceid=deviceid)
    delivered = json.loads(event("ses_delivered"))
    delivered["detail"]["mail"]["tags"] |= {name: [value] for name, value in mail_tags(notice).items()}

    receipt = read_event(json.dumps(delivered))

    assert receipt is not None
    assert receipt.reference == notice.reference
    assert all(len(value) <= 256 for value in mail_tags(notice).values())


@pytest.mark.parametrize(
    "body",
    [
        "{",
        "[]",
        "5",
        '{"source": "aws.ses"}',
        '{"source": "aws.ses", "detail": {"eventType": "Delivery", "mail": {"tags": {"device": []}}}}',
        '{"source": "aws.sms-voice", "detail": {"eventType": 5}}',
        '{"source": "aws.s3", "detail": {}}',
        '{"Service": "SNS"}',
        '{"Service": "SNS", "EventType": "DeliveryFailure"}',
        "[" * 100_000,
    ],
)
def test_what_is_no_event_of_a_provider_is_parked(harness: Harness, body: str) -> None:
    with pytest.raises(UnusableReceipt):
        read_event(body)

    received = harness.desk.take_events([body, event("ses_delivered")])

    assert list(harness.parking.parked) == [body]
    assert received.parked.total() == 1
    assert harness.notice.state is State.DELIVERED


def test_a_receipt_makes_a_sent_notice_delivered(harness: Harness) -> None:
    received = harness.desk.take_events([event("ses_delivered")])

    assert (harness.notice.state, harness.notice.attempts) == (State.DELIVERED, SENT.attempts)
    assert received.states == {"delivered": 1}


def test_a_receipt_makes_a_sent_notice_failed_and_says_why(harness: Harness) -> None:
    harness.desk.take_events([event("ses_bounced")])

    assert (harness.notice.state, harness.notice.is_success) == (State.FAILED, False)
    assert "user unknown" in harness.notice.reason


@pytest.mark.parametrize("names", [["ses_delivered"] * 3, ["ses_delivered", "ses_bounced"]])
def test_a_final_word_is_not_taken_back(harness: Harness, names: list[str]) -> None:
    harness.desk.take_events([event(name) for name in names])

    assert harness.notice.state is State.DELIVERED


def test_a_receipt_before_the_couriers_own_word_closes_the_attempt(harness: Harness) -> None:
    harness.ledger.kept["PH80", "n1"] = NOTICE.begin(AT)

    harness.desk.take_events([event("ses_delivered")])

    assert (harness.notice.state, harness.notice.provider_id) == (State.DELIVERED, MAIL_ID)
    assert [attempt.outcome for attempt in harness.notice.attempts] == ["accepted"]


def test_a_receipt_settles_what_nobody_could_confirm(harness: Harness) -> None:
    harness.ledger.kept["PH80", "n1"] = NOTICE.begin(AT).unconfirmed("ReadTimeout")

    harness.desk.take_events([event("ses_delivered")])

    assert (harness.notice.state, harness.notice.reason, harness.notice.provider_id) == (State.DELIVERED, "", MAIL_ID)


def test_a_receipt_without_reference_finds_its_notice_by_the_providers_id(harness: Harness) -> None:
    harness.ledger.kept["PH80", "n1"] = NOTICE.begin(AT).accepted(TEXT_ID)

    harness.desk.take_events([event("text_without_context")])

    assert harness.notice.state is State.DELIVERED


@pytest.mark.parametrize("kept", [NOTICE, NOTICE.suppressed("quiet hours"), NOTICE.begin(AT).deferred("429")])
def test_a_receipt_for_what_was_not_sent_changes_nothing(harness: Harness, kept: Notice) -> None:
    harness.ledger.kept["PH80", "n1"] = kept

    harness.desk.take_events([event("ses_delivered")])

    assert harness.notice == kept


def test_receipts_of_other_mails_and_messages_are_counted_and_passed_over(harness: Harness) -> None:
    harness.ledger.kept.clear()

    received = harness.desk.take_events([event("ses_delivered"), event("text_without_context"), event("ses_delayed")])

    assert (received.states, received.passing) == ({"unknown": 2}, 1)
    assert harness.parking.parked == {}


def test_a_receipt_that_meets_the_courier_is_held_against_what_is_there_then(harness: Harness) -> None:
    @dataclass
    class Hurried(FakeLedger):
        """Another changes the notice between this one's read and its write, once."""

        is_calm: bool = False

        def replace(self, known: Notice, changed: Notice) -> Notice:
            if not self.is_calm:
                self.is_calm = True
                super().replace(known, known.accepted(MAIL_ID))
            return super().replace(known, changed)

    ledger = Hurried({("PH80", "n1"): NOTICE.begin(AT)})

    notice: Any = ReceiptService(ledger).take_receipt(Receipt(True, "PH80/n1", MAIL_ID))

    assert notice.state is State.DELIVERED
    assert ledger.kept["PH80", "n1"] == notice


@pytest.mark.parametrize(
    ("name", "forgotten"),
    [("push_unregistered", [("owner", "GCM:token-1")]), ("push_undelivered", []), ("push_endpoint_updated", [])],
)
def test_a_phone_that_nothing_reaches_any_more_is_forgotten(name: str, forgotten: list[tuple[str, str]]) -> None:
    harness = Harness()
    pushed = replace(NOTICE, owner="owner", channel=Channel.NOTIFICATION, recipient="Android", target="GCM:token-1")
    harness.ledger.enter(pushed.begin(AT).accepted(PUSH_ID))

    harness.desk.take_events([event(name), event(name)])

    assert list(dict.fromkeys(harness.phones.forgotten)) == forgotten
    assert harness.notice.state is (State.SENT if name == "push_endpoint_updated" else State.FAILED)


def test_an_unregistered_phone_of_nobodys_is_no_reason_to_forget_one(harness: Harness) -> None:
    received = harness.desk.take_events([event("push_unregistered")])

    assert received.states["unknown"] == 1
    assert harness.phones.forgotten == []

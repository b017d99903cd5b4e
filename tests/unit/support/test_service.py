"""Feedback is stored and mailed to the operator only; pages are the operator's or the default ones."""

from datetime import UTC, datetime

import pytest

from iotcloud.errors import TooManyRequests
from iotcloud.support.model import Page
from iotcloud.support.service import FeedbackData, SupportService, read_page
from tests.fakes.attempts import FakeAttempts
from tests.fakes.peripherals import FakeContacts
from tests.fakes.support import FakeFeedback, FakeMail

AT = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
OPERATOR = "operator@example.com"


def make(
    store: FakeFeedback, mail: FakeMail, operator: str = OPERATOR, attempts: FakeAttempts | None = None
) -> SupportService:
    addresses = {Page.TERMS: "https://example.com/terms", Page.FAQS: ""}
    return SupportService(store, attempts or FakeAttempts(), FakeContacts(), mail, lambda: AT, operator, addresses)


def test_feedback_is_kept_and_mailed_to_the_operator() -> None:
    store, mail = FakeFeedback(), FakeMail()

    make(store, mail).send_feedback("ann", "Works", 9, may_contact=True)

    (kept,) = store.kept
    assert (kept.username, kept.text, kept.rating, kept.may_contact, kept.at) == ("ann", "Works", 9, True, AT)
    assert mail.sent == {
        f"feedback-{kept.feedback_id}": (
            "ann",
            OPERATOR,
            "FEEDBACK",
            "Rating: 9 of 10\nFrom: user@example.com\n\nWorks\n",
        )
    }


def test_the_operator_is_not_told_the_address_of_who_wants_no_answer() -> None:
    mail = FakeMail()

    make(FakeFeedback(), mail).send_feedback("ann", "Works", 9, may_contact=False)

    ((_, _, _, text),) = mail.sent.values()
    assert "user@example.com" not in text


def test_without_an_operators_address_feedback_is_kept_alone() -> None:
    store, mail = FakeFeedback(), FakeMail()

    make(store, mail, operator="").send_feedback("ann", "Works", 9, may_contact=True)

    assert (len(store.kept), mail.sent) == (1, {})


def test_too_much_feedback_is_neither_kept_nor_mailed() -> None:
    store, mail = FakeFeedback(), FakeMail()
    service = make(store, mail, attempts=FakeAttempts(exhausted={"feedback"}))

    with pytest.raises(TooManyRequests):
        service.send_feedback("ann", "Works", 9, may_contact=True)
    assert (store.kept, mail.sent) == ([], {})


def test_a_users_feedback_is_in_their_archive() -> None:
    store = FakeFeedback()
    make(store, FakeMail()).send_feedback("ann", "Works", 9, may_contact=True)

    assert list(FeedbackData(store).export("ann")) == [
        {"at": AT.isoformat(), "text": "Works", "rating": 9, "may_contact": True}
    ]
    assert list(FeedbackData(store).export("bob")) == []


def test_pages_are_the_operators_or_the_packages() -> None:
    service = make(FakeFeedback(), FakeMail())

    assert service.find_address(Page.TERMS, "https://api/others/pages") == "https://example.com/terms"
    assert service.find_address(Page.FAQS, "https://api/others/pages") == "https://api/others/pages/faqs"
    assert service.find_address(Page.LICENSE, "https://api/others/pages") == "https://api/others/pages/license"


@pytest.mark.parametrize("page", list(Page))
def test_each_page_is_in_the_package(page: Page) -> None:
    text = read_page(page)

    assert text.startswith("<!doctype html>")
    assert "<script" not in text
    assert "{" not in text

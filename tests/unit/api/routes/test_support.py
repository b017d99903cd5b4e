"""Operations 12A to 12C and 12.1 over HTTP."""

from datetime import UTC, datetime
from typing import Any

import pytest

from iotcloud.support.model import Page
from iotcloud.support.service import SupportService
from iotcloud.wiring import Wiring
from tests.fakes.access_tokens import FakeTokens
from tests.fakes.api import call_api
from tests.fakes.attempts import FakeAttempts
from tests.fakes.peripherals import FakeContacts
from tests.fakes.support import FakeFeedback, FakeMail
from tests.parts import replace_part

ANN = FakeTokens.issue("ann")
AT = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
GOOD: dict[str, Any] = {"feedback": "Works", "rating": 9, "contactme": True, "recipient": "victim@example.com"}
API = "https://a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com/live"


@pytest.fixture
def mail() -> FakeMail:
    return FakeMail()


@pytest.fixture
def kept(wired: Wiring, mail: FakeMail) -> FakeFeedback:
    store = FakeFeedback()
    replace_part(wired, "users.rate_limiter", FakeAttempts())
    replace_part(
        wired,
        "support.service",
        SupportService(
            store,
            FakeAttempts(),
            FakeContacts(),
            mail,
            lambda: AT,
            "operator@example.com",
            {Page.PRIVACY: "https://example.com/privacy"},
        ),
    )
    return store


def test_feedback_is_taken_and_goes_to_no_recipient_of_the_clients(kept: FakeFeedback, mail: FakeMail) -> None:
    answer = call_api("POST", "/others/feedback", GOOD, ANN)

    assert (answer.status, answer.body) == (200, {"status": "OK", "message": "Done"})
    assert [one.text for one in kept.kept] == ["Works"]
    assert [address for _, address, _, _ in mail.sent.values()] == ["operator@example.com"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"feedback": ""}, "Empty parameter found"),
        ({"feedback": "x" * 4001}, "Invalid parameters"),
        ({"feedback": 5}, "Invalid parameters"),
        ({"rating": 0}, "Invalid parameters"),
        ({"rating": 11}, "Invalid parameters"),
        ({"rating": "9"}, "Invalid parameters"),
        ({"rating": 9.5}, "Invalid parameters"),
        ({"contactme": "true"}, "Invalid parameters"),
    ],
)
def test_feedback_that_cannot_be_is_refused(kept: FakeFeedback, changes: dict[str, Any], message: str) -> None:
    answer = call_api("POST", "/others/feedback", GOOD | changes, ANN)

    assert (answer.status, answer.body["message"], kept.kept) == (400, message, [])


@pytest.mark.parametrize("missing", ["feedback", "rating", "contactme"])
def test_feedback_with_a_member_missing_is_refused(kept: FakeFeedback, missing: str) -> None:
    answer = call_api("POST", "/others/feedback", {key: GOOD[key] for key in GOOD if key != missing}, ANN)

    assert (answer.status, answer.body["message"], kept.kept) == (400, "Parameters not included", [])


def test_addresses_are_told_in_the_contracts_shape(kept: FakeFeedback) -> None:
    faqs, about = (call_api("GET", path, token=ANN).body for path in ("/others/faqs", "/others/about"))

    assert faqs["url"] == {"faqs": f"{API}/others/pages/faqs"}
    assert about["url"] == {
        "terms": f"{API}/others/pages/terms",
        "privacy": "https://example.com/privacy",
        "license": f"{API}/others/pages/license",
    }


@pytest.mark.parametrize("page", list(Page))
def test_a_page_is_html_that_runs_no_script(kept: FakeFeedback, page: Page) -> None:
    answer = call_api("GET", f"/others/pages/{page}")

    assert answer.status == 200
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert "Content-Disposition" not in answer.headers
    assert answer.text.startswith("<!doctype html>")


def test_an_unknown_page_is_refused(kept: FakeFeedback) -> None:
    assert call_api("GET", "/others/pages/secrets").status == 400

"""Operations 8.10 and 8.11 over HTTP: the page that a link opens, and the button on it."""

import re
from html import unescape
from urllib.parse import urlencode

import pytest

from iotcloud.notices.confirmations import ConfirmationService
from iotcloud.notices.limits import Policy
from iotcloud.users.model import Contact
from iotcloud.wiring import Wiring
from tests.fakes.api import ApiAnswer, call_api
from tests.fakes.attempts import FakeAttempts
from tests.fakes.notices import FakeConfirmations, FakeCounters, FakeLedger, FakeOutbox
from tests.parts import replace_part
from tests.unit.notices.test_confirmations import AT, NOTICE

PATH = "/others/recipients/confirmation"
ASKER = "<b>ann</b>@example.com"


@pytest.fixture
def confirmations(wired: Wiring) -> FakeConfirmations:
    return FakeConfirmations()


@pytest.fixture
def token(wired: Wiring, confirmations: FakeConfirmations) -> str:
    """Ask a recipient, and return what the link holds."""
    outbox = FakeOutbox()
    service = ConfirmationService(
        confirmations, FakeCounters(), FakeLedger(), outbox, lambda: AT, "https://api.example.com"
    )
    replace_part(wired, "notices.confirmations", service)
    replace_part(wired, "users.rate_limiter", FakeAttempts())
    service.objection(NOTICE, "t1", Contact(ASKER, is_email_verified=True), Policy(), AT)
    return outbox.posted[0].text.rpartition("token=")[2]


def show(token: str) -> ApiAnswer:
    return call_api("GET", f"{PATH}?{urlencode({'token': token})}")


def post(token: str) -> ApiAnswer:
    return call_api("POST", PATH, raw_body=urlencode({"token": token}))


def is_confirmed(confirmations: FakeConfirmations) -> bool:
    (kept,) = confirmations.kept.values()
    return kept.confirmed_at is not None


def test_the_link_shows_a_button_and_confirms_nothing(token: str, confirmations: FakeConfirmations) -> None:
    for _ in range(3):
        answer = show(token)

    assert answer.status == 200
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert not is_confirmed(confirmations)


def test_the_button_confirms(token: str, confirmations: FakeConfirmations) -> None:
    page = show(token).text
    form = re.search(r'<form method="post" action="([^"]*)"><input type="hidden" name="token" value="([^"]*)">', page)
    assert form is not None
    assert form[1] == "confirmation"

    answer = post(unescape(form[2]))

    assert answer.status == 200
    assert is_confirmed(confirmations)


def test_what_an_owner_is_called_is_text_on_the_page(token: str) -> None:
    for answer in (show(token), post(token)):
        assert ASKER in unescape(answer.text)
        assert "<b>" not in answer.text


@pytest.mark.parametrize("wrong", ["", "x", "A" * 500, "\u00e4"])
def test_another_link_is_answered_not_found(token: str, wrong: str, confirmations: FakeConfirmations) -> None:
    assert show(wrong).status == 404
    assert call_api("GET", PATH).status == 404
    assert post(wrong).status in (400, 404)
    assert not is_confirmed(confirmations)


def test_tokens_cannot_be_tried_without_end(wired: Wiring, token: str) -> None:
    replace_part(wired, "users.rate_limiter", FakeAttempts(exhausted={"8.10", "8.11"}))

    assert show(token).status == 429
    assert post(token).status == 429

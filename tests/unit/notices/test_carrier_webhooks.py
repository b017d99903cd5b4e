"""Carriers' signatures, compared with their SDKs', and the mapping of their statuses."""

from typing import Any

import pytest
from twilio.request_validator import RequestValidator
from vonage_http_client import Auth

from iotcloud.notices.carrier_webhooks import (
    TWILIO_PATH,
    VONAGE_PATH,
    CarrierReceipts,
    is_signed_by_twilio,
    is_signed_by_vonage,
    twilio_url,
    vonage_reference,
)
from iotcloud.notices.ledger import State
from iotcloud.notices.receipts import ReceiptService
from iotcloud.wiring import Wiring
from tests.fakes.api import call_api
from tests.fakes.notices import FakeLedger
from tests.parts import replace_part
from tests.unit.notices.test_delivery import AT, NOTICE

BASE = "https://api.example.com/live"
TOKEN = "twilio-token"
SECRET = "vonage-signature-secret"
URL = twilio_url(BASE, "PH80/n1")
TWILIO: dict[str, str] = {
    "MessageSid": "SM1",
    "SmsSid": "SM1",
    "AccountSid": "AC1",
    "MessageStatus": "delivered",
    "From": "+15005550006",
    "To": "+6511111111",
    "ApiVersion": "2010-04-01",
    "RawDlrDoneDate": "",
}
VONAGE: dict[str, str] = {
    "msisdn": "6511111111",
    "to": "IOTCLOUD",
    "network-code": "52501",
    "messageId": "0A0000001234567B",
    "price": "0.0333",
    "status": "delivered",
    "scts": "2611231200",
    "err-code": "0",
    "api-key": "key",
    "client-ref": "PH80/n1",
    "message-timestamp": "2026-11-23 12:00:02",
    "timestamp": "1795435202",
    "nonce": "a&b=c",
}


def signed_by_twilio(members: dict[str, str], url: str = URL) -> str:
    return str(RequestValidator(TOKEN).compute_signature(url, members))


def signed_by_vonage(members: dict[str, str], method: Any = "sha256") -> dict[str, str]:
    auth = Auth(api_key="key", signature_secret=SECRET, signature_method=method)
    return {**members, "sig": auth.sign_params(dict(members))}


@pytest.fixture
def ledger(wired: Wiring) -> FakeLedger:
    ledger = FakeLedger({("PH80", "n1"): NOTICE.begin(AT).accepted("SM1")})
    credentials = f'{{"key": "AC1", "secret": "{TOKEN}", "signature": "{SECRET}"}}'
    replace_part(wired, "notices.carrier_receipts", CarrierReceipts(ReceiptService(ledger), lambda: credentials, BASE))
    return ledger


def call_twilio(members: dict[str, str], signature: str, notice: str = "PH80%2Fn1") -> Any:
    from urllib.parse import urlencode

    path = f"{TWILIO_PATH}?notice={notice}"
    return call_api("POST", path, raw_body=urlencode(members), headers={"X-Twilio-Signature": signature})


def test_what_twilios_sdk_signs_is_good() -> None:
    assert is_signed_by_twilio(URL, TWILIO, signed_by_twilio(TWILIO), TOKEN)
    assert RequestValidator(TOKEN).validate(URL, TWILIO, signed_by_twilio(TWILIO))


@pytest.mark.parametrize(
    ("url", "members", "token"),
    [
        (twilio_url(BASE, "PH80/n2"), TWILIO, TOKEN),
        (URL, TWILIO | {"MessageStatus": "failed"}, TOKEN),
        (URL, TWILIO | {"More": ""}, TOKEN),
        (URL, TWILIO, "another token"),
        (URL, TWILIO, ""),
    ],
)
def test_what_twilio_did_not_sign_is_not(url: str, members: dict[str, str], token: str) -> None:
    assert not is_signed_by_twilio(url, members, signed_by_twilio(TWILIO), token)


def test_an_empty_token_signs_nothing() -> None:
    assert not is_signed_by_twilio(URL, TWILIO, str(RequestValidator("").compute_signature(URL, TWILIO)), "")


@pytest.mark.parametrize("method", ["sha256", "sha512"])
def test_what_vonages_sdk_signs_is_good(method: str) -> None:
    assert is_signed_by_vonage(signed_by_vonage(VONAGE, method), SECRET)


@pytest.mark.parametrize("method", ["md5", "sha1"])
def test_a_weak_signature_is_not_taken(method: str) -> None:
    assert not is_signed_by_vonage(signed_by_vonage(VONAGE, method), SECRET)


@pytest.mark.parametrize(
    "changed", [{"status": "failed"}, {"client-ref": "PH80/n2"}, {"more": "x"}, {"sig": ""}, {"sig": "é" * 64}]
)
def test_what_vonage_did_not_sign_is_not(changed: dict[str, str]) -> None:
    assert not is_signed_by_vonage(signed_by_vonage(VONAGE) | changed, SECRET)
    assert not is_signed_by_vonage(signed_by_vonage(VONAGE), "")


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("delivered", State.DELIVERED),
        ("undelivered", State.FAILED),
        ("failed", State.FAILED),
        ("queued", State.SENT),
        ("sent", State.SENT),
        ("news", State.SENT),
    ],
)
def test_a_status_of_twilios_reaches_the_ledger(ledger: FakeLedger, status: str, state: State) -> None:
    members = TWILIO | {"MessageStatus": status, "ErrorCode": "30005"}

    answer = call_twilio(members, signed_by_twilio(members))

    assert (answer.status, answer.body["status"]) == (200, "OK")
    notice = ledger.kept["PH80", "n1"]
    assert notice.state is state
    assert notice.reason == (f"{status} 30005" if state is State.FAILED else "")


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("delivered", State.DELIVERED),
        ("expired", State.FAILED),
        ("failed", State.FAILED),
        ("rejected", State.FAILED),
        ("accepted", State.SENT),
        ("buffered", State.SENT),
        ("unknown", State.SENT),
    ],
)
def test_a_receipt_of_vonages_reaches_the_ledger(ledger: FakeLedger, status: str, state: State) -> None:
    answer = call_api("POST", VONAGE_PATH, signed_by_vonage(VONAGE | {"status": status}))

    assert answer.status == 200
    assert ledger.kept["PH80", "n1"].state is state


@pytest.mark.parametrize(
    ("signature", "notice"), [("", "PH80%2Fn1"), ("nonsense", "PH80%2Fn1"), (signed_by_twilio(TWILIO), "PH80%2Fn2")]
)
def test_a_call_that_twilio_did_not_sign_is_refused(ledger: FakeLedger, signature: str, notice: str) -> None:
    answer = call_twilio(TWILIO, signature, notice)

    assert (answer.status, answer.body["message"]) == (401, "Signature is invalid")
    assert ledger.kept["PH80", "n1"].state is State.SENT


@pytest.mark.parametrize("changed", [{"sig": "0" * 64}, {"status": "failed"}, {"count": 1}])
def test_a_call_that_vonage_did_not_sign_is_refused(ledger: FakeLedger, changed: dict[str, Any]) -> None:
    assert call_api("POST", VONAGE_PATH, signed_by_vonage(VONAGE) | changed).status == 401
    assert ledger.kept["PH80", "n1"].state is State.SENT


@pytest.mark.parametrize("body", ["a", "a=%FF", "a=%00", "&" * 70, "a=1&" * 70 + "a=1"])
def test_what_is_no_form_is_refused(ledger: FakeLedger, body: str) -> None:
    assert call_api("POST", f"{TWILIO_PATH}?notice=x", raw_body=body).status == 400


def test_without_an_address_or_credentials_no_carrier_is_believed(ledger: FakeLedger, wired: Wiring) -> None:
    service = ReceiptService(ledger)
    for strict in (CarrierReceipts(service, lambda: None, BASE), CarrierReceipts(service, lambda: "{}", "")):
        replace_part(wired, "notices.carrier_receipts", strict)

        assert call_twilio(TWILIO, signed_by_twilio(TWILIO)).status == 401
        assert call_api("POST", VONAGE_PATH, signed_by_vonage(VONAGE)).status == 401


def test_a_reference_too_long_for_vonage_is_left_to_its_own_id() -> None:
    assert vonage_reference("PH80/n1") == "PH80/n1"
    assert vonage_reference("x" * 101) == ""
    assert twilio_url("", "PH80/n1") == ""

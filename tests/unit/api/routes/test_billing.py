"""Group 9 over HTTP, in the contract's shapes."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from iotcloud.billing.model import ProviderStatus
from iotcloud.wiring import Wiring
from tests.failures import failure
from tests.fakes.access_tokens import FakeTokens
from tests.fakes.api import call_api
from tests.parts import replace_part
from tests.unit.billing.test_service import AT, PAYER, URL, Shop

ANN, BOB = FakeTokens.issue("ann"), FakeTokens.issue("bob")
SETUP: dict[str, Any] = {
    "return_url": URL,
    "cancel_url": URL,
    "item_sku": "CREDS1000",
    "item_credits": "1000",
    "item_price": "9.00",
}
PAYPAL = "/others/payments/paypal"


@pytest.fixture
def shop(wired: Wiring) -> Shop:
    shop = Shop()
    replace_part(wired, "billing.service", shop.service)
    replace_part(wired, "billing.packages", shop.service.packages)
    replace_part(wired, "billing.payment_provider", shop.provider)
    replace_part(wired, "users.rate_limiter", shop.attempts)
    return shop


def test_a_purchase_goes_as_the_contract_has_it(shop: Shop) -> None:
    before = call_api("GET", "/account/subscription", token=ANN).body
    setup = call_api("POST", "/account/payment/paypalsetup", SETUP, ANN).body
    shop.provider.change(setup["paymentId"], status=ProviderStatus.APPROVED, payer_id=PAYER)
    execute = {"paymentId": setup["paymentId"], "PayerID": PAYER, "token": setup["token"]}
    executed = call_api("POST", "/account/payment/paypalexecute", execute, ANN)
    verified = call_api("POST", "/account/payment/paypalverify", {"paymentId": setup["paymentId"]}, ANN)
    after = call_api("POST", "/account/subscription", {"credits": "1000"}, ANN).body

    assert before["subscription"] == {
        "type": "Free",
        "credits": "1000",
        "free": {"allowance": 1000, "used": 0},
        "bought": 0,
    }
    assert setup == {
        "status": "OK",
        "message": "Done",
        "approval_url": "https://www.paypal.com/checkoutnow?token=EC-1",
        "paymentId": "PAYID-1",
        "token": "EC-1",
    }
    assert (executed.status, executed.body) == (200, {"status": "OK", "message": "Done"})
    assert (verified.status, verified.body) == (200, {"status": "OK", "message": "Done"})
    assert (after["subscription"]["type"], after["subscription"]["credits"]) == ("Paid", "2000")


def test_what_was_not_approved_is_answered_with_ng(shop: Shop) -> None:
    payment_id = shop.set_up()

    for path in ("paypalexecute", "paypalverify"):
        body = {"paymentId": payment_id, "PayerID": PAYER}
        answer = call_api("POST", f"/account/payment/{path}", body, ANN)
        assert (answer.status, answer.body) == (200, {"status": "NG", "message": "Payment is not approved"})


def test_setting_the_subscription_credits_nothing(shop: Shop) -> None:
    for _ in range(3):
        answer = call_api("POST", "/account/subscription", {"credits": "500"}, ANN)

    assert (answer.status, answer.body["subscription"]["credits"]) == (200, "1000")
    assert shop.store.credits == {}


@pytest.mark.parametrize("count", ["0", 0, -5, "-5", "1e3", "x", "", None, 1.5, True, "9" * 30, [], "٣"])
def test_a_number_of_credits_that_cannot_be_is_refused(shop: Shop, count: object) -> None:
    assert call_api("POST", "/account/subscription", {"credits": count}, ANN).status == 400


@pytest.mark.parametrize(
    "changes",
    [
        {"item_sku": "UNKNOWN"},
        {"item_sku": ""},
        {"item_credits": "5000"},
        {"item_credits": "0"},
        {"item_credits": -1},
        {"item_price": "0.01"},
        {"item_price": "-9.00"},
        {"item_price": "0"},
        {"item_price": "free"},
        {"item_price": 10**30},
        {"return_url": "https://evil.example.com"},
        {"cancel_url": "javascript:alert(1)"},
        {"return_url": 5},
    ],
)
def test_a_setup_that_cannot_be_is_refused(shop: Shop, changes: dict[str, Any]) -> None:
    answer = call_api("POST", "/account/payment/paypalsetup", SETUP | changes, ANN)

    assert (answer.status, answer.body["status"], shop.provider.kept) == (400, "NG", {})


@pytest.mark.parametrize("missing", ["return_url", "cancel_url", "item_sku"])
def test_a_setup_with_a_member_missing_is_refused(shop: Shop, missing: str) -> None:
    body = {key: value for key, value in SETUP.items() if key != missing}

    assert call_api("POST", "/account/payment/paypalsetup", body, ANN).body["message"] == "Parameters not included"


def test_prices_are_taken_as_numbers_and_may_be_left_out(shop: Shop) -> None:
    for changes in ({"item_price": 9, "item_credits": 1000}, {"item_price": 9.0}, {"item_price": None}):
        assert call_api("POST", "/account/payment/paypalsetup", SETUP | changes, ANN).status == 200


def test_a_payment_of_somebody_else_is_not_found(shop: Shop) -> None:
    payment_id = shop.approved()

    for path in ("paypalexecute", "paypalverify"):
        answer = call_api("POST", f"/account/payment/{path}", {"paymentId": payment_id, "PayerID": PAYER}, BOB)
        assert (answer.status, answer.body["message"]) == (404, "Payment is not found")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"paymentId": "PAYID-1"},
        {"PayerID": PAYER},
        {"paymentId": "../v1/x", "PayerID": PAYER},
        {"paymentId": "PAYID-1", "PayerID": "a b"},
        {"paymentId": 1, "PayerID": PAYER},
    ],
)
def test_an_execution_that_cannot_be_is_refused(shop: Shop, body: dict[str, Any]) -> None:
    assert call_api("POST", "/account/payment/paypalexecute", body, ANN).status == 400


def test_the_payer_may_be_spelt_otherwise_and_the_token_may_be_the_id(shop: Shop) -> None:
    first, second = shop.approved(), shop.approved()

    for body in ({"paymentId": first, "payerId": PAYER}, {"token": second, "PayerID": PAYER}):
        assert call_api("POST", "/account/payment/paypalexecute", body, ANN).body["status"] == "OK"
    assert shop.balance() == 2000


def test_a_payment_service_that_does_not_answer_is_a_failure_of_ours(shop: Shop) -> None:
    shop.provider.is_down = True

    answer = call_api("POST", "/account/payment/paypalsetup", SETUP, ANN)

    assert (answer.status, answer.body) == (500, failure("Payment service did not answer"))


def test_packages_are_listed_with_the_servers_prices(shop: Shop) -> None:
    assert call_api("GET", "/account/packages", token=ANN).body["packages"] == [
        {"sku": "CREDS500", "credits": 500, "price": "1.00", "currency": "USD"},
        {"sku": "CREDS1000", "credits": 1000, "price": "9.00", "currency": "USD"},
    ]


def test_without_credentials_nothing_is_offered(shop: Shop, wired: Wiring) -> None:
    replace_part(wired, "billing.payment_provider", None)

    assert call_api("GET", "/account/packages", token=ANN).body["packages"] == []


def test_payments_are_listed_and_exported_newest_first(shop: Shop) -> None:
    bought, waiting = shop.bought(), shop.set_up()
    shop.bought("bob")

    answer = call_api("GET", "/account/payments", token=ANN).body
    first = call_api("GET", "/account/payments?limit=1", token=ANN).body
    second = call_api("GET", f"/account/payments?limit=1&cursor={first['cursor']}", token=ANN).body
    exported = call_api("GET", "/account/payments/export?format=ndjson", token=ANN)

    assert [one["paymentid"] for one in answer["payments"]] == [waiting, bought]
    assert answer["payments"][1] == {
        "paymentid": bought,
        "timestamp": int(AT.timestamp()),
        "sku": "CREDS1000",
        "credits": 1000,
        "amount": "9.00",
        "currency": "USD",
        "state": "completed",
        "paidat": int(AT.timestamp()),
        "transaction": f"C{bought}",
        "refunded": "0.00",
        "creditstakenback": 0,
    }
    assert [one["paymentid"] for one in first["payments"] + second["payments"]] == [waiting, bought]
    assert "cursor" not in second
    assert [json.loads(line)["paymentid"] for line in exported.text.splitlines()] == [waiting, bought]


def test_a_webhook_is_taken_with_its_headers_and_its_text(shop: Shop) -> None:
    payment_id = shop.approved()
    shop.provider.change(payment_id, status=ProviderStatus.CAPTURED, captured=900, capture_id="C1")
    event = {"event_type": "PAYMENT.SALE.COMPLETED", "resource": {"id": "C1", "parent_payment": payment_id}}

    answer = call_api("POST", PAYPAL, raw_body=json.dumps(event), headers={"Paypal-Transmission-Id": "t1"})

    assert (answer.status, shop.balance()) == (200, 1000)


def test_a_forged_webhook_is_refused(shop: Shop) -> None:
    payment_id = shop.approved()
    shop.provider.is_genuine = False
    event = {"event_type": "PAYMENT.SALE.COMPLETED", "resource": {"id": "C1", "parent_payment": payment_id}}

    answer = call_api("POST", PAYPAL, event)

    assert (answer.status, answer.body["message"]) == (401, "Signature is invalid")
    assert shop.balance() == 0


@pytest.mark.parametrize("body", [{}, {"event_type": 5}, {"event_type": "PAYMENT.SALE.COMPLETED", "resource": "x"}])
def test_a_webhook_that_is_none_is_refused(shop: Shop, body: dict[str, Any]) -> None:
    assert call_api("POST", PAYPAL, body).status == 400


def test_a_payment_that_does_not_match_is_told_to_the_operator(
    shop: Shop, logged: Callable[[], str], capsys: pytest.CaptureFixture[str]
) -> None:
    payment_id = shop.approved()
    shop.provider.change(payment_id, amount=1)

    answer = call_api("POST", "/account/payment/paypalverify", {"paymentId": payment_id}, ANN)

    assert (answer.status, answer.body) == (200, {"status": "NG", "message": "Payment does not match"})
    assert "payment does not match" in logged()
    assert '"PaymentsMismatched":[1.0]' in capsys.readouterr().out

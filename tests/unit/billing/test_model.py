"""Packages, amounts, addresses and the time for which payments are kept."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from iotcloud.billing.model import (
    MAX_PACKAGES,
    Payment,
    PaymentState,
    ProviderPayment,
    ProviderStatus,
    check_address,
    credits_due,
    kept_until,
    parse_packages,
    read_amount,
    write_amount,
)
from iotcloud.errors import InvalidInput
from tests.contract.deployment import read_deployment

AT = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
PAYMENT = Payment("PAYID-1", "ann", "r1", "CREDS1000", 1000, 900, "USD", AT)
SEEN = ProviderPayment("PAYID-1", "r1", 900, "USD", ProviderStatus.CAPTURED, captured=900)
APP = ("http://localhost:8100", "https://app.example.com")


def test_the_templates_packages_are_those_of_the_contract() -> None:
    text = read_deployment().root.body["Parameters"]["CreditPackages"]["Default"]

    assert {one.sku: (one.credits, one.amount) for one in parse_packages(text).values()} == {
        "CREDS500USD5": (500, 100),
        "CREDS1000USD9": (1000, 900),
        "CREDS5000USD40": (5000, 4000),
        "CREDS10000USD70": (10000, 7000),
    }


@pytest.mark.parametrize(
    "text",
    [
        "CREDS",
        "CREDS=500",
        "CREDS=500:1",
        "CREDS=0:1.00",
        "CREDS=500:0.00",
        "CREDS=-1:1.00",
        "CREDS=500:-1.00",
        "creds=500:1.00",
        "A=1:1.00,A=2:2.00",
        "A=9999999:1.00",
        "A=1:99999.00",
        ",".join(f"A{number}=1:1.00" for number in range(MAX_PACKAGES + 1)),
    ],
)
def test_packages_that_cannot_be_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="package"):
        parse_packages(text)


@pytest.mark.parametrize(("text", "cents"), [("9.00", 900), ("9", 900), ("0.5", 50), ("-1.25", 125), (9, 900)])
def test_amounts_are_read_as_cents(text: object, cents: int) -> None:
    assert read_amount(text) == cents


@pytest.mark.parametrize(
    "text", ["", "x", "1.234", "1,00", "1e3", "NaN", " 1", "1 ", "+1", "٣", "9" * 10, None, "1.00 USD"]
)
def test_what_is_no_amount_is_refused(text: object) -> None:
    with pytest.raises(ValueError, match="amount"):
        read_amount(text)


@pytest.mark.parametrize("cents", [1, 99, 100, 900, 123456])
def test_amounts_come_back_as_they_were_written(cents: int) -> None:
    assert read_amount(write_amount(cents)) == cents


@pytest.mark.parametrize(
    ("changes", "belongs"),
    [
        ({}, True),
        ({"amount": 100}, False),
        ({"currency": "EUR"}, False),
        ({"reference": "r2"}, False),
        ({"payment_id": "PAYID-2"}, False),
        ({"captured": 100}, False),
        ({"captured": 0}, False),
        ({"captured": 0, "status": ProviderStatus.APPROVED}, True),
    ],
)
def test_what_paypal_shows_must_be_what_was_set_up(changes: dict[str, object], belongs: bool) -> None:
    assert replace(SEEN, **changes).belongs_to(PAYMENT) is belongs  # type: ignore[arg-type]


@pytest.mark.parametrize(("refunded", "due"), [(0, 0), (1, 1), (450, 500), (899, 998), (900, 1000), (100_000, 1000)])
def test_a_refund_takes_its_share_of_the_credits(refunded: int, due: int) -> None:
    assert credits_due(PAYMENT, refunded) == due


def test_a_payment_is_kept_for_whole_calendar_years() -> None:
    assert kept_until(datetime(2026, 1, 1, tzinfo=UTC), 10) == datetime(2037, 1, 1, tzinfo=UTC)
    assert kept_until(datetime(2026, 12, 31, 23, 59, tzinfo=UTC), 10) == datetime(2037, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("changes", "shown"),
    [
        ({}, "created"),
        ({"state": PaymentState.COMPLETED}, "completed"),
        ({"state": PaymentState.COMPLETED, "refunded": 1}, "partly refunded"),
        ({"state": PaymentState.COMPLETED, "refunded": 900}, "refunded"),
    ],
)
def test_refunds_show_in_the_state(changes: dict[str, object], shown: str) -> None:
    assert replace(PAYMENT, **changes).shown_state == shown  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost:8100",
        "http://localhost:8100/#/page_payment_confirmation?username=ann@example.com&access=x.y.z&credits=500",
        "https://app.example.com/paid",
        "https://APP.example.com:443/paid",
    ],
)
def test_addresses_of_the_app_are_taken(url: str) -> None:
    check_address("return_url", url, APP)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "/paid",
        "//evil.example.com",
        "javascript:alert(1)",
        "data:text/html,x",
        "https://evil.example.com",
        "https://app.example.com.evil.example.com",
        "https://app.example.com@evil.example.com",
        "https://evil.example.com#https://app.example.com",
        "https://evil.example.com\\@app.example.com",
        "https:\\\\app.example.com",
        "https://app.example.com\n.evil.example.com",
        "\thttps://app.example.com",
        "http://app.example.com",
        "https://app.example.com:8443",
        "https://user@app.example.com",
        "https://app.example.com:x",
        "https://app.example.com:99999",
        "http://localhost",
        "https://аpp.example.com",
        "https://app.example.com/" + "x" * 4000,
    ],
)
def test_other_addresses_are_refused(url: str) -> None:
    with pytest.raises(InvalidInput):
        check_address("return_url", url, APP)

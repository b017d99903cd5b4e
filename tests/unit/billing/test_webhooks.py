"""PayPal's events, of both APIs, as its documentation shows them."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from iotcloud.billing.model import Dispute
from iotcloud.billing.webhooks import Event, read_event

AT = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
UP = {"rel": "up", "href": "https://api.paypal.com/v2/payments/captures/CAP1"}


@pytest.mark.parametrize(
    ("kind", "resource", "event"),
    [
        (
            "PAYMENT.SALE.COMPLETED",
            {"id": "SALE1", "parent_payment": "PAYID-1"},
            Event("PAYMENT.SALE.COMPLETED", "PAYID-1", "SALE1"),
        ),
        (
            "PAYMENT.SALE.REFUNDED",
            {"id": "REFUND1", "sale_id": "SALE1", "parent_payment": "PAYID-1"},
            Event("PAYMENT.SALE.REFUNDED", "PAYID-1", "SALE1"),
        ),
        (
            "PAYMENT.CAPTURE.COMPLETED",
            {"id": "CAP1", "supplementary_data": {"related_ids": {"order_id": "ORDER1"}}},
            Event("PAYMENT.CAPTURE.COMPLETED", "ORDER1", "CAP1"),
        ),
        (
            "PAYMENT.CAPTURE.REFUNDED",
            {"id": "REFUND1", "links": [{"rel": "self", "href": "x"}, UP]},
            Event("PAYMENT.CAPTURE.REFUNDED", "", "CAP1"),
        ),
        ("PAYMENT.CAPTURE.REVERSED", {"id": "CAP1"}, Event("PAYMENT.CAPTURE.REVERSED", "", "CAP1", True)),
        (
            "CUSTOMER.DISPUTE.CREATED",
            {"disputed_transactions": [{"seller_transaction_id": "CAP1"}], "create_time": "2026-11-25T12:00:00.000Z"},
            Event("CUSTOMER.DISPUTE.CREATED", "", "CAP1", dispute=Dispute.OPEN, at=AT),
        ),
        (
            "CUSTOMER.DISPUTE.RESOLVED",
            {
                "disputed_transactions": [{"seller_transaction_id": "CAP1"}],
                "update_time": "2026-11-25T12:00:00Z",
                "dispute_outcome": {"outcome_code": "RESOLVED_BUYER_FAVOUR"},
            },
            Event("CUSTOMER.DISPUTE.RESOLVED", "", "CAP1", dispute=Dispute.LOST, at=AT),
        ),
        ("CHECKOUT.ORDER.APPROVED", {"id": "ORDER1"}, None),
    ],
)
def test_events_say_which_payment_they_are_about(kind: str, resource: dict[str, Any], event: Event | None) -> None:
    assert read_event(json.dumps({"id": "WH-1", "event_type": kind, "resource": resource})) == event

"""What PayPal tells of payments by itself. But for disputes and reversals, an event is only a reason to ask PayPal."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from iotcloud.billing.model import Dispute
from iotcloud.errors import InvalidInput

TRANSMISSION = (
    "paypal-auth-algo",
    "paypal-cert-url",
    "paypal-transmission-id",
    "paypal-transmission-sig",
    "paypal-transmission-time",
)
"""The headers that sign an event (PayPal, "Verify webhook signature")."""
_PAYMENTS = ("PAYMENT.CAPTURE.", "PAYMENT.SALE.")
_DISPUTES = "CUSTOMER.DISPUTE."
_OUTCOMES = {"RESOLVED_BUYER_FAVOUR": Dispute.LOST, "RESOLVED_SELLER_FAVOUR": Dispute.WON}


@dataclass(frozen=True)
class Event:
    """What an event is about; the ids are PayPal's, and empty when it does not name them."""

    kind: str
    payment_id: str = ""
    capture_id: str = ""
    is_reversed: bool = False
    """Whether the payer's bank took all money back."""
    dispute: Dispute | None = None
    at: datetime = datetime(1970, 1, 1, tzinfo=UTC)


def read_event(text: str) -> Event | None:
    """Read an event; None for one of a kind that changes nothing here. Raise InvalidInput for what is no event."""
    try:
        members = json.loads(text)
        kind, resource = str(members["event_type"]), members.get("resource") or {}
        if kind.startswith(_PAYMENTS):
            return _of_payment(kind, resource)
        if kind.startswith(_DISPUTES):
            return _of_dispute(kind, resource, str(members.get("create_time", "")))
    except (ValueError, RecursionError, KeyError, TypeError, IndexError, AttributeError):
        raise InvalidInput from None
    return None


def _of_payment(kind: str, resource: Mapping[str, Any]) -> Event:
    """Orders v2 name the order in `supplementary_data`, payments v1 the payment in `parent_payment`."""
    related = resource.get("supplementary_data", {}).get("related_ids", {})
    above = [str(link["href"]).rpartition("/")[2] for link in resource.get("links", []) if link.get("rel") == "up"]
    return Event(
        kind,
        payment_id=str(related.get("order_id") or resource.get("parent_payment") or ""),
        capture_id=str(related.get("capture_id") or resource.get("sale_id") or next(iter(above), resource["id"])),
        is_reversed=kind.endswith(".REVERSED"),
    )


def _of_dispute(kind: str, resource: Mapping[str, Any], created: str) -> Event:
    is_resolved = kind.endswith(".RESOLVED")
    outcome = str(resource.get("dispute_outcome", {}).get("outcome_code", ""))
    at = datetime.fromisoformat(str(resource.get("update_time") or resource.get("create_time") or created))
    return Event(
        kind,
        capture_id=str(resource["disputed_transactions"][0]["seller_transaction_id"]),
        dispute=_OUTCOMES.get(outcome, Dispute.CLOSED) if is_resolved else Dispute.OPEN,
        at=at if at.tzinfo else at.replace(tzinfo=UTC),
    )

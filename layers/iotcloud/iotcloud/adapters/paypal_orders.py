"""PayPal through Orders v2, its maintained API, over HTTPS."""

import json
import time
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from iotcloud.adapters.paypal_api import (
    CONNECT_SECONDS,
    READ_SECONDS,
    VERIFY_PATH,
    is_verified,
    read_credentials,
    verification_body,
)
from iotcloud.billing.interfaces import Approval
from iotcloud.billing.model import Package, ProviderPayment, ProviderStatus, read_amount, write_amount
from iotcloud.errors import PaymentServiceFailed

if TYPE_CHECKING:
    from urllib3 import PoolManager

ORDERS = "/v2/checkout/orders"
TOKEN_MARGIN_SECONDS = 60
_ORDER = {
    "APPROVED": ProviderStatus.APPROVED,
    "VOIDED": ProviderStatus.REFUSED,
}
_CAPTURE = {
    "COMPLETED": ProviderStatus.CAPTURED,
    "PARTIALLY_REFUNDED": ProviderStatus.CAPTURED,
    "REFUNDED": ProviderStatus.CAPTURED,
    "PENDING": ProviderStatus.PENDING,
    "DECLINED": ProviderStatus.REFUSED,
    "FAILED": ProviderStatus.REFUSED,
}


class PaypalOrders:
    """Implements PaymentProvider."""

    def __init__(self, secret: Callable[[], str | None], base_url: str) -> None:
        self._secret = secret
        self._base_url = base_url
        self._token = ""
        self._token_ends = 0.0

    def create(self, package: Package, reference: str, return_url: str, cancel_url: str) -> Approval:
        """Make an order; see PaymentProvider."""
        amount = {"currency_code": package.currency, "value": write_amount(package.amount)}
        unit = {"custom_id": reference, "description": f"{package.credits} message credits", "amount": amount}
        context = {
            "return_url": return_url,
            "cancel_url": cancel_url,
            "user_action": "PAY_NOW",
            "shipping_preference": "NO_SHIPPING",
        }
        source = {"paypal": {"experience_context": context}}
        body = {"intent": "CAPTURE", "purchase_units": [unit], "payment_source": source}
        status, order = self._ask("POST", ORDERS, json.dumps(body), reference)
        if status not in (200, 201):
            raise PaymentServiceFailed
        links = {link.get("rel"): link.get("href") for link in _list(order, "links")}
        url = links.get("payer-action") or links.get("approve")
        if not isinstance(order.get("id"), str) or not isinstance(url, str):
            raise PaymentServiceFailed
        return Approval(order["id"], url)

    def find(self, payment_id: str) -> ProviderPayment | None:
        """Read an order; see PaymentProvider."""
        status, order = self._ask("GET", f"{ORDERS}/{payment_id}")
        if status == 404:
            return None
        if status != 200:
            raise PaymentServiceFailed
        try:
            return _read_order(order)
        except (KeyError, IndexError, TypeError, ValueError, AttributeError):
            raise PaymentServiceFailed from None

    def capture(self, payment_id: str, payer_id: str, reference: str) -> None:
        """Capture an order; see PaymentProvider. PayPal knows the payer from the approval."""
        status, _ = self._ask("POST", f"{ORDERS}/{payment_id}/capture", "{}", f"{reference}-capture")
        if status >= 500:
            raise PaymentServiceFailed

    def verify(self, headers: Mapping[str, str], text: str) -> bool:
        """See PaymentProvider."""
        body = verification_body(headers, text, read_credentials(self._secret).webhook_id)
        if body is None:
            return False
        status, answer = self._ask("POST", VERIFY_PATH, body)
        if status >= 500 or status == 429:
            raise PaymentServiceFailed
        return is_verified(answer)

    def _ask(self, method: str, path: str, body: str | None = None, request_id: str = "") -> tuple[int, dict[str, Any]]:
        """Ask PayPal, with a new token once when the old one is refused."""
        for is_renewed in (False, True):
            headers = {
                "Authorization": f"Bearer {self._find_token(is_renewed=is_renewed)}",
                "Content-Type": "application/json",
                **({"PayPal-Request-Id": request_id} if request_id else {}),
            }
            status, answer = self._send(method, path, body, headers)
            if status != 401:
                return status, answer
        raise PaymentServiceFailed

    def _find_token(self, *, is_renewed: bool) -> str:
        if is_renewed or time.monotonic() >= self._token_ends:
            from urllib3.util import make_headers

            credentials = read_credentials(self._secret)
            headers = make_headers(basic_auth=f"{credentials.client_id}:{credentials.client_secret}")
            headers["Content-Type"] = "application/x-www-form-urlencoded"
            status, answer = self._send("POST", "/v1/oauth2/token", "grant_type=client_credentials", headers)
            token, lasts = answer.get("access_token"), answer.get("expires_in")
            if status != 200 or not isinstance(token, str) or not isinstance(lasts, int):
                raise PaymentServiceFailed
            self._token, self._token_ends = token, time.monotonic() + max(0, lasts - TOKEN_MARGIN_SECONDS)
        return self._token

    def _send(self, method: str, path: str, body: str | None, headers: Mapping[str, str]) -> tuple[int, dict[str, Any]]:
        from urllib3.exceptions import HTTPError

        try:
            answer = self._pool.request(method, self._base_url + path, body=body, headers=dict(headers), redirect=False)
            members = json.loads(answer.data or b"{}")
        except (HTTPError, ValueError):
            raise PaymentServiceFailed from None
        return answer.status, members if isinstance(members, dict) else {}

    @cached_property
    def _pool(self) -> "PoolManager":
        """No second tries: which requests may be made again is for their caller to know."""
        from urllib3 import PoolManager, Timeout

        return PoolManager(timeout=Timeout(connect=CONNECT_SECONDS, read=READ_SECONDS), retries=False)


def _read_order(order: Mapping[str, Any]) -> ProviderPayment:
    (unit,) = order["purchase_units"]
    payments = unit.get("payments") or {}
    captures, refunds = _list(payments, "captures"), _list(payments, "refunds")
    if len(captures) > 1:
        # A declined capture stays in the list beside the one that succeeded.
        captures = [one for one in captures if _CAPTURE.get(one["status"]) is not ProviderStatus.REFUSED][:1]
    status = _ORDER.get(order["status"], ProviderStatus.CREATED)
    captured = refunded = 0
    capture_id = ""
    for capture in captures:
        status, capture_id = _CAPTURE.get(capture["status"], ProviderStatus.PENDING), capture["id"]
        if status is ProviderStatus.CAPTURED:
            captured = _cents(capture["amount"], unit["amount"])
            refunded = sum(_cents(one["amount"], unit["amount"]) for one in refunds if one["status"] == "COMPLETED")
            if capture["status"] == "REFUNDED":
                refunded = captured
    return ProviderPayment(
        payment_id=order["id"],
        reference=unit.get("custom_id", ""),
        amount=read_amount(unit["amount"]["value"]),
        currency=unit["amount"]["currency_code"],
        status=status,
        payer_id=(order.get("payer") or {}).get("payer_id", ""),
        capture_id=capture_id,
        captured=captured,
        refunded=refunded,
    )


def _cents(amount: Mapping[str, Any], asked: Mapping[str, Any]) -> int:
    """Read an amount that must be in the currency that was asked for."""
    if amount["currency_code"] != asked["currency_code"]:
        raise ValueError("another currency")
    return read_amount(amount["value"])


def _list(members: Mapping[str, Any], name: str) -> list[Any]:
    found = members.get(name)
    return found if isinstance(found, list) else []

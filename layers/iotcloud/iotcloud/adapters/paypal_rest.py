"""PayPal through payments v1 and its Python SDK, which the reference system used and PayPal no longer develops."""

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from iotcloud.adapters.paypal_api import (
    CONNECT_SECONDS,
    READ_SECONDS,
    VERIFY_PATH,
    PaypalCredentials,
    is_verified,
    read_credentials,
    verification_body,
)
from iotcloud.billing.interfaces import Approval
from iotcloud.billing.model import Package, ProviderPayment, ProviderStatus, read_amount, write_amount
from iotcloud.errors import PaymentServiceFailed

MOST_REQUESTS = 4
"""Of one call: token, request, new token, request. The SDK would go on for ever against a service that answers 401."""
_SALE = {
    "completed": ProviderStatus.CAPTURED,
    "partially_refunded": ProviderStatus.CAPTURED,
    "refunded": ProviderStatus.CAPTURED,
    "reversed": ProviderStatus.CAPTURED,
    "pending": ProviderStatus.PENDING,
    "denied": ProviderStatus.REFUSED,
}
_REFUNDED = ("refunded", "reversed")


class PaypalRest:
    """Implements PaymentProvider."""

    def __init__(self, secret: Callable[[], str | None], base_url: str, mode: str) -> None:
        self._secret = secret
        self._base_url = base_url
        self._mode = mode
        self._known: tuple[PaypalCredentials, Any, Any] | None = None

    def create(self, package: Package, reference: str, return_url: str, cancel_url: str) -> Approval:
        """Make a payment; see PaymentProvider."""
        amount = {"total": write_amount(package.amount), "currency": package.currency}
        item = {
            "name": f"{package.credits} message credits",
            "sku": package.sku,
            "price": amount["total"],
            "currency": package.currency,
            "quantity": 1,
        }
        with self._asking() as (sdk, api):
            payment = sdk.Payment(
                {
                    "intent": "sale",
                    "payer": {"payment_method": "paypal"},
                    "redirect_urls": {"return_url": return_url, "cancel_url": cancel_url},
                    "transactions": [{"amount": amount, "item_list": {"items": [item]}, "custom": reference}],
                },
                api=api,
            )
            payment.request_id = reference
            if not payment.create():
                raise PaymentServiceFailed
            made = payment.to_dict()
            urls = [link["href"] for link in made["links"] if link["rel"] == "approval_url"]
            return Approval(str(made["id"]), str(urls[0]))

    def find(self, payment_id: str) -> ProviderPayment | None:
        """Read a payment; see PaymentProvider."""
        with self._asking() as (sdk, api):
            try:
                found = sdk.Payment.find(payment_id, api=api)
            except sdk.ResourceNotFound:
                return None
            return _read_payment(found.to_dict())

    def capture(self, payment_id: str, payer_id: str, reference: str) -> None:
        """Execute a payment; see PaymentProvider."""
        with self._asking() as (sdk, api):
            payment = sdk.Payment({"id": payment_id}, api=api)
            payer = sdk.Resource({"payer_id": payer_id}, api=api)
            payer.request_id = f"{reference}-capture"
            try:
                payment.execute(payer)
            except sdk.ServerError:
                raise
            except sdk.ClientError:
                # Refused, or made before: the next `find` tells.
                return

    def verify(self, headers: Mapping[str, str], text: str) -> bool:
        """See PaymentProvider. The SDK's own check encodes the event anew, or uses what pyOpenSSL no longer has."""
        body = verification_body(headers, text, read_credentials(self._secret).webhook_id)
        if body is None:
            return False
        with self._asking() as (sdk, api):
            try:
                return is_verified(
                    api.http_call(self._base_url + VERIFY_PATH, "POST", data=body, headers=api.headers())
                )
            except sdk.UnauthorizedAccess:
                api.token_hash = None
                raise
            except sdk.ClientError:
                return False

    @contextmanager
    def _asking(self) -> Iterator[tuple[Any, Any]]:
        """Give the SDK and its client; whatever fails becomes PaymentServiceFailed."""
        import requests

        credentials = read_credentials(self._secret)
        if self._known is None or self._known[0] != credentials:
            self._known = (credentials, *self._make_client(credentials))
        _, sdk, api = self._known
        api.requests_left = MOST_REQUESTS
        try:
            yield sdk, api
        except (sdk.ConnectionError, requests.RequestException, ValueError, KeyError, IndexError, TypeError):
            raise PaymentServiceFailed from None

    def _make_client(self, credentials: PaypalCredentials) -> tuple[Any, Any]:
        """Make the SDK's client, which keeps its token as long as the credentials stay the same."""
        import paypalrestsdk
        from paypalrestsdk import exceptions
        from paypalrestsdk.resource import Resource

        # It would log what is sent, and what comes back.
        logging.getLogger("paypalrestsdk").setLevel(logging.WARNING)

        class Client(paypalrestsdk.Api):  # type: ignore[misc]
            """The SDK's client with a time limit, which it has not, and a limit of requests."""

            requests_left = MOST_REQUESTS

            def http_call(self, url: str, method: str, **options: Any) -> Any:
                if self.requests_left <= 0:
                    raise PaymentServiceFailed
                self.requests_left -= 1
                return super().http_call(url, method, timeout=(CONNECT_SECONDS, READ_SECONDS), **options)

        class Sdk:
            Payment = paypalrestsdk.Payment
            Resource: Any
            ConnectionError = exceptions.ConnectionError
            ClientError = exceptions.ClientError
            ServerError = exceptions.ServerError
            ResourceNotFound = exceptions.ResourceNotFound
            UnauthorizedAccess = exceptions.UnauthorizedAccess

        Sdk.Resource = Resource
        client = Client(
            mode=self._mode,
            endpoint=self._base_url,
            client_id=credentials.client_id,
            client_secret=credentials.client_secret,
        )
        return Sdk, client


def _read_payment(payment: Mapping[str, Any]) -> ProviderPayment:
    (transaction,) = payment["transactions"]
    asked = transaction["amount"]
    related = transaction.get("related_resources") or []
    sales = [one["sale"] for one in related if "sale" in one]
    refunds = [one["refund"] for one in related if "refund" in one]
    payer = (payment.get("payer") or {}).get("payer_info") or {}
    status = ProviderStatus.APPROVED if payer.get("payer_id") else ProviderStatus.CREATED
    if payment["state"] == "failed":
        status = ProviderStatus.REFUSED
    captured = refunded = 0
    for sale in sales:
        status = _SALE.get(sale["state"], ProviderStatus.PENDING)
        if status is ProviderStatus.CAPTURED:
            captured = _cents(sale["amount"], asked)
            refunded = sum(_cents(one["amount"], asked) for one in refunds if one["state"] == "completed")
            if sale["state"] in _REFUNDED:
                refunded = captured
    return ProviderPayment(
        payment_id=payment["id"],
        reference=transaction.get("custom", ""),
        amount=read_amount(asked["total"]),
        currency=asked["currency"],
        status=status,
        payer_id=payer.get("payer_id", ""),
        capture_id=sales[0]["id"] if sales else "",
        captured=captured,
        refunded=refunded,
    )


def _cents(amount: Mapping[str, Any], asked: Mapping[str, Any]) -> int:
    """Read an amount that must be in the currency that was asked for."""
    if amount["currency"] != asked["currency"]:
        raise ValueError("another currency")
    return read_amount(amount["total"])

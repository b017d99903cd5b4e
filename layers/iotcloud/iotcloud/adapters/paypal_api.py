"""What both adapters of PayPal share: credentials, time limits, and the check of webhooks by PayPal itself."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from iotcloud.billing.webhooks import TRANSMISSION
from iotcloud.errors import PaymentServiceFailed

LIVE = "https://api-m.paypal.com"
SANDBOX = "https://api-m.sandbox.paypal.com"
CONNECT_SECONDS = 2
READ_SECONDS = 4
"""A REST call asks up to four times (token, payment, capture, payment) and must be answered within 20 s."""
VERIFY_PATH = "/v1/notifications/verify-webhook-signature"
LONGEST_HEADER = 500
"""Characters of a transmission header that PayPal takes (its API, "Verify webhook signature")."""


@dataclass(frozen=True)
class PaypalCredentials:
    """What PayPal gives to an app."""

    client_id: str
    client_secret: str
    webhook_id: str


def read_credentials(secret: Callable[[], str | None]) -> PaypalCredentials:
    """Read the SSM parameter's JSON; raise PaymentServiceFailed when it is not as it should be."""
    try:
        members = json.loads(secret() or "")
        return PaypalCredentials(members["client_id"], members["client_secret"], str(members.get("webhook_id", "")))
    except (ValueError, KeyError, TypeError, AttributeError):
        raise PaymentServiceFailed("PayPal's credentials are not set up") from None


def base_address(mode: str, url: str) -> str:
    """Return where PayPal is asked: the stand-in's address when there is one."""
    return url or (LIVE if mode == "live" else SANDBOX)


def verification_body(headers: Mapping[str, str], text: str, webhook_id: str) -> str | None:
    """Write what PayPal is asked about a webhook; None when a header is absent or too long, so that nobody is asked.

    The event goes in as it came. Decoded and encoded again it has other bytes, and its signature fails
    (paypal/PayPal-Python-SDK, issue 175).
    """
    values = {name: headers.get(name, "") for name in TRANSMISSION}
    if not webhook_id or not all(0 < len(value) <= LONGEST_HEADER for value in values.values()):
        return None
    members = {name.removeprefix("paypal-").replace("-", "_"): value for name, value in values.items()}
    head = json.dumps({**members, "webhook_id": webhook_id})
    return f'{head[:-1]}, "webhook_event": {text}}}'


def is_verified(answer: object) -> bool:
    """Tell what PayPal answered."""
    return isinstance(answer, Mapping) and answer.get("verification_status") == "SUCCESS"

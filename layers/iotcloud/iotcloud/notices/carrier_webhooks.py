"""Delivery receipts of carriers outside AWS: the callbacks of Twilio and Vonage, and their authentication."""

import hashlib
import hmac
import json
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from iotcloud.errors import SignatureInvalid
from iotcloud.notices.receipts import Receipt, ReceiptService

TWILIO_PATH = "/others/receipts/twilio"
VONAGE_PATH = "/others/receipts/vonage"
MAX_CLIENT_REFERENCE = 100
"""Characters of a client reference (Vonage SMS API)."""
_TWILIO_LAST_WORDS = {"delivered": True, "read": True, "undelivered": False, "failed": False}
_VONAGE_LAST_WORDS = {"delivered": True, "expired": False, "failed": False, "rejected": False}
_VONAGE_DIGESTS = {64: hashlib.sha256, 128: hashlib.sha512}
"""By the characters of the signature; the account's setting must be one of these two HMACs."""

Members = Mapping[str, str]


@dataclass(frozen=True)
class CarrierReceipts:
    """Processes carriers' callbacks after checking their signature."""

    receipts: ReceiptService
    credentials: Callable[[], str | None]
    """The carrier's credentials as JSON: `key`, `secret`, and for Vonage `signature`; None when there are none."""
    base_url: str
    """Where carriers reach the API; empty when they shall not."""

    def take_twilio(self, reference: str, members: Members, signature: str) -> None:
        """Take a status callback of Twilio's; raise SignatureInvalid."""
        url = twilio_url(self.base_url, reference)
        if not url or not is_signed_by_twilio(url, members, signature, self._secret("secret")):
            raise SignatureInvalid
        status = members.get("MessageStatus", "")
        code = members.get("ErrorCode", "")
        self._take(_TWILIO_LAST_WORDS.get(status), reference, members.get("MessageSid", ""), f"{status} {code}".strip())

    def take_vonage(self, members: Members) -> None:
        """Take a delivery receipt of Vonage's; raise SignatureInvalid."""
        if not self.base_url or not is_signed_by_vonage(members, self._secret("signature")):
            raise SignatureInvalid
        status = members.get("status", "")
        reference = members.get("client-ref", "")
        reason = f"{status} {members.get('err-code', '')}".strip()
        self._take(_VONAGE_LAST_WORDS.get(status), reference, members.get("messageId", ""), reason)

    def _take(self, is_delivered: bool | None, reference: str, provider_id: str, reason: str) -> None:
        if is_delivered is not None:
            self.receipts.take_receipt(Receipt(is_delivered, reference, provider_id, "" if is_delivered else reason))

    def _secret(self, name: str) -> str:
        text = self.credentials()
        return str(json.loads(text).get(name, "")) if text else ""


def twilio_url(base_url: str, reference: str) -> str:
    """The callback URL given to Twilio; empty to disable callbacks."""
    return f"{base_url}{TWILIO_PATH}?{urlencode({'notice': reference})}" if base_url else ""


def vonage_reference(reference: str) -> str:
    """The client reference that Vonage returns with a receipt. A reference over its limit is omitted; Vonage's id
    serves.
    """
    return reference if len(reference) <= MAX_CLIENT_REFERENCE else ""


def is_signed_by_twilio(url: str, members: Members, signature: str, token: str) -> bool:
    """Check Twilio's signature: HMAC-SHA1 over the URL and the sorted members (Twilio, "Validating requests")."""
    text = url + "".join(name + members[name] for name in sorted(members))
    digest = hmac.new(token.encode(), text.encode(), hashlib.sha1).digest()
    return bool(token) and hmac.compare_digest(b64encode(digest), signature.encode())


def is_signed_by_vonage(members: Members, secret: str) -> bool:
    """Check Vonage's signature: an HMAC over the sorted members but `sig` (Vonage, "Signing messages")."""
    signature = members.get("sig", "").lower()
    digest = _VONAGE_DIGESTS.get(len(signature))
    if not secret or digest is None:
        return False
    signed = sorted((name, value) for name, value in members.items() if name != "sig")
    text = "".join(f"&{name}={value.replace('&', '_').replace('=', '_')}" for name, value in signed)
    return hmac.compare_digest(
        hmac.new(secret.encode(), text.encode(), digest).hexdigest().encode(), signature.encode()
    )

"""What the carriers say: how each reads a text message, answers that it took it, and tells what became of it."""

import base64
import hashlib
import hmac
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Form = Mapping[str, str]


@dataclass(frozen=True)
class TextMessage:
    """A text message that a carrier took."""

    carrier: str
    message_id: str
    recipient: str
    text: str
    reference: str = ""
    """What the sender wants back with the receipt."""
    callback: str = ""
    """Where the receipt goes."""

    def __str__(self) -> str:
        return f"{self.carrier} {self.message_id} to {self.recipient}: {self.text}"


@dataclass(frozen=True)
class Carrier:
    """One carrier's HTTP."""

    name: str
    read: Callable[[Form, str], TextMessage]
    accept: Callable[[TextMessage], tuple[int, dict[str, Any]]]
    """Status and body that say that the message was taken."""
    throttle: Callable[[], tuple[int, dict[str, Any]]]
    refuse: Callable[[], tuple[int, dict[str, Any]]]


def carrier_of(path: str) -> Carrier | None:
    """Whose address a path is."""
    if path.startswith("/2010-04-01/Accounts/") and path.endswith("/Messages.json"):
        return TWILIO
    return VONAGE if path == "/sms/json" else None


def twilio_receipt(message: TextMessage, status: str, token: str) -> tuple[dict[str, str], dict[str, str]]:
    """The form of a status callback, and the headers that sign it."""
    form = {"MessageSid": message.message_id, "MessageStatus": status, "To": message.recipient, "ErrorCode": ""}
    text = message.callback + "".join(name + form[name] for name in sorted(form))
    digest = hmac.new(token.encode(), text.encode(), hashlib.sha1).digest()
    return form, {"X-Twilio-Signature": base64.b64encode(digest).decode()}


def vonage_receipt(message: TextMessage, status: str, secret: str) -> dict[str, str]:
    """The signed members of a delivery receipt."""
    members = {
        "msisdn": message.recipient,
        "messageId": message.message_id,
        "status": status,
        "err-code": "0" if status == "delivered" else "1",
        "client-ref": message.reference,
        "timestamp": str(int(time.time())),
    }
    text = "".join(f"&{name}={members[name].replace('&', '_').replace('=', '_')}" for name in sorted(members))
    return {**members, "sig": hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()}


def _vonage_answer(**members: str) -> tuple[int, dict[str, Any]]:
    return 200, {"message-count": "1", "messages": [members]}


TWILIO = Carrier(
    "twilio",
    lambda form, message_id: TextMessage(
        "twilio", f"SM{message_id}", form["To"], form["Body"], callback=form.get("StatusCallback", "")
    ),
    lambda message: (201, {"sid": message.message_id, "status": "queued", "to": message.recipient}),
    lambda: (429, {"code": 20429, "message": "Too Many Requests", "status": 429}),
    lambda: (400, {"code": 21211, "message": "Invalid 'To' Phone Number", "status": 400}),
)
VONAGE = Carrier(
    "vonage",
    lambda form, message_id: TextMessage(
        "vonage", message_id[:16].upper(), form["to"], form["text"], form.get("client-ref", "")
    ),
    lambda message: _vonage_answer(
        **{
            "to": message.recipient,
            "message-id": message.message_id,
            "status": "0",
            "remaining-balance": "10.0",
            "message-price": "0.0333",
            "network": "52501",
        }
    ),
    lambda: _vonage_answer(**{"status": "1", "error-text": "Throughput Rate Exceeded"}),
    lambda: _vonage_answer(**{"status": "6", "error-text": "Invalid Message"}),
)

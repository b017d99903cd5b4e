"""The carriers' protocols: how each parses a message, accepts it, and sends its receipt.

Carriers of text messages are Twilio and Vonage, of pushes Firebase Cloud Messaging (HTTP v1) and Apple's service.
"""

import base64
import hashlib
import hmac
import json
import time
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode

Answer = tuple[int, dict[str, Any]]
"""Status and members of the body."""


@dataclass(frozen=True)
class Asked:
    """A request to a carrier."""

    path: str
    body: str

    @property
    def form(self) -> Mapping[str, str]:
        return dict(parse_qsl(self.body, keep_blank_values=True))

    @property
    def members(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = json.loads(self.body)
        return found


@dataclass(frozen=True)
class Message:
    """An accepted text message or push."""

    carrier: str
    message_id: str
    recipient: str
    """A phone number, or a phone's token."""
    text: str
    reference: str = ""
    """The sender's reference, returned with the receipt."""
    callback: str = ""
    """The receipt's address."""

    def __str__(self) -> str:
        return f"{self.carrier} {self.message_id} to {self.recipient}: {self.text}"


@dataclass(frozen=True)
class Account:
    """The settings of receipts; without them no receipts are sent."""

    twilio_token: str = ""
    vonage_signature: str = ""
    vonage_webhook: str = ""
    """The address of receipts: Twilio gets it with each message, Vonage in its dashboard."""


@dataclass(frozen=True)
class Carrier:
    """One carrier's HTTP."""

    name: str
    read: Callable[[Asked, str], Message]
    accept: Callable[[Message], Answer]
    """The response to an accepted message."""
    throttle: Callable[[], Answer]
    too_many: Callable[[], Answer]
    refuse: Callable[[], Answer]
    """The response to a rejected message: invalid number, or a phone that is gone."""
    fail: Callable[[], Answer]
    receipt: Callable[[Message, Account], urllib.request.Request | None] = lambda message, account: None


def carrier_of(path: str) -> Carrier | None:
    """Return the carrier of a path."""
    if path.startswith("/2010-04-01/Accounts/") and path.endswith("/Messages.json"):
        return TWILIO
    if path.startswith("/v1/projects/") and path.endswith("/messages:send"):
        return FIREBASE
    if path.startswith("/3/device/"):
        return APPLE
    return VONAGE if path == "/sms/json" else None


def twilio_receipt(message: Message, status: str, token: str) -> tuple[dict[str, str], dict[str, str]]:
    """The form of a status callback, and the headers that sign it."""
    form = {"MessageSid": message.message_id, "MessageStatus": status, "To": message.recipient, "ErrorCode": ""}
    text = message.callback + "".join(name + form[name] for name in sorted(form))
    digest = hmac.new(token.encode(), text.encode(), hashlib.sha1).digest()
    return form, {"X-Twilio-Signature": base64.b64encode(digest).decode()}


def vonage_receipt(message: Message, status: str, secret: str) -> dict[str, str]:
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


def _told_by_twilio(message: Message, account: Account) -> urllib.request.Request | None:
    if not (message.callback and account.twilio_token):
        return None
    form, headers = twilio_receipt(message, "delivered", account.twilio_token)
    return urllib.request.Request(message.callback, urlencode(form).encode(), headers)  # noqa: S310 the customer's


def _told_by_vonage(message: Message, account: Account) -> urllib.request.Request | None:
    if not (account.vonage_webhook and account.vonage_signature):
        return None
    body = json.dumps(vonage_receipt(message, "delivered", account.vonage_signature)).encode()
    headers = {"Content-Type": "application/json"}
    return urllib.request.Request(account.vonage_webhook, body, headers)  # noqa: S310 the customer's


def _read_twilio(asked: Asked, message_id: str) -> Message:
    form = asked.form
    return Message("twilio", f"SM{message_id}", form["To"], form["Body"], callback=form.get("StatusCallback", ""))


def _read_vonage(asked: Asked, message_id: str) -> Message:
    form = asked.form
    return Message("vonage", message_id[:16].upper(), form["to"], form["text"], form.get("client-ref", ""))


def _read_firebase(asked: Asked, message_id: str) -> Message:
    message = asked.members["message"]
    shown = message["notification"]
    text = f"{shown['title']}: {shown['body']}"
    return Message("firebase", f"{asked.path.removesuffix(':send')[4:]}/{message_id}", message["token"], text)


def _read_apple(asked: Asked, message_id: str) -> Message:
    shown = asked.members["aps"]["alert"]
    return Message("apple", message_id, asked.path.removeprefix("/3/device/"), f"{shown['title']}: {shown['body']}")


def _by_twilio(status: int, code: int, text: str) -> Callable[[], Answer]:
    return lambda: (status, {"code": code, "message": text, "status": status})


def _by_vonage(**members: str) -> Answer:
    return 200, {"message-count": "1", "messages": [members]}


def _by_google(code: int, status: str) -> Callable[[], Answer]:
    detail = {"@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError", "errorCode": status}
    kind = {404: "NOT_FOUND", 429: "RESOURCE_EXHAUSTED"}.get(code, status)
    return lambda: (code, {"error": {"code": code, "message": status, "status": kind, "details": [detail]}})


def _by_apple(status: int, reason: str) -> Callable[[], Answer]:
    return lambda: (status, {"reason": reason})


TWILIO = Carrier(
    "twilio",
    _read_twilio,
    accept=lambda message: (201, {"sid": message.message_id, "status": "queued", "to": message.recipient}),
    throttle=_by_twilio(429, 20429, "Too Many Requests"),
    too_many=_by_twilio(429, 20429, "Too Many Requests"),
    refuse=_by_twilio(400, 21211, "Invalid 'To' Phone Number"),
    fail=_by_twilio(500, 20500, "Internal Server Error"),
    receipt=_told_by_twilio,
)
VONAGE = Carrier(
    "vonage",
    _read_vonage,
    accept=lambda message: _by_vonage(
        **{
            "to": message.recipient,
            "message-id": message.message_id,
            "status": "0",
            "remaining-balance": "10.0",
            "message-price": "0.0333",
            "network": "52501",
        }
    ),
    throttle=lambda: _by_vonage(**{"status": "1", "error-text": "Throughput Rate Exceeded"}),
    too_many=lambda: (429, {"type": "https://developer.vonage.com/api-errors#throttled", "title": "Rate Limit Hit"}),
    refuse=lambda: _by_vonage(**{"status": "6", "error-text": "Invalid Message"}),
    fail=lambda: (500, {"title": "Internal Server Error"}),
    receipt=_told_by_vonage,
)
FIREBASE = Carrier(
    "firebase",
    _read_firebase,
    accept=lambda message: (200, {"name": message.message_id}),
    throttle=_by_google(429, "QUOTA_EXCEEDED"),
    too_many=_by_google(429, "QUOTA_EXCEEDED"),
    refuse=_by_google(404, "UNREGISTERED"),
    fail=_by_google(500, "INTERNAL"),
)
APPLE = Carrier(
    "apple",
    _read_apple,
    accept=lambda message: (200, {}),
    throttle=_by_apple(429, "TooManyRequests"),
    too_many=_by_apple(429, "TooManyProviderTokenUpdates"),
    refuse=_by_apple(410, "Unregistered"),
    fail=_by_apple(500, "InternalServerError"),
)

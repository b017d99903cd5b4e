"""Delivery receipts of providers, and their way into the ledger."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from iotcloud.batches import Failures, confine
from iotcloud.devices.interfaces import Parking
from iotcloud.notices.interfaces import DeliveryLedger, PushEndpoints
from iotcloud.notices.ledger import Notice

ROUNDS = 4
"""Optimistic-lock attempts per receipt. The delivery function writes the same row once."""


class UnusableReceipt(ValueError):
    """Not an event that any of our providers sends. The text is the reason."""


@dataclass(frozen=True)
class Receipt:
    """A provider's last word on a notice."""

    is_delivered: bool
    reference: str = ""
    """The notice's own reference, where the provider gives it back."""
    provider_id: str = ""
    """The provider's id of the message."""
    reason: str = ""
    """Why it was not delivered."""
    is_recipient_gone: bool = False
    """Whether the recipient is permanently unreachable."""


@dataclass
class Received:
    """The outcome of a batch of events."""

    states: Counter[str] = field(default_factory=Counter)
    """Notices by the state that their receipt left them in; `unknown` for receipts of no notice of ours."""
    passing: int = 0
    """Events that are no last word, as that a message is on its way."""
    parked: Counter[str] = field(default_factory=Counter)
    """Unusable records, by reason."""
    failures: Failures = field(default_factory=Failures)
    """Bodies with which something failed."""


@dataclass(frozen=True)
class ReceiptService:
    """Applies receipts to the ledger. Safe in any order and under redelivery."""

    ledger: DeliveryLedger

    def take_receipt(self, receipt: Receipt) -> Notice | None:
        """Record a provider's final status. Return the notice after it, or None when there is no such notice."""
        notice = self._find(receipt)
        for _ in range(ROUNDS):
            if notice is None:
                return None
            changed = notice.receipt(
                is_delivered=receipt.is_delivered, reason=receipt.reason, provider_id=receipt.provider_id
            )
            if changed == notice:
                return notice
            notice = self.ledger.replace(notice, changed)
            if notice == changed:
                return notice
        return notice

    def _find(self, receipt: Receipt) -> Notice | None:
        deviceid, _, notice_id = receipt.reference.partition("/")
        if deviceid and notice_id:
            return self.ledger.find(deviceid, notice_id)
        return self.ledger.find_by_provider(receipt.provider_id) if receipt.provider_id else None


@dataclass(frozen=True)
class ReceiptDesk:
    """Reads the events of AWS's own providers off their queue."""

    receipts: ReceiptService
    parking: Parking
    phones: PushEndpoints

    def take_events(self, bodies: Sequence[str]) -> Received:
        """Take a batch. A body with which anything fails is reported alone. Idempotent."""
        received = Received()
        useless: dict[str, str] = {}
        for body in bodies:
            with received.failures.confined([body]):
                try:
                    receipt = read_event(body)
                except UnusableReceipt as unusable:
                    useless[body] = str(unusable)
                else:
                    self._take(receipt, received)

        def park(part: Sequence[str]) -> None:
            self.parking.park({body: useless[body] for body in part})
            received.parked.update(useless[body] for body in part)

        confine(list(useless), park, lambda body: (body,), received.failures)
        return received

    def _take(self, receipt: Receipt | None, received: Received) -> None:
        if receipt is None:
            received.passing += 1
            return
        notice = self.receipts.take_receipt(receipt)
        if notice is not None and receipt.is_recipient_gone:
            self.phones.forget_phone(notice.owner, notice.target)
        received.states["unknown" if notice is None else notice.state.value] += 1


def mail_tags(notice: Notice) -> Mapping[str, str]:
    """The tags of a notice's mail; values hold letters, digits, `_` and `-` alone (Amazon SES API, MessageTag)."""
    return {"notice": notice.notice_id, "device": urlsafe_b64encode(notice.deviceid.encode()).decode().rstrip("=")}


def read_event(body: str) -> Receipt | None:
    """Parse an event of EventBridge or SNS. None for a status that is not final.

    Raise UnusableReceipt.
    """
    try:
        event = json.loads(body)
        if event.get("Service") == "SNS":
            return _of_push(event)
        source, detail = event["source"], event["detail"]
        if source == "aws.ses":
            return _of_mail(detail)
        if source == "aws.sms-voice":
            return _of_text_message(detail)
    except (ValueError, RecursionError, KeyError, TypeError, IndexError, AttributeError):
        raise UnusableReceipt("the event has not the form of its kind") from None
    raise UnusableReceipt("the event is of no known provider")


def _of_mail(detail: Mapping[str, Any]) -> Receipt | None:
    """Parse an event of Amazon SES (developer guide, "Event data that Amazon SES publishes")."""
    kind, mail = detail["eventType"], detail["mail"]
    tags: Mapping[str, Sequence[str]] = mail.get("tags", {})
    reference = f"{_unpacked(tags['device'][0])}/{tags['notice'][0]}" if "device" in tags else ""
    provider_id = mail["messageId"]
    match kind:
        case "Delivery":
            return Receipt(True, reference, provider_id)
        case "Bounce":
            bounce = detail["bounce"]
            causes = [one.get("diagnosticCode") or one.get("status") or "" for one in bounce["bouncedRecipients"]]
            reason = f"bounced: {bounce['bounceType']}, {bounce['bounceSubType']} {' '.join(causes)}".strip()
            return Receipt(False, reference, provider_id, reason[:200])
        case "Reject":
            return Receipt(False, reference, provider_id, f"rejected: {detail['reject']['reason']}"[:200])
        case _:
            return None


def _unpacked(tag: str) -> str:
    return urlsafe_b64decode(tag + "=" * (-len(tag) % 4)).decode()


_ACCEPTED = frozenset({"TEXT_DELIVERED", "TEXT_SUCCESSFUL"})
_NOBODY_KNOWS = frozenset({"TEXT_UNKNOWN"})
"""Carriers that do not report within 72 hours."""


def _of_text_message(detail: Mapping[str, Any]) -> Receipt | None:
    """Parse an event of AWS End User Messaging, which also reports text messages sent through Amazon SNS."""
    kind = detail["eventType"]
    if not kind.startswith("TEXT_") or detail["isFinal"] is not True or kind in _NOBODY_KNOWS:
        return None
    is_delivered = kind in _ACCEPTED
    reason = "" if is_delivered else f"{detail['messageStatus']}: {detail.get('messageStatusDescription', '')}"
    return Receipt(
        is_delivered=is_delivered,
        reference=detail.get("context", {}).get("notice", ""),
        provider_id=detail["messageId"],
        reason=reason[:200],
    )


_NO_SUCH_PHONE = frozenset({"EndpointDisabled", "InvalidPlatformToken"})


def _of_push(event: Mapping[str, Any]) -> Receipt | None:
    """Parse an event of Amazon SNS about a failed push (developer guide, "Mobile app events")."""
    if event["EventType"] != "DeliveryFailure":
        return None
    failure = event.get("FailureType", "")
    return Receipt(
        is_delivered=False,
        provider_id=event["MessageId"],
        reason=f"{failure}: {event.get('FailureMessage', '')}"[:200],
        is_recipient_gone=failure in _NO_SUCH_PHONE,
    )

"""Receipts: what providers tell of a notice after they took it, and how the ledger learns of it."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from iotcloud.batches import Failures, confine
from iotcloud.notices.ledger import Notice

ROUNDS = 4
"""How often a receipt is held against a notice that others change at the same time: the courier does once."""


class UnusableReceipt(ValueError):
    """The event is none that a provider of ours sends; the text is the reason."""


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
    """Whether nothing will ever reach that recipient."""


class Ledger(Protocol):
    """The notices of all owners."""

    def find(self, deviceid: str, notice_id: str) -> Notice | None: ...

    def find_by_provider(self, provider_id: str) -> Notice | None: ...

    def replace(self, known: Notice, changed: Notice) -> Notice:
        """Write a notice's new state if nobody changed it since `known` was read, and answer it; else what is there."""
        ...


class Parking(Protocol):
    """Where messages wait that nobody can use, for a person to look at."""

    def park(self, bodies: Mapping[str, str]) -> None: ...


class Phones(Protocol):
    """The phones on which owners are signed in."""

    def forget_phone(self, username: str, target: str) -> None:
        """Push nothing more to a phone until it registers again; once more changes nothing."""
        ...


@dataclass
class Received:
    """What became of a batch of events."""

    states: Counter[str] = field(default_factory=Counter)
    """Notices by the state that their receipt left them in; `unknown` for receipts of no notice of ours."""
    passing: int = 0
    """Events that are no last word, as that a message is on its way."""
    parked: Counter[str] = field(default_factory=Counter)
    """What was no event of a provider at all, by reason."""
    failures: Failures = field(default_factory=Failures)
    """Bodies with which something failed."""


@dataclass(frozen=True)
class ReceiptService:
    """Takes receipts into the ledger: in any order, however often they come."""

    ledger: Ledger

    def take_receipt(self, receipt: Receipt) -> Notice | None:
        """Write a provider's last word down; answer the notice as it is then, None when there is none."""
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
    phones: Phones

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
    """Read an event as EventBridge or SNS hands it to a queue; None for one that is no last word.

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
    """Read what Amazon SES tells (developer guide, "Event data that Amazon SES publishes")."""
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
"""Carriers that do not tell within 72 hours."""


def _of_text_message(detail: Mapping[str, Any]) -> Receipt | None:
    """Read what AWS End User Messaging tells of a text message, of those that Amazon SNS handed it too."""
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
    """Read what Amazon SNS tells of a push that never arrives (developer guide, "Mobile app events")."""
    if event["EventType"] != "DeliveryFailure":
        return None
    failure = event.get("FailureType", "")
    return Receipt(
        is_delivered=False,
        provider_id=event["MessageId"],
        reason=f"{failure}: {event.get('FailureMessage', '')}"[:200],
        is_recipient_gone=failure in _NO_SUCH_PHONE,
    )

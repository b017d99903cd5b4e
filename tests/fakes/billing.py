"""Payments and credits in memory, and PayPal without the network."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from iotcloud.billing.interfaces import Approval
from iotcloud.billing.model import (
    Credits,
    Dispute,
    Package,
    Payment,
    PaymentState,
    ProviderPayment,
    ProviderStatus,
    credits_due,
)
from iotcloud.errors import PaymentServiceFailed
from iotcloud.pagination import Page, make_cursor, open_key_cursor


@dataclass
class FakePayments:
    """See iotcloud.billing.store.PaymentStore."""

    kept: dict[str, Payment] = field(default_factory=dict)
    captures: dict[str, str] = field(default_factory=dict)
    credits: dict[str, Credits] = field(default_factory=dict)

    def add(self, payment: Payment) -> None:
        self.kept[payment.payment_id] = payment

    def find(self, payment_id: str) -> Payment | None:
        return self.kept.get(payment_id)

    def find_by_capture(self, capture_id: str) -> Payment | None:
        return self.kept.get(self.captures.get(capture_id, ""))

    def grant(self, payment: Payment, seen: ProviderPayment, now: datetime) -> Payment:
        known = self.kept.get(payment.payment_id)
        if known is None or known.is_completed or seen.capture_id in self.captures or known.owner != payment.owner:
            return known or payment
        self.captures[seen.capture_id] = payment.payment_id
        had = self.find_credits(payment.owner)
        self.credits[payment.owner] = replace(
            had,
            balance=had.balance + payment.credits,
            granted=had.granted + payment.credits,
            filled=had.balance + payment.credits,
        )
        self.kept[payment.payment_id] = replace(
            known,
            state=PaymentState.COMPLETED,
            payer_id=seen.payer_id,
            capture_id=seen.capture_id,
            captured_at=now,
        )
        return self.kept[payment.payment_id]

    def take_back(self, payment: Payment, refunded: int) -> Payment:
        known = self.kept[payment.payment_id]
        if refunded > known.refunded:
            had = self.find_credits(known.owner)
            due = credits_due(known, refunded) - credits_due(known, known.refunded)
            taken = min(due, had.balance) if known.owner else 0
            if taken:
                self.credits[known.owner] = replace(had, balance=had.balance - taken, taken_back=had.taken_back + taken)
            self.kept[payment.payment_id] = replace(known, refunded=refunded, taken_back=known.taken_back + taken)
        return self.kept[payment.payment_id]

    def mark(self, payment: Payment, state: str) -> None:
        known = self.kept[payment.payment_id]
        if not known.is_completed:
            self.kept[payment.payment_id] = replace(known, state=PaymentState(state))

    def note_dispute(self, payment: Payment, dispute: Dispute, at: datetime) -> None:
        known = self.kept[payment.payment_id]
        if known.dispute_at is None or known.dispute_at < at:
            self.kept[payment.payment_id] = replace(known, dispute=dispute, dispute_at=at)

    def page(self, owner: str, limit: int, cursor: str | None = None) -> Page[Payment]:
        scope = f"payments#{owner}"
        before = open_key_cursor(scope, cursor) if cursor else "~"
        found = [one for one in reversed(list(self.list_all(owner))) if _place(one) < before]
        shown = found[:limit]
        return Page(shown, make_cursor(scope, _place(shown[-1])) if len(found) > limit else None)

    def list_all(self, owner: str) -> Iterator[Payment]:
        yield from sorted((one for one in self.kept.values() if one.owner == owner), key=_place)

    def find_credits(self, owner: str) -> Credits:
        return self.credits.get(owner, Credits())

    def close(self, owner: str) -> None:
        for payment in list(self.list_all(owner)):
            if payment.is_completed:
                self.kept[payment.payment_id] = replace(payment, owner="", payer_id="")
            else:
                del self.kept[payment.payment_id]
        self.credits.pop(owner, None)


def _place(payment: Payment) -> str:
    return f"{payment.created_at.isoformat()}#{payment.payment_id}"


@dataclass
class FakeProvider:
    """See iotcloud.billing.interfaces.PaymentProvider."""

    kept: dict[str, ProviderPayment] = field(default_factory=dict)
    captures: dict[str, int] = field(default_factory=dict)
    is_silent_after_capture: bool = False
    is_down: bool = False
    is_genuine: bool = True
    verified: int = 0

    def create(self, package: Package, reference: str, return_url: str, cancel_url: str) -> Approval:
        self._ask()
        payment_id = f"PAYID-{len(self.kept) + 1}"
        self.kept[payment_id] = ProviderPayment(
            payment_id, reference, package.amount, package.currency, ProviderStatus.CREATED
        )
        return Approval(payment_id, f"https://www.paypal.com/checkoutnow?token=EC-{len(self.kept)}")

    def find(self, payment_id: str) -> ProviderPayment | None:
        self._ask()
        return self.kept.get(payment_id)

    def capture(self, payment_id: str, payer_id: str, reference: str) -> None:
        self._ask()
        known = self.kept[payment_id]
        if known.status is ProviderStatus.APPROVED:
            self.captures[payment_id] = self.captures.get(payment_id, 0) + 1
            self.change(payment_id, status=ProviderStatus.CAPTURED, captured=known.amount, capture_id=f"C{payment_id}")
        if self.is_silent_after_capture:
            raise PaymentServiceFailed

    def verify(self, headers: Mapping[str, str], text: str) -> bool:
        self._ask()
        self.verified += 1
        return self.is_genuine

    def change(self, payment_id: str, **changes: object) -> None:
        """Have something happen at PayPal."""
        self.kept[payment_id] = replace(self.kept[payment_id], **changes)  # type: ignore[arg-type]

    def _ask(self) -> None:
        if self.is_down:
            raise PaymentServiceFailed

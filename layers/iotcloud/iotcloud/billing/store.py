"""The rows of payments and bought credits.

payments  payment_id     index by_owner: owner, sort (milliseconds in 13 digits # payment id)
credits   username       one row for each account that ever bought

Beside a payment, `capture#{id}` is also a partition of `payments`: which payment the money under that id was for.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime

from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.exceptions import DeleteError, TransactWriteError, UpdateError
from pynamodb.expressions.update import Action
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex
from pynamodb.transactions import TransactWrite

from iotcloud.billing.model import (
    ABANDONED,
    Credits,
    Dispute,
    Payment,
    PaymentState,
    ProviderPayment,
    credits_due,
    kept_until,
)
from iotcloud.dynamodb import InstantAttribute, Part, Row, commit, raise_unless_refused, refused_parts, to_ms
from iotcloud.pagination import Page, make_cursor, open_key_cursor

_DIGITS = 13
_CAPTURE = "capture#"
_SCOPE = "payments"
_ROUNDS = 10
"""How often a refund is held against a balance that notices change at the same time."""
_OPEN = (PaymentState.CREATED.value, PaymentState.PENDING.value, PaymentState.REFUSED.value)
"""States from which money can still come; PayPal takes back a refusal when the payer pays otherwise."""


class PaymentsOfOwner(GlobalSecondaryIndex["PaymentRow"]):  # type: ignore[no-untyped-call]
    """All payments of a user, in order of time."""

    class Meta:
        index_name = "by_owner"
        projection = AllProjection()

    owner = UnicodeAttribute(hash_key=True)
    sort = UnicodeAttribute(range_key=True)


class PaymentRow(Row):
    """One payment, or which payment a capture belongs to."""

    class Meta(Row.Meta):
        table_name = "payments"

    payment_id = UnicodeAttribute(hash_key=True)
    owner = UnicodeAttribute(null=True)
    sort = UnicodeAttribute(null=True)
    captured_for = UnicodeAttribute(null=True)
    reference = UnicodeAttribute(null=True)
    sku = UnicodeAttribute(null=True)
    credits = NumberAttribute(null=True)
    amount = NumberAttribute(null=True)
    currency = UnicodeAttribute(null=True)
    created_at = InstantAttribute(null=True)
    state = UnicodeAttribute(null=True)
    payer_id = UnicodeAttribute(null=True)
    capture_id = UnicodeAttribute(null=True)
    captured_at = InstantAttribute(null=True)
    refunded = NumberAttribute(null=True)
    taken_back = NumberAttribute(null=True)
    dispute = UnicodeAttribute(null=True)
    dispute_at = InstantAttribute(null=True)
    expires_at = NumberAttribute()
    by_owner = PaymentsOfOwner()


class CreditRow(Row):
    """Bought credits of an account."""

    class Meta(Row.Meta):
        table_name = "credits"

    username = UnicodeAttribute(hash_key=True)
    balance = NumberAttribute(default=0)
    granted = NumberAttribute(default=0)
    taken_back = NumberAttribute(default=0)
    spent = NumberAttribute(default=0)
    returned = NumberAttribute(default=0)
    filled = NumberAttribute(default=0)


class PaymentStore:
    """Keeps payments, and grants credits together with them."""

    def __init__(self, kept_years: int) -> None:
        self._years = kept_years

    def add(self, payment: Payment) -> None:
        """Keep a new payment until it is abandoned."""
        PaymentRow(
            payment.payment_id,
            owner=payment.owner,
            sort=_sort(payment),
            reference=payment.reference,
            sku=payment.sku,
            credits=payment.credits,
            amount=payment.amount,
            currency=payment.currency,
            created_at=payment.created_at,
            state=payment.state.value,
            expires_at=int((payment.created_at + ABANDONED).timestamp()),
        ).save(condition=PaymentRow.payment_id.does_not_exist())

    def find(self, payment_id: str) -> Payment | None:
        """Return a payment."""
        row = _row(payment_id)
        return None if row is None or row.state is None else _payment(row)

    def find_by_capture(self, capture_id: str) -> Payment | None:
        """Return the payment whose money came under this id: two requests."""
        row = _row(_CAPTURE + capture_id)
        return self.find(row.captured_for) if row is not None and row.captured_for else None

    def grant(self, payment: Payment, seen: ProviderPayment, now: datetime) -> Payment:
        """Complete a payment and add its credits, together and once for each payment and capture; return it as it is.

        The condition on the owner keeps credits from an account that was closed meanwhile.
        """
        expires_at = int(kept_until(now, self._years).timestamp())

        def fill(write: TransactWrite) -> None:
            write.save(
                PaymentRow(_CAPTURE + seen.capture_id, captured_for=payment.payment_id, expires_at=expires_at),
                condition=PaymentRow.payment_id.does_not_exist(),
            )
            write.update(
                PaymentRow(payment.payment_id),
                actions=[
                    PaymentRow.state.set(PaymentState.COMPLETED.value),
                    PaymentRow.payer_id.set(seen.payer_id),
                    PaymentRow.capture_id.set(seen.capture_id),
                    PaymentRow.captured_at.set(now),
                    PaymentRow.refunded.set(0),
                    PaymentRow.taken_back.set(0),
                    PaymentRow.expires_at.set(expires_at),
                ],
                condition=PaymentRow.state.is_in(*_OPEN) & (PaymentRow.owner == payment.owner),
            )
            write.update(
                CreditRow(payment.owner),
                actions=[
                    CreditRow.filled.set((CreditRow.balance | 0) + payment.credits),
                    CreditRow.balance.add(payment.credits),
                    CreditRow.granted.add(payment.credits),
                ],
            )

        try:
            commit(PaymentRow, fill)
        except TransactWriteError as failed:
            refused_parts(failed)
        return self.find(payment.payment_id) or payment

    def take_back(self, payment: Payment, refunded: int) -> Payment:
        """Note a refund in all, and take back what is left of its credits, together; return the payment as it is."""
        known = self.find(payment.payment_id)
        for _ in range(_ROUNDS):
            if known is None or not known.is_completed or refunded <= known.refunded:
                break
            due = credits_due(known, refunded) - credits_due(known, known.refunded)
            taken = min(due, self.find_credits(known.owner).balance) if known.owner else 0
            if self._refund(known, refunded, taken):
                return self.find(payment.payment_id) or payment
            known = self.find(payment.payment_id)
        else:
            raise TimeoutError("the balance changed again and again")
        return known or payment

    def _refund(self, known: Payment, refunded: int, taken: int) -> bool:
        """Write a refund; tell whether nothing had changed meanwhile."""

        def fill(write: TransactWrite) -> None:
            write.update(
                PaymentRow(known.payment_id),
                actions=[PaymentRow.refunded.set(refunded), PaymentRow.taken_back.add(taken)],
                condition=(PaymentRow.state == PaymentState.COMPLETED.value) & (PaymentRow.refunded == known.refunded),
            )
            if taken:
                write.update(
                    CreditRow(known.owner),
                    actions=[CreditRow.balance.add(-taken), CreditRow.taken_back.add(taken)],
                    condition=CreditRow.balance >= taken,
                )

        try:
            commit(PaymentRow, fill)
        except TransactWriteError as failed:
            refused_parts(failed)
            return False
        return True

    def mark(self, payment: Payment, state: str) -> None:
        """Note that a payment is pending or refused, unless it is completed."""
        self._change(payment, [PaymentRow.state.set(str(state))], is_open=True)

    def note_dispute(self, payment: Payment, dispute: Dispute, at: datetime) -> None:
        """Note where a dispute stands, unless something newer is known."""
        try:
            PaymentRow(payment.payment_id).update(
                actions=[PaymentRow.dispute.set(dispute.value), PaymentRow.dispute_at.set(at)],
                condition=PaymentRow.state.exists()
                & (PaymentRow.dispute_at.does_not_exist() | (PaymentRow.dispute_at < at)),
            )
        except UpdateError as failed:
            raise_unless_refused(failed)

    def _change(self, payment: Payment, actions: Sequence[Action], *, is_open: bool) -> None:
        states = _OPEN if is_open else (PaymentState.COMPLETED.value,)
        try:
            PaymentRow(payment.payment_id).update(actions=list(actions), condition=PaymentRow.state.is_in(*states))
        except UpdateError as failed:
            raise_unless_refused(failed)

    def page(self, owner: str, limit: int, cursor: str | None = None) -> Page[Payment]:
        """Return a user's payments, newest first; raise InvalidInput for a foreign cursor."""
        scope = f"{_SCOPE}#{owner}"
        before = open_key_cursor(scope, cursor) if cursor else None
        rows = list(
            PaymentRow.by_owner.query(
                owner,
                PaymentsOfOwner.sort < before if before else None,
                scan_index_forward=False,
                limit=limit + 1,
            )
        )
        shown = [_payment(row) for row in rows[:limit]]
        return Page(shown, make_cursor(scope, _sort(shown[-1])) if len(rows) > limit else None)

    def list_all(self, owner: str) -> Iterator[Payment]:
        """Return all payments of a user, oldest first."""
        for row in PaymentRow.by_owner.query(owner):
            yield _payment(row)

    def find_credits(self, owner: str) -> Credits:
        """Return a user's bought credits."""
        try:
            row = CreditRow.get(owner, consistent_read=True)
        except CreditRow.DoesNotExist:
            return Credits()
        return Credits(
            int(row.balance), int(row.granted), int(row.taken_back), int(row.spent), int(row.returned), int(row.filled)
        )

    def spending(self, owner: str) -> Part:
        """Return the part that takes one credit, if one is left."""

        def fill(write: TransactWrite) -> None:
            write.update(
                CreditRow(owner),
                actions=[CreditRow.balance.add(-1), CreditRow.spent.add(1)],
                condition=CreditRow.balance > 0,
            )

        return fill

    def returning(self, owner: str) -> Part:
        """Return the part that gives one credit back; it cannot be written for an account that is closed."""

        def fill(write: TransactWrite) -> None:
            write.update(
                CreditRow(owner),
                actions=[CreditRow.balance.add(1), CreditRow.returned.add(1)],
                condition=CreditRow.username.exists(),
            )

        return fill

    def close(self, owner: str) -> None:
        """Remove what names a user, and payments that were never completed. Idempotent."""
        for payment in list(self.list_all(owner)):
            nameless = [PaymentRow.owner.remove(), PaymentRow.sort.remove(), PaymentRow.payer_id.remove()]
            self._change(payment, nameless, is_open=False)
            try:
                PaymentRow(payment.payment_id).delete(condition=PaymentRow.state.is_in(*_OPEN))
            except DeleteError as failed:
                raise_unless_refused(failed)
        CreditRow(owner).delete()


def _row(payment_id: str) -> PaymentRow | None:
    try:
        return PaymentRow.get(payment_id, consistent_read=True)
    except PaymentRow.DoesNotExist:
        return None


def _sort(payment: Payment) -> str:
    return f"{to_ms(payment.created_at):0{_DIGITS}}#{payment.payment_id}"


def _payment(row: PaymentRow) -> Payment:
    assert row.created_at is not None  # of payments alone, not of captures
    return Payment(
        payment_id=row.payment_id,
        owner=row.owner or "",
        reference=row.reference or "",
        sku=row.sku or "",
        credits=int(row.credits or 0),
        amount=int(row.amount or 0),
        currency=row.currency or "",
        created_at=row.created_at,
        state=PaymentState(row.state),
        payer_id=row.payer_id or "",
        capture_id=row.capture_id or "",
        captured_at=row.captured_at,
        refunded=int(row.refunded or 0),
        taken_back=int(row.taken_back or 0),
        dispute=Dispute(row.dispute) if row.dispute else None,
        dispute_at=row.dispute_at,
    )

"""What payments need of the rest of the platform and of PayPal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from iotcloud.billing.model import Credits, Dispute, Package, Payment, ProviderPayment
from iotcloud.notices.ledger import Notice
from iotcloud.notices.policies import Allowance
from iotcloud.pagination import Page
from iotcloud.users.rate_limits import Limit

if TYPE_CHECKING:
    from iotcloud.billing.spending import Part


@dataclass(frozen=True)
class Approval:
    """A payment that waits for its payer."""

    payment_id: str
    url: str
    """Where the payer agrees."""


class Allowances(Protocol):
    """The free messages of the month."""

    def show_limits(self, username: str) -> Allowance: ...


class Attempts(Protocol):
    """Counts attempts."""

    def spend(self, purpose: str, subject: str, limit: Limit) -> None:
        """Count one attempt; raise TooManyRequests when it is one too many."""
        ...


class BoughtCredits(Protocol):
    """Bought credits of accounts."""

    def find_credits(self, owner: str) -> Credits: ...

    def spending(self, owner: str) -> Part:
        """What takes one credit, if one is left."""
        ...

    def returning(self, owner: str) -> Part:
        """What gives one credit back."""
        ...


class ChargedNotices(Protocol):
    """The ledger, which writes notices together with what they cost."""

    def find(self, deviceid: str, notice_id: str) -> Notice | None: ...
    def find_by_provider(self, provider_id: str) -> Notice | None: ...
    def replace(self, known: Notice, changed: Notice) -> Notice: ...

    def enter_with(self, notice: Notice, part: Part) -> Notice | None:
        """Add a notice together with `part`; answer the one that is there already; raise CreditsUsedUp."""
        ...

    def replace_with(self, known: Notice, changed: Notice, part: Part) -> Notice:
        """Write a notice's new state as `replace` does, together with `part` if that can be written."""
        ...

    def returning(self, notice: Notice) -> Part:
        """What gives a free message back to the month in which it was counted."""
        ...


class Mail(Protocol):
    """Sends mails of the platform itself."""

    def send(self, mail_id: str, owner: str, address: str, source: str, text: str) -> None:
        """Queue a mail once for each id; one without an address is not sent."""
        ...


class PaymentProvider(Protocol):
    """PayPal. Every method raises PaymentServiceFailed when PayPal does not answer, or not as it should."""

    def create(self, package: Package, reference: str, return_url: str, cancel_url: str) -> Approval:
        """Set a payment up; once more with the same reference returns the same."""
        ...

    def find(self, payment_id: str) -> ProviderPayment | None:
        """Return a payment as it is now; None when PayPal does not know it (any more)."""
        ...

    def capture(self, payment_id: str, payer_id: str, reference: str) -> None:
        """Take the money of an approved payment, or learn that PayPal refuses; the next `find` tells which.

        Once more takes nothing more. After PaymentServiceFailed the money may have been taken.
        """
        ...

    def verify(self, headers: Mapping[str, str], text: str) -> bool:
        """Tell whether PayPal sent this webhook: its transmission headers, by lower-case name, and its body as sent."""
        ...


class PaymentStore(Protocol):
    """Keeps payments."""

    def add(self, payment: Payment) -> None:
        """Keep a new payment."""
        ...

    def find(self, payment_id: str) -> Payment | None: ...

    def find_by_capture(self, capture_id: str) -> Payment | None:
        """Return the payment whose money came under this id."""
        ...

    def grant(self, payment: Payment, seen: ProviderPayment, now: datetime) -> Payment:
        """Complete a payment and add its credits, together, once for each payment and capture; return it as it is."""
        ...

    def take_back(self, payment: Payment, refunded: int) -> Payment:
        """Note a refund in all, and take back what is left of its credits, together; return the payment as it is."""
        ...

    def mark(self, payment: Payment, state: str) -> None:
        """Note that a payment is pending or refused, unless it is completed."""
        ...

    def note_dispute(self, payment: Payment, dispute: Dispute, at: datetime) -> None:
        """Note where a dispute stands, unless something newer is known."""
        ...

    def page(self, owner: str, limit: int, cursor: str | None = None) -> Page[Payment]:
        """Return a user's payments, newest first; raise InvalidInput for a foreign cursor."""
        ...

    def list_all(self, owner: str) -> Iterator[Payment]:
        """Return all payments of a user."""
        ...

    def find_credits(self, owner: str) -> Credits:
        """Return a user's bought credits; none were bought when there is no row."""
        ...

    def close(self, owner: str) -> None:
        """Remove what names a user, and payments that were never completed. Idempotent."""
        ...

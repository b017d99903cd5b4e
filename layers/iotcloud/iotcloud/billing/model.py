"""Packages of message credits, payments for them, and the rules by which credits come and go. Pure rules, no I/O.

Amounts are whole cents. A payment goes one way:

    created ──> pending ──> completed ──> refunded (in part, then whole)
       └───────────┴──────> refused

Credits are granted with the step to `completed`, once, and taken back with a refund as far as they are left.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from urllib.parse import urlsplit

from iotcloud.errors import InvalidInput, Problem

CURRENCY = "USD"
"""The one currency, as the contract has it (9C)."""
ABANDONED = timedelta(days=30)
"""How long a payment is kept that nobody completed. Approvals end within days, pending ones within weeks."""
MAX_PACKAGES = 20
MAX_CREDITS = 1_000_000
MAX_CENTS = 10_000_00
LONGEST_URL = 4000
_PACKAGE = re.compile(r"([A-Z0-9]{1,64})=([0-9]{1,7}):([0-9]{1,5})\.([0-9]{2})")
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True)
class Package:
    """Credits that can be bought together."""

    sku: str
    credits: int
    amount: int
    """Its price in cents."""
    currency: str = CURRENCY


def parse_packages(text: str) -> Mapping[str, Package]:
    """Read packages by sku from `SKU=CREDITS:PRICE,...`; raise ValueError, naming the entry that cannot be."""
    found: dict[str, Package] = {}
    for entry in filter(None, text.split(",")):
        match = _PACKAGE.fullmatch(entry)
        if match is None:
            raise ValueError(f"package {entry}: not SKU=CREDITS:PRICE, as CREDS500=500:1.00")
        sku, count, whole, cents = match.groups()
        package = Package(sku, int(count), int(whole) * 100 + int(cents))
        if sku in found or not 0 < package.credits <= MAX_CREDITS or not 0 < package.amount <= MAX_CENTS:
            raise ValueError(f"package {entry}: named twice, or without credits or price, or too large")
        found[sku] = package
    if len(found) > MAX_PACKAGES:
        raise ValueError(f"more than {MAX_PACKAGES} packages")
    return found


def write_amount(cents: int) -> str:
    """Write an amount as PayPal and the contract have it: `9.00`."""
    return f"{cents // 100}.{cents % 100:02}"


def read_amount(text: object) -> int:
    """Read an amount of at most two decimals as cents; raise ValueError. PayPal writes some refunds with a minus."""
    match = re.fullmatch(r"-?([0-9]{1,9})(?:\.([0-9]{1,2}))?", str(text))
    if match is None:
        raise ValueError("not an amount")
    return int(match[1]) * 100 + int((match[2] or "").ljust(2, "0"))


class PaymentState(StrEnum):
    """How far a payment came."""

    CREATED = "created"
    PENDING = "pending"
    COMPLETED = "completed"
    REFUSED = "refused"


class Dispute(StrEnum):
    """Where a dispute of a payment stands."""

    OPEN = "open"
    WON = "won"
    LOST = "lost"
    CLOSED = "closed"


@dataclass(frozen=True)
class Payment:
    """What one user pays for one package, bound together when it is set up."""

    payment_id: str
    """PayPal's id of the payment or order."""
    owner: str
    """Empty once the account is closed."""
    reference: str
    """Drawn for this payment, sent to PayPal and returned by it; names nobody."""
    sku: str
    credits: int
    amount: int
    currency: str
    created_at: datetime
    state: PaymentState = PaymentState.CREATED
    payer_id: str = ""
    capture_id: str = ""
    """PayPal's id of the money that came: a sale or a capture."""
    captured_at: datetime | None = None
    refunded: int = 0
    """Cents that went back."""
    taken_back: int = 0
    """Credits that were taken back for them."""
    dispute: Dispute | None = None
    dispute_at: datetime | None = None

    @property
    def is_completed(self) -> bool:
        """Whether its credits were granted."""
        return self.state is PaymentState.COMPLETED

    @property
    def shown_state(self) -> str:
        """The state with refunds, as a person sees it."""
        if not self.refunded:
            return self.state.value
        return "refunded" if self.refunded >= self.amount else "partly refunded"


class ProviderStatus(StrEnum):
    """How far a payment came at PayPal."""

    CREATED = "created"
    APPROVED = "approved"
    """The payer agreed; no money was taken."""
    PENDING = "pending"
    """Taken, and not yet there, as with an eCheck."""
    CAPTURED = "captured"
    REFUSED = "refused"


@dataclass(frozen=True)
class ProviderPayment:
    """A payment as PayPal shows it. `captured` and `refunded` are cents."""

    payment_id: str
    reference: str
    amount: int
    currency: str
    status: ProviderStatus
    payer_id: str = ""
    capture_id: str = ""
    captured: int = 0
    refunded: int = 0

    def belongs_to(self, payment: Payment) -> bool:
        """Whether it is the payment that was set up, with its whole price once money was taken."""
        bound = (self.payment_id, self.reference, self.amount, self.currency)
        is_whole = self.captured == payment.amount if self.status is ProviderStatus.CAPTURED else True
        return is_whole and bound == (payment.payment_id, payment.reference, payment.amount, payment.currency)


@dataclass(frozen=True)
class Credits:
    """Bought credits of an account. `balance` is `granted - taken_back - spent + returned`, and never below zero."""

    balance: int = 0
    granted: int = 0
    taken_back: int = 0
    spent: int = 0
    returned: int = 0
    filled: int = 0
    """The balance after the last purchase, of which the warning takes its share."""


def credits_due(payment: Payment, refunded: int) -> int:
    """Credits that go with a refund of this many cents in all: its share, without fractions."""
    return payment.credits * min(refunded, payment.amount) // payment.amount


def kept_until(captured_at: datetime, years: int) -> datetime:
    """When the record of a payment is deleted: so many whole calendar years after that of the payment."""
    return datetime(captured_at.year + years + 1, 1, 1, tzinfo=UTC)


def check_address(member: str, url: str, own: Iterable[str]) -> None:
    """Raise InvalidInput unless PayPal may send the payer to a URL: it has the scheme, host and port of one of ours."""
    try:
        origin = _origin(url)
    except ValueError:
        origin = None
    if origin is None or origin not in {_origin(one) for one in own}:
        raise InvalidInput(detail=[Problem(member, "not an address of the app")])


def _origin(url: str) -> tuple[str, str, int] | None:
    """Read scheme, host and port; browsers read spaces, controls and backslashes otherwise than we do."""
    if len(url) > LONGEST_URL or not all(33 <= ord(character) < 127 and character != "\\" for character in url):
        return None
    parts = urlsplit(url)
    if parts.scheme not in _PORTS or not parts.hostname or "@" in parts.netloc:
        return None
    return parts.scheme, parts.hostname, parts.port or _PORTS[parts.scheme]

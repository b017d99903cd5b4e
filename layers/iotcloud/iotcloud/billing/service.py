"""Buying credits: sets payments up, takes their money once, and grants credits for what PayPal shows as paid."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import NoReturn
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

from iotcloud.billing.interfaces import Allowances, Attempts, Mail, PaymentProvider, PaymentStore
from iotcloud.billing.model import (
    Package,
    Payment,
    PaymentState,
    ProviderPayment,
    ProviderStatus,
    check_address,
    write_amount,
)
from iotcloud.billing.webhooks import read_event
from iotcloud.clock import Clock
from iotcloud.errors import (
    InvalidInput,
    PaymentNotFound,
    PaymentServiceFailed,
    PaymentsNotOffered,
    Problem,
    SignatureInvalid,
)
from iotcloud.pagination import Page
from iotcloud.users.interfaces import Contacts
from iotcloud.users.rate_limits import Limit

SETUPS_OF_ONE_ACCOUNT = Limit(20, 3600)
READS_OF_ONE_ACCOUNT = Limit(60, 3600)
"""Executions and verifications: each asks PayPal two to four times."""
RECEIPT_TIME = timedelta(days=1)
"""For so long a receipt is sent again when it is not in the ledger, as its sender may have stopped."""
SOURCE = "PAYMENT"
RECEIPT = (
    "Thank you. {credits} message credits were added to your account.\n\n"
    "Package: {sku}\nPaid: {amount} {currency}, on {at:%Y-%m-%d}\nPayPal transaction: {capture_id}\n"
)
REFUND = (
    "{refunded} {currency} of your payment for {sku} were refunded, {taken_back} message credits were taken back.\n\n"
    "PayPal transaction: {capture_id}\n"
)
NOT_APPROVED = "Payment is not approved"
PENDING = "Payment is pending"
MISMATCH = "Payment does not match"


@dataclass(frozen=True)
class Checkout:
    """Where a payer agrees to a payment."""

    payment_id: str
    approval_url: str
    token: str
    """What stands after `token=` in the URL."""


@dataclass(frozen=True)
class Outcome:
    """Whether a payment was made; else why not."""

    is_paid: bool
    reason: str = ""


@dataclass(frozen=True)
class Subscription:
    """What an account can send: the free messages of the month, and bought credits."""

    allowance: int
    used: int
    bought: int

    @property
    def free(self) -> int:
        """What is left of the month's free messages."""
        return max(0, self.allowance - self.used)

    @property
    def kind(self) -> str:
        """The contract's type."""
        return "Paid" if self.bought else "Free"


@dataclass(frozen=True)
class BillingService:
    """Buy credits and show what was bought."""

    store: PaymentStore
    provider: PaymentProvider | None
    """None where no credentials are set up."""
    packages: Mapping[str, Package]
    app_urls: tuple[str, ...]
    attempts: Attempts
    allowances: Allowances
    contacts: Contacts
    mail: Mail
    clock: Clock

    def find_subscription(self, username: str) -> Subscription:
        """Return what an account can send."""
        allowance = self.allowances.show_limits(username)
        bought = self.store.find_credits(username).balance
        return Subscription(allowance.policy.per_month, allowance.used_this_month, bought)

    def set_up(
        self, username: str, sku: str, count: int | None, amount: int | None, return_url: str, cancel_url: str
    ) -> Checkout:
        """Set a payment up at PayPal, for the server's price; raise InvalidInput for another package or address.

        `count` credits and the price that the client shows must be the package's: nobody pays another price.
        """
        provider = self.provider or _refuse()
        package = self.packages.get(sku)
        if package is None:
            raise InvalidInput(detail=[Problem("item_sku", "unknown")])
        if count not in (None, package.credits) or amount not in (None, package.amount):
            raise InvalidInput(detail=[Problem("item_sku", "the package has other credits or another price")])
        check_address("return_url", return_url, self.app_urls)
        check_address("cancel_url", cancel_url, self.app_urls)
        self.attempts.spend("payment_setup", username, SETUPS_OF_ONE_ACCOUNT)
        reference = uuid4().hex
        approval = provider.create(package, reference, return_url, cancel_url)
        self.store.add(
            Payment(
                approval.payment_id,
                username,
                reference,
                package.sku,
                package.credits,
                package.amount,
                package.currency,
                self.clock(),
            )
        )
        token = parse_qs(urlsplit(approval.url).query).get("token", [""])[0]
        return Checkout(approval.payment_id, approval.url, token)

    def execute(self, username: str, payment_id: str, payer_id: str) -> Outcome:
        """Take the money of the caller's approved payment, and grant its credits. Idempotent.

        Raise PaymentNotFound, also for a payment of somebody else; PaymentServiceFailed when PayPal does not tell
        what became of it. Then a webhook or `verify` grants the credits if the money was taken.
        """
        provider, payment = self.provider or _refuse(), self._find(username, payment_id)
        if payment.is_completed:
            return Outcome(True)
        self.attempts.spend("payment_read", username, READS_OF_ONE_ACCOUNT)
        seen = provider.find(payment_id)
        if seen is not None and seen.belongs_to(payment) and seen.status is ProviderStatus.APPROVED:
            if seen.payer_id != payer_id:
                return Outcome(False, NOT_APPROVED)
            # Without an answer the money may have been taken: what PayPal shows now counts.
            with suppress(PaymentServiceFailed):
                provider.capture(payment_id, payer_id, payment.reference)
            seen = provider.find(payment_id)
        return self._settle(payment, seen)

    def verify(self, username: str, payment_id: str) -> Outcome:
        """Ask PayPal what became of the caller's payment, and grant its credits if it was paid and they were not."""
        provider, payment = self.provider or _refuse(), self._find(username, payment_id)
        self.attempts.spend("payment_read", username, READS_OF_ONE_ACCOUNT)
        return self._settle(payment, provider.find(payment_id))

    def take_event(self, headers: Mapping[str, str], text: str) -> Outcome | None:
        """Take a webhook of PayPal's; raise InvalidInput or SignatureInvalid. Idempotent, in any order.

        Return what PayPal shows of the payment now, or None when there was no reason to ask.

        An event that names no payment of ours is done at once: verifying it would cost a request to PayPal.
        """
        provider, event = self.provider or _refuse(), read_event(text)
        if event is None:
            return None
        payment = self.store.find(event.payment_id) if event.payment_id else None
        payment = payment or (self.store.find_by_capture(event.capture_id) if event.capture_id else None)
        if payment is None:
            return None
        if not provider.verify(headers, text):
            raise SignatureInvalid
        if event.dispute is not None:
            self.store.note_dispute(payment, event.dispute, event.at)
            return None
        seen = provider.find(payment.payment_id)
        if seen is not None and event.is_reversed:
            seen = replace(seen, refunded=seen.captured)
        return self._settle(payment, seen)

    def page(self, username: str, limit: int, cursor: str | None = None) -> Page[Payment]:
        """Return the caller's payments, newest first; raise InvalidInput for a foreign cursor."""
        return self.store.page(username, limit, cursor)

    def _settle(self, payment: Payment, seen: ProviderPayment | None) -> Outcome:
        """Bring our record to what PayPal shows. Whoever comes first grants; refunds are counted in all."""
        if seen is None:
            return Outcome(False, NOT_APPROVED)
        if not seen.belongs_to(payment):
            return Outcome(False, MISMATCH)
        match seen.status:
            case ProviderStatus.CAPTURED:
                return Outcome(True) if self._settle_captured(payment, seen) else Outcome(False, MISMATCH)
            case ProviderStatus.PENDING:
                self.store.mark(payment, PaymentState.PENDING)
                return Outcome(False, PENDING)
            case ProviderStatus.REFUSED:
                self.store.mark(payment, PaymentState.REFUSED)
        return Outcome(False, NOT_APPROVED)

    def _settle_captured(self, payment: Payment, seen: ProviderPayment) -> bool:
        """Grant credits and count refunds; tell whether the credits are granted, by this call or another."""
        now = self.clock()
        known = payment if payment.is_completed else self.store.grant(payment, seen, now)
        if not known.is_completed:
            return False
        if known.captured_at is not None and now < known.captured_at + RECEIPT_TIME:
            self._write(f"payment-{known.payment_id}", known, RECEIPT)
        if seen.refunded > known.refunded:
            known = self.store.take_back(known, seen.refunded)
            self._write(f"refund-{known.payment_id}-{known.refunded}", known, REFUND)
        return True

    def _write(self, mail_id: str, payment: Payment, text: str) -> None:
        if payment.owner:
            address = self.contacts.find_contact(payment.owner).email
            written = text.format(
                credits=payment.credits,
                sku=payment.sku,
                amount=write_amount(payment.amount),
                refunded=write_amount(payment.refunded),
                currency=payment.currency,
                taken_back=payment.taken_back,
                at=payment.captured_at,
                capture_id=payment.capture_id,
            )
            self.mail.send(mail_id, payment.owner, address, SOURCE, written)

    def _find(self, username: str, payment_id: str) -> Payment:
        payment = self.store.find(payment_id)
        if payment is None or payment.owner != username:
            raise PaymentNotFound
        return payment


def _refuse() -> NoReturn:
    raise PaymentsNotOffered

"""Buying credits: what binds a payment, and what grants its credits once."""

import json
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest

from iotcloud.billing.model import Dispute, PaymentState, ProviderStatus, parse_packages
from iotcloud.billing.personal_data import PaymentsData
from iotcloud.billing.service import BillingService, Outcome
from iotcloud.errors import (
    InvalidInput,
    PaymentNotFound,
    PaymentServiceFailed,
    PaymentsNotOffered,
    SignatureInvalid,
    TooManyRequests,
)
from iotcloud.notices.limits import Policy
from iotcloud.notices.policies import Policies
from tests.fakes.attempts import FakeAttempts
from tests.fakes.billing import FakePayments, FakeProvider
from tests.fakes.notices import FakeCounters, FakeLimits
from tests.fakes.peripherals import FakeContacts
from tests.fakes.support import FakeMail

AT = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
URL = "http://localhost:8100/#/paid"
PAYER = "PAYER1"


@dataclass
class Shop:
    """The service and its dependencies."""

    store: FakePayments = field(default_factory=FakePayments)
    provider: FakeProvider = field(default_factory=FakeProvider)
    attempts: FakeAttempts = field(default_factory=FakeAttempts)
    counters: FakeCounters = field(default_factory=FakeCounters)
    mail: FakeMail = field(default_factory=FakeMail)
    now: datetime = AT

    @property
    def service(self) -> BillingService:
        packages = parse_packages("CREDS500=500:1.00,CREDS1000=1000:9.00")
        policies = Policies(FakeLimits(), self.counters, Policy(per_month=1000), lambda: self.now)
        return BillingService(
            self.store,
            self.provider,
            packages,
            ("http://localhost:8100",),
            self.attempts,
            policies,
            FakeContacts(),
            self.mail,
            lambda: self.now,
        )

    def set_up(self, username: str = "ann", sku: str = "CREDS1000") -> str:
        return self.service.set_up(username, sku, None, None, URL, URL).payment_id

    def approved(self, username: str = "ann", sku: str = "CREDS1000") -> str:
        payment_id = self.set_up(username, sku)
        self.provider.change(payment_id, status=ProviderStatus.APPROVED, payer_id=PAYER)
        return payment_id

    def bought(self, username: str = "ann", sku: str = "CREDS1000") -> str:
        payment_id = self.approved(username, sku)
        assert self.service.execute(username, payment_id, PAYER) == Outcome(True)
        return payment_id

    def balance(self, username: str = "ann") -> int:
        return self.store.find_credits(username).balance

    def tell(self, kind: str, payment_id: str, **resource: object) -> None:
        members = {"id": f"C{payment_id}", "parent_payment": payment_id, **resource}
        self.service.take_event({}, json.dumps({"event_type": kind, "resource": members}))


@pytest.fixture
def shop() -> Shop:
    return Shop()


def test_a_payment_is_bound_to_user_package_amount_currency_and_id(shop: Shop) -> None:
    checkout = shop.service.set_up("ann", "CREDS1000", 1000, 900, URL, URL)

    kept = shop.store.kept[checkout.payment_id]
    assert (kept.owner, kept.sku, kept.credits, kept.amount, kept.currency) == ("ann", "CREDS1000", 1000, 900, "USD")
    assert kept.reference == shop.provider.kept[checkout.payment_id].reference
    assert "ann" not in kept.reference
    assert (checkout.token, checkout.approval_url.partition("token=")[2]) == ("EC-1", "EC-1")
    assert shop.balance() == 0


@pytest.mark.parametrize(
    ("sku", "count", "amount", "return_url", "cancel_url"),
    [
        ("UNKNOWN", None, None, URL, URL),
        ("CREDS1000", 5000, None, URL, URL),
        ("CREDS1000", None, 1, URL, URL),
        ("CREDS1000", None, None, "https://evil.example.com", URL),
        ("CREDS1000", None, None, URL, "https://evil.example.com"),
    ],
)
def test_another_package_price_or_address_is_refused_before_paypal_is_asked(
    shop: Shop, sku: str, count: int | None, amount: int | None, return_url: str, cancel_url: str
) -> None:
    with pytest.raises(InvalidInput):
        shop.service.set_up("ann", sku, count, amount, return_url, cancel_url)
    assert (shop.provider.kept, shop.store.kept) == ({}, {})


def test_without_credentials_nothing_can_be_bought(shop: Shop) -> None:
    service = replace(shop.service, provider=None)

    with pytest.raises(PaymentsNotOffered):
        service.set_up("ann", "CREDS1000", None, None, URL, URL)
    with pytest.raises(PaymentsNotOffered):
        service.execute("ann", "PAYID-1", PAYER)
    with pytest.raises(PaymentsNotOffered):
        service.take_event({}, "{}")


@pytest.mark.parametrize("purpose", ["payment_setup", "payment_read"])
def test_too_many_payments_are_refused(shop: Shop, purpose: str) -> None:
    payment_id = shop.approved()
    shop.attempts.exhausted.add(purpose)

    with pytest.raises(TooManyRequests):
        shop.set_up() if purpose == "payment_setup" else shop.service.execute("ann", payment_id, PAYER)
    assert shop.balance() == 0


def test_an_executed_payment_grants_its_credits_and_mails_a_receipt(shop: Shop) -> None:
    payment_id = shop.bought()

    kept = shop.store.kept[payment_id]
    assert (kept.state, kept.payer_id, kept.captured_at) == (PaymentState.COMPLETED, PAYER, AT)
    assert shop.balance() == 1000
    assert shop.service.find_subscription("ann").bought == 1000
    ((owner, address, source, text),) = shop.mail.sent.values()
    assert (owner, address, source) == ("ann", "user@example.com", "PAYMENT")
    assert "1000 message credits" in text
    assert "9.00 USD" in text
    assert kept.capture_id in text


def test_a_payment_is_executed_once_however_often_it_is_asked(shop: Shop) -> None:
    payment_id = shop.bought()

    for _ in range(3):
        assert shop.service.execute("ann", payment_id, PAYER) == Outcome(True)
        assert shop.service.verify("ann", payment_id) == Outcome(True)
        shop.tell("PAYMENT.SALE.COMPLETED", payment_id)

    assert (shop.balance(), shop.provider.captures) == (1000, {payment_id: 1})
    assert len(shop.mail.sent) == 1


def test_a_payment_that_nobody_approved_grants_nothing(shop: Shop) -> None:
    payment_id = shop.set_up()

    assert shop.service.execute("ann", payment_id, PAYER) == Outcome(False, "Payment is not approved")
    assert shop.service.verify("ann", payment_id) == Outcome(False, "Payment is not approved")
    assert (shop.balance(), shop.provider.captures) == (0, {})


def test_another_payer_than_the_one_who_approved_is_refused(shop: Shop) -> None:
    payment_id = shop.approved()

    assert not shop.service.execute("ann", payment_id, "PAYER2").is_paid
    assert (shop.balance(), shop.provider.captures) == (0, {})


def test_a_payment_of_somebody_else_is_not_found(shop: Shop) -> None:
    payment_id = shop.approved()

    for ask in (
        lambda: shop.service.execute("bob", payment_id, PAYER),
        lambda: shop.service.verify("bob", payment_id),
        lambda: shop.service.execute("ann", "PAYID-9", PAYER),
    ):
        with pytest.raises(PaymentNotFound):
            ask()
    assert (shop.balance("bob"), shop.balance("ann"), shop.provider.captures) == (0, 0, {})


@pytest.mark.parametrize(
    "lie", [{"amount": 100}, {"currency": "EUR"}, {"reference": "another"}], ids=["amount", "currency", "reference"]
)
def test_a_payment_that_paypal_shows_otherwise_is_neither_captured_nor_granted(
    shop: Shop, lie: dict[str, object]
) -> None:
    payment_id = shop.approved()
    shop.provider.change(payment_id, **lie)

    assert shop.service.execute("ann", payment_id, PAYER) == Outcome(False, "Payment does not match")
    shop.provider.change(payment_id, status=ProviderStatus.CAPTURED, captured=900, capture_id="C1")
    assert shop.service.verify("ann", payment_id) == Outcome(False, "Payment does not match")
    shop.tell("PAYMENT.SALE.COMPLETED", payment_id)
    assert (shop.balance(), shop.provider.captures) == (0, {})


def test_money_that_came_in_part_grants_nothing(shop: Shop) -> None:
    payment_id = shop.approved()
    shop.provider.change(payment_id, status=ProviderStatus.CAPTURED, captured=899, capture_id="C1")

    assert shop.service.verify("ann", payment_id) == Outcome(False, "Payment does not match")
    assert shop.balance() == 0


def test_money_that_was_granted_for_another_payment_grants_nothing(shop: Shop) -> None:
    first, second = shop.bought(), shop.approved()
    shop.provider.change(
        second, status=ProviderStatus.CAPTURED, captured=900, capture_id=shop.store.kept[first].capture_id
    )

    assert not shop.service.verify("ann", second).is_paid
    assert shop.balance() == 1000


def test_a_capture_whose_answer_was_lost_is_granted_by_what_paypal_shows(shop: Shop) -> None:
    payment_id = shop.approved()
    shop.provider.is_silent_after_capture = True

    assert shop.service.execute("ann", payment_id, PAYER) == Outcome(True)
    assert (shop.balance(), shop.provider.captures) == (1000, {payment_id: 1})


def test_while_paypal_is_down_nothing_is_granted_and_afterwards_nothing_is_lost(shop: Shop) -> None:
    payment_id = shop.approved()
    shop.provider.is_down = True
    for ask in (
        lambda: shop.service.execute("ann", payment_id, PAYER),
        lambda: shop.service.verify("ann", payment_id),
        shop.set_up,
        lambda: shop.tell("PAYMENT.SALE.COMPLETED", payment_id),
    ):
        with pytest.raises(PaymentServiceFailed):
            ask()
    assert shop.balance() == 0

    shop.provider.is_down = False
    assert shop.service.execute("ann", payment_id, PAYER) == Outcome(True)
    assert shop.balance() == 1000


def test_money_on_its_way_grants_credits_when_it_is_there(shop: Shop) -> None:
    payment_id = shop.approved()
    shop.provider.change(payment_id, status=ProviderStatus.PENDING, capture_id="C1")

    assert shop.service.execute("ann", payment_id, PAYER) == Outcome(False, "Payment is pending")
    assert (shop.balance(), shop.store.kept[payment_id].state) == (0, PaymentState.PENDING)

    shop.provider.change(payment_id, status=ProviderStatus.CAPTURED, captured=900)
    shop.tell("PAYMENT.SALE.COMPLETED", payment_id)
    assert shop.balance() == 1000


def test_a_declined_payment_is_noted_and_can_still_be_paid(shop: Shop) -> None:
    payment_id = shop.approved()
    shop.provider.change(payment_id, status=ProviderStatus.REFUSED)
    assert not shop.service.execute("ann", payment_id, PAYER).is_paid
    assert shop.store.kept[payment_id].state is PaymentState.REFUSED

    shop.provider.change(payment_id, status=ProviderStatus.APPROVED)
    assert shop.service.execute("ann", payment_id, PAYER).is_paid


def test_a_forged_webhook_is_refused_and_changes_nothing(shop: Shop) -> None:
    payment_id = shop.approved()
    shop.provider.change(payment_id, status=ProviderStatus.CAPTURED, captured=900, capture_id="C1")
    shop.provider.is_genuine = False

    with pytest.raises(SignatureInvalid):
        shop.tell("PAYMENT.SALE.COMPLETED", payment_id)
    assert shop.balance() == 0


def test_a_webhook_alone_grants_nothing_that_paypal_does_not_show(shop: Shop) -> None:
    payment_id = shop.approved()

    shop.tell("PAYMENT.SALE.COMPLETED", payment_id)

    assert shop.balance() == 0


@pytest.mark.parametrize("kind", ["PAYMENT.SALE.COMPLETED", "BILLING.PLAN.CREATED", "CHECKOUT.ORDER.APPROVED"])
def test_a_webhook_about_no_payment_of_ours_costs_no_request(shop: Shop, kind: str) -> None:
    shop.tell(kind, "PAYID-9")

    assert shop.provider.verified == 0


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"event_type": "PAYMENT.SALE.COMPLETED", "resource": []}',
        '{"event_type": "CUSTOMER.DISPUTE.CREATED"}',
    ],
)
def test_a_webhook_that_is_none_is_refused(shop: Shop, text: str) -> None:
    with pytest.raises(InvalidInput):
        shop.service.take_event({}, text)


def test_refunds_take_back_their_share_once_in_any_order(shop: Shop) -> None:
    payment_id = shop.bought()
    for refunded, balance in ((450, 500), (450, 500), (900, 0), (450, 0)):
        shop.provider.change(payment_id, refunded=max(refunded, shop.provider.kept[payment_id].refunded))
        shop.tell("PAYMENT.SALE.REFUNDED", payment_id, sale_id=f"C{payment_id}")
        assert shop.balance() == balance

    assert [shop.store.kept[payment_id].refunded, shop.store.kept[payment_id].taken_back] == [900, 1000]
    assert [mail for mail in shop.mail.sent if mail.startswith("refund-")] == [
        f"refund-{payment_id}-450",
        f"refund-{payment_id}-900",
    ]


def test_a_refund_takes_back_no_more_than_what_is_left(shop: Shop) -> None:
    payment_id = shop.bought()
    shop.store.credits["ann"] = replace(shop.store.credits["ann"], balance=300, spent=700)
    shop.provider.change(payment_id, refunded=900)

    shop.tell("PAYMENT.SALE.REFUNDED", payment_id, sale_id=f"C{payment_id}")

    assert (shop.balance(), shop.store.kept[payment_id].taken_back) == (0, 300)


def test_a_refund_that_is_heard_of_before_the_payment_leaves_nothing(shop: Shop) -> None:
    payment_id = shop.approved()
    shop.provider.change(payment_id, status=ProviderStatus.CAPTURED, captured=900, capture_id="C1", refunded=900)

    shop.tell("PAYMENT.SALE.REFUNDED", payment_id, sale_id="C1")
    shop.tell("PAYMENT.SALE.COMPLETED", payment_id)

    assert (shop.balance(), shop.store.kept[payment_id].shown_state) == (0, "refunded")


def test_money_that_the_payers_bank_took_back_counts_as_refunded(shop: Shop) -> None:
    payment_id = shop.bought()

    shop.tell("PAYMENT.SALE.REVERSED", payment_id)

    assert (shop.balance(), shop.store.kept[payment_id].shown_state) == (0, "refunded")


def test_a_dispute_is_shown_and_an_old_event_does_not_reopen_it(shop: Shop) -> None:
    payment_id = shop.bought()

    def dispute(kind: str, second: int, **more: object) -> None:
        transaction = [{"seller_transaction_id": f"C{payment_id}"}]
        at = (AT + timedelta(seconds=second)).isoformat()
        shop.tell(f"CUSTOMER.DISPUTE.{kind}", payment_id, disputed_transactions=transaction, update_time=at, **more)

    dispute("CREATED", 1)
    assert shop.store.kept[payment_id].dispute is Dispute.OPEN
    dispute("RESOLVED", 5, dispute_outcome={"outcome_code": "RESOLVED_SELLER_FAVOUR"})
    dispute("UPDATED", 3)
    assert shop.store.kept[payment_id].dispute is Dispute.WON
    assert shop.balance() == 1000


def test_a_receipt_whose_sender_stopped_is_sent_by_whoever_comes_next_for_a_day(shop: Shop) -> None:
    payment_id = shop.bought()
    shop.mail.sent.clear()
    shop.tell("PAYMENT.SALE.COMPLETED", payment_id)
    assert list(shop.mail.sent) == [f"payment-{payment_id}"]

    shop.mail.sent.clear()
    shop.now = AT + timedelta(days=2)
    shop.tell("PAYMENT.SALE.COMPLETED", payment_id)
    assert shop.mail.sent == {}


def test_the_subscription_has_free_and_bought_messages(shop: Shop) -> None:
    shop.counters.counts["month#ann#2026-11"] = 12
    assert (shop.service.find_subscription("ann").kind, shop.service.find_subscription("ann").free) == ("Free", 988)

    shop.bought()
    shop.counters.counts["month#ann#2026-11"] = 2000
    found = shop.service.find_subscription("ann")
    assert (found.kind, found.free, found.bought) == ("Paid", 0, 1000)


def test_a_closed_account_leaves_payments_without_a_name(shop: Shop) -> None:
    payment_id, abandoned = shop.bought(), shop.set_up()
    data = PaymentsData(shop.store)
    assert [row.get("payment") for row in data.export("ann")] == [None, payment_id, abandoned]

    data.erase("ann")
    data.erase("ann")

    assert list(data.export("ann"))[1:] == []
    assert list(shop.store.kept) == [payment_id]
    assert (shop.store.kept[payment_id].owner, shop.store.kept[payment_id].payer_id) == ("", "")
    shop.provider.change(payment_id, refunded=900)
    shop.mail.sent.clear()
    shop.tell("PAYMENT.SALE.REFUNDED", payment_id, sale_id=f"C{payment_id}")
    assert (shop.store.kept[payment_id].shown_state, shop.mail.sent, shop.store.credits) == ("refunded", {}, {})


def test_a_payment_set_up_before_its_account_was_closed_grants_nothing(shop: Shop) -> None:
    payment_id = shop.approved()
    shop.provider.change(payment_id, status=ProviderStatus.CAPTURED, captured=900, capture_id="C1")
    PaymentsData(shop.store).erase("ann")

    shop.tell("PAYMENT.SALE.COMPLETED", payment_id)

    assert shop.store.credits == {}

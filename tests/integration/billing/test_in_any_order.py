"""Payments under duplicated, reordered and forged calls and webhooks, with workers that stop anywhere.

The service and the adapter of Orders v2 are the real ones, PayPal is the stand-in without its network. Between any two
calls of a port another worker may run, or this one end; with the real store, between any two requests to DynamoDB.
IOTCLOUD_PAYMENTS sets how many calls are made.
"""

import json
import os
import random
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from moto import mock_aws

from iotcloud.adapters.paypal_orders import PaypalOrders
from iotcloud.billing.model import parse_packages
from iotcloud.billing.service import BillingService
from iotcloud.billing.store import PaymentStore
from iotcloud.errors import IotCloudError, PaymentServiceFailed, SignatureInvalid
from iotcloud.notices.limits import Policy
from iotcloud.notices.policies import Policies
from simulators.providers.paypal import CREDENTIALS, PAYER, Fault, Paypal, Webhook
from tests.fakes.attempts import FakeAttempts
from tests.fakes.billing import FakePayments
from tests.fakes.notices import FakeCounters, FakeLimits
from tests.fakes.peripherals import FakeContacts
from tests.fakes.support import FakeMail
from tests.integration.billing.test_store import make_tables
from tests.integration.platform import Request, around_requests
from tests.unit.readings.state.chaos import Lottery

pytestmark = pytest.mark.long

CALLS = int(os.environ.get("IOTCLOUD_PAYMENTS", "2000"))
AT = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
USERS = ("ann", "bob", "cec")
URL = "http://localhost:8100/#/paid"
WORKERS = 4
FAULTS = (
    Fault.DOWN,
    Fault.ERROR,
    Fault.DROP,
    Fault.NONSENSE,
    Fault.WRONG_AMOUNT,
    Fault.WRONG_CURRENCY,
    Fault.WRONG_REFERENCE,
    Fault.DECLINE,
    Fault.PENDING,
    Fault.DUPLICATE,
    Fault.HOLD,
    Fault.LOSE,
)


class Orders(PaypalOrders):
    """The adapter, with the stand-in at the other end of its requests."""

    def __init__(self, paypal: Paypal) -> None:
        super().__init__(lambda: json.dumps(CREDENTIALS), "")
        self._paypal = paypal

    def _send(self, method: str, path: str, body: str | None, headers: Any) -> tuple[int, dict[str, Any]]:
        asked = {name.lower(): value for name, value in headers.items()} | {
            "authorization": headers.get("Authorization") or headers["authorization"]
        }
        answered = self._paypal.answer(method, path, asked, body or "")
        if answered is None:
            raise PaymentServiceFailed
        try:
            members = json.loads(answered[1])
        except ValueError:
            raise PaymentServiceFailed from None
        return answered[0], members


@dataclass
class Market:
    """Users who buy, a PayPal that misbehaves, and workers that stop."""

    seed: int
    store: Any
    is_store_disturbed: bool = True
    waiting: list[Webhook] = field(default_factory=list)
    calls: Counter[str] = field(default_factory=Counter)
    forged_taken: int = 0
    sums: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.lottery = Lottery(self.seed, kill_probability=0.03)
        self.draw = random.Random(self.seed)
        self.paypal = Paypal("http://localhost", self.waiting.append)
        self.payments: list[tuple[str, str]] = []
        self.seen: list[Webhook] = []
        disturbed = self.lottery.disturbed
        self.service = self.make(
            disturbed(self.store) if self.is_store_disturbed else self.store, disturbed(Orders(self.paypal))
        )

    def make(self, store: Any, provider: Any) -> BillingService:
        policies = Policies(FakeLimits(), FakeCounters(), Policy(), lambda: AT)
        packages = parse_packages("SMALL=500:1.00,LARGE=1000:9.00,ODD=7:0.03")
        return BillingService(
            store,
            provider,
            packages,
            ("http://localhost:8100",),
            FakeAttempts(),
            policies,
            FakeContacts(),
            FakeMail(),
            self.now,
        )

    def now(self) -> datetime:
        return AT + timedelta(seconds=self.calls.total())

    def pick(self) -> tuple[str, str]:
        """One of the payments, mostly of the newest two, so that several workers are at the same one."""
        return self.draw.choice(self.payments[-2:] if self.draw.random() < 0.8 else self.payments)

    def set_up(self) -> None:
        """Somebody begins to pay, and mostly agrees."""
        user = self.draw.choice(USERS)
        checkout = self.service.set_up(user, self.draw.choice(("SMALL", "LARGE", "ODD")), None, None, URL, URL)
        self.payments.append((user, checkout.payment_id))
        if self.draw.random() < 0.9:
            self.paypal.approve(checkout.token)

    def execute(self) -> None:
        """Somebody executes a payment of theirs, now and then one of another's, or as another payer."""
        user, payment_id = self.pick()
        caller = user if self.draw.random() < 0.9 else self.draw.choice(USERS)
        self.service.execute(caller, payment_id, PAYER if self.draw.random() < 0.95 else "PAYER2")

    def verify(self) -> None:
        user, payment_id = self.pick()
        self.service.verify(user, payment_id)

    def refund(self) -> None:
        _, payment_id = self.pick()
        self.paypal.refund(payment_id, self.draw.choice((0, 1, 33, 50)))

    def clear(self) -> None:
        """Pending money arrives."""
        for account in list(self.paypal.accounts.values()):
            if account.state == "pending":
                self.paypal.clear(account.payment_id)

    def deliver(self) -> None:
        """A webhook arrives: any of those on their way, or one that came before."""
        if self.waiting and self.draw.random() < 0.7:
            webhook = self.waiting.pop(self.draw.randrange(len(self.waiting)))
        elif self.seen:
            webhook = self.draw.choice(self.seen)
        else:
            return
        self.seen.append(webhook)
        self.service.take_event({name.lower(): value for name, value in webhook.headers.items()}, webhook.text)

    def forge(self) -> None:
        """Somebody sends what looks like a webhook, or changes one that is."""
        _, payment_id = self.pick()
        resource = {"id": "FORGED", "supplementary_data": {"related_ids": {"order_id": payment_id}}}
        text = json.dumps({"event_type": "PAYMENT.CAPTURE.REVERSED", "resource": resource})
        headers = {"paypal-transmission-sig": "forged"}
        if self.seen:
            headers = {name.lower(): value for name, value in self.draw.choice(self.seen).headers.items()}
        try:
            self.service.take_event(headers, text)
        except SignatureInvalid:
            return
        self.forged_taken += 1

    def go(self, calls: int) -> None:
        """Make calls, several at once, until there were so many."""
        acts = [
            self.set_up,
            self.execute,
            self.execute,
            self.verify,
            self.refund,
            self.clear,
            self.deliver,
            self.deliver,
        ]
        acts.append(self.forge)
        while self.calls.total() < calls:
            if self.draw.random() < 0.3:
                self.paypal.faults.append(self.draw.choice(FAULTS))
            chosen = [self.draw.choice(acts if self.payments else [self.set_up]) for _ in range(WORKERS)]
            self.lottery.run(*(partial(self._call, act) for act in chosen))

    def _call(self, act: Callable[[], None]) -> None:
        self.calls[act.__name__] += 1
        with suppress(IotCloudError, TimeoutError):
            act()

    def settle(self) -> None:
        """PayPal's webhooks arrive at last, and buyers look once more; nobody stops."""
        self.paypal.faults.clear()
        self.paypal.release()
        calm = self.make(self.store, Orders(self.paypal))
        for webhook in (*self.seen, *self.waiting):
            calm.take_event({name.lower(): value for name, value in webhook.headers.items()}, webhook.text)
        for user, payment_id in self.payments:
            calm.verify(user, payment_id)

    def check(self) -> None:
        """Hold what is kept against what PayPal has."""
        for user in USERS:
            found = self.store.find_credits(user)
            kept = list(self.store.list_all(user))
            accounts = [self.paypal.accounts[one.payment_id] for one in kept]
            paid = [one for one, account in zip(kept, accounts, strict=True) if account.state == "completed"]
            assert found.balance == found.granted - found.taken_back >= 0, self.seed
            assert found.granted == sum(one.credits for one in paid), self.seed
            assert found.granted == sum(one.credits for one in kept if one.is_completed), self.seed
            assert found.taken_back == sum(one.taken_back for one in kept), self.seed
            assert all(one.refunded == account.refunded for one, account in zip(kept, accounts, strict=True)), self.seed
            assert all(account.captures <= 1 for account in accounts), self.seed
            self.sums.update(granted=found.granted, taken_back=found.taken_back)
        assert self.forged_taken == 0, self.seed


def test_credits_add_up_whatever_comes_twice_late_forged_or_stops() -> None:
    made: Counter[str] = Counter()
    sums: Counter[str] = Counter()
    for seed in range(max(1, CALLS // 200)):
        market = Market(seed, FakePayments())
        market.go(200)
        market.settle()
        market.check()
        made += market.calls
        sums += market.sums

    assert made.total() >= CALLS
    assert made.keys() == {"set_up", "execute", "verify", "refund", "clear", "deliver", "forge"}
    assert 0 < sums["taken_back"] < sums["granted"]


@pytest.fixture
def table(environment: dict[str, str]) -> Iterator[PaymentStore]:
    with mock_aws():
        make_tables()
        yield PaymentStore(10)


def test_credits_add_up_in_dynamodb_when_workers_stop_between_requests(table: PaymentStore) -> None:
    market = Market(1, table, is_store_disturbed=False)

    def disturb(_: str, request: Request) -> Any:
        market.lottery.pause()
        answer = request()
        market.lottery.pause()
        return answer

    with around_requests(disturb):
        market.go(min(CALLS, 300))
    market.settle()
    market.check()

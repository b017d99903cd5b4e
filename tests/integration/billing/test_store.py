"""One suite for payments and credits, run against the fake and DynamoDB (moto); then what only tables do."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import Any

import pytest
from moto import mock_aws

from iotcloud.billing.model import Credits, Dispute, Payment, PaymentState, ProviderPayment, ProviderStatus
from iotcloud.billing.store import CreditRow, PaymentRow, PaymentStore
from iotcloud.dynamodb import bind
from iotcloud.errors import InvalidInput
from tests.fakes.billing import FakePayments
from tests.integration.platform import Request, around_requests

AT = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
LATER = AT + timedelta(minutes=5)
PAYMENT = Payment("PAYID-1", "ann", "r1", "CREDS1000", 1000, 900, "USD", AT)
SEEN = ProviderPayment(
    "PAYID-1", "r1", 900, "USD", ProviderStatus.CAPTURED, payer_id="PAYER1", capture_id="C1", captured=900
)
GRANTED = replace(PAYMENT, state=PaymentState.COMPLETED, payer_id="PAYER1", capture_id="C1", captured_at=LATER)


@pytest.fixture(params=["fake", "dynamodb"])
def store(request: pytest.FixtureRequest, environment: dict[str, str]) -> Iterator[PaymentStore | FakePayments]:
    if request.param == "fake":
        yield FakePayments()
        return
    with mock_aws():
        make_tables()
        yield PaymentStore(10)


@pytest.fixture
def table(environment: dict[str, str]) -> Iterator[PaymentStore]:
    with mock_aws():
        make_tables()
        yield PaymentStore(10)


def make_tables() -> None:
    for row in (PaymentRow, CreditRow):
        bind(row, "test-", "eu-west-1")
        row.create_table(billing_mode="PAY_PER_REQUEST")


def number(count: int) -> Payment:
    return replace(PAYMENT, payment_id=f"PAYID-{count}", created_at=AT + timedelta(seconds=count))


def test_a_payment_comes_back_as_it_was_kept(store: PaymentStore) -> None:
    store.add(PAYMENT)

    assert store.find("PAYID-1") == PAYMENT
    assert store.find("PAYID-2") is None
    assert store.find_credits("ann") == Credits()


def test_credits_are_granted_with_the_payment_once(store: PaymentStore) -> None:
    store.add(PAYMENT)

    assert store.grant(PAYMENT, SEEN, LATER) == GRANTED
    assert store.grant(PAYMENT, SEEN, LATER + timedelta(hours=1)) == GRANTED
    assert store.grant(GRANTED, replace(SEEN, capture_id="C2"), LATER) == GRANTED
    assert store.find_credits("ann") == Credits(balance=1000, granted=1000, filled=1000)
    assert store.find_by_capture("C1") == GRANTED
    assert store.find_by_capture("C2") is None


def test_the_same_money_grants_credits_for_one_payment(store: PaymentStore) -> None:
    other = replace(PAYMENT, payment_id="PAYID-2")
    store.add(PAYMENT)
    store.add(other)
    store.grant(PAYMENT, SEEN, LATER)

    assert store.grant(other, replace(SEEN, payment_id="PAYID-2"), LATER) == other
    assert store.find_credits("ann").balance == 1000


def test_a_second_purchase_adds(store: PaymentStore) -> None:
    for count in (1, 2):
        store.add(number(count))
        store.grant(number(count), replace(SEEN, payment_id=f"PAYID-{count}", capture_id=f"C{count}"), LATER)

    assert store.find_credits("ann") == Credits(balance=2000, granted=2000, filled=2000)


@pytest.mark.parametrize("state", [PaymentState.PENDING, PaymentState.REFUSED])
def test_a_payment_is_marked_until_it_is_completed(store: PaymentStore, state: PaymentState) -> None:
    store.add(PAYMENT)
    store.mark(PAYMENT, state)
    marked = store.find("PAYID-1")
    assert marked == replace(PAYMENT, state=state)

    assert store.grant(PAYMENT, SEEN, LATER) == GRANTED
    store.mark(PAYMENT, state)
    assert store.find("PAYID-1") == GRANTED


def test_refunds_take_credits_back_and_go_one_way(store: PaymentStore) -> None:
    store.add(PAYMENT)
    assert store.take_back(PAYMENT, 900) == (
        replace(PAYMENT, refunded=900) if isinstance(store, FakePayments) else PAYMENT
    )
    if isinstance(store, FakePayments):
        store.kept["PAYID-1"] = PAYMENT
    store.grant(PAYMENT, SEEN, LATER)

    assert store.take_back(GRANTED, 450) == replace(GRANTED, refunded=450, taken_back=500)
    assert store.take_back(GRANTED, 450) == replace(GRANTED, refunded=450, taken_back=500)
    assert store.take_back(GRANTED, 900) == replace(GRANTED, refunded=900, taken_back=1000)
    assert store.take_back(GRANTED, 450) == replace(GRANTED, refunded=900, taken_back=1000)
    assert store.find_credits("ann") == Credits(balance=0, granted=1000, taken_back=1000, filled=1000)


def test_disputes_follow_their_own_time(store: PaymentStore) -> None:
    store.add(PAYMENT)
    store.note_dispute(PAYMENT, Dispute.WON, LATER)
    store.note_dispute(PAYMENT, Dispute.OPEN, AT)

    assert store.find("PAYID-1") == replace(PAYMENT, dispute=Dispute.WON, dispute_at=LATER)


def test_pages_lead_through_all_payments_newest_first(store: PaymentStore) -> None:
    for count in range(5):
        store.add(number(count))
    store.add(replace(number(9), owner="bob"))

    seen, cursor = [], None
    for _ in range(3):
        page = store.page("ann", 2, cursor)
        seen += [one.payment_id for one in page.items]
        cursor = page.cursor
    assert seen == [f"PAYID-{count}" for count in (4, 3, 2, 1, 0)]
    assert cursor is None
    assert [one.payment_id for one in store.list_all("ann")] == seen[::-1]
    with pytest.raises(InvalidInput):
        store.page("bob", 2, store.page("ann", 2).cursor)


def test_a_closed_account_leaves_completed_payments_without_a_name(store: PaymentStore) -> None:
    for count in (1, 2):
        store.add(number(count))
    store.grant(number(1), SEEN, LATER)

    for _ in range(2):
        store.close("ann")

    kept = store.find("PAYID-1")
    assert kept is not None
    assert (kept.owner, kept.payer_id, kept.amount, kept.capture_id) == ("", "", 900, "C1")
    assert store.find("PAYID-2") is None
    assert list(store.list_all("ann")) == []
    assert store.find_credits("ann") == Credits()
    assert store.take_back(kept, 900).refunded == 900


def test_a_payment_of_a_closed_account_grants_nothing(store: PaymentStore) -> None:
    store.add(PAYMENT)
    store.close("ann")

    store.grant(PAYMENT, SEEN, LATER)

    assert store.find_credits("ann") == Credits()


def test_execute_and_webhook_of_the_same_instant_grant_once(table: PaymentStore) -> None:
    table.add(PAYMENT)
    one_at_a_time = Lock()

    def ask(_: str, request: Request) -> Any:
        """Answer each request as a whole, as DynamoDB does; moto mixes the steps of transactions."""
        with one_at_a_time:
            return request()

    with around_requests(ask), ThreadPoolExecutor(8) as workers:
        list(workers.map(lambda _: table.grant(PAYMENT, SEEN, LATER), range(24)))

    assert table.find("PAYID-1") == GRANTED
    assert table.find_credits("ann").balance == 1000


def test_abandoned_payments_expire_and_completed_ones_are_kept_for_years(table: PaymentStore) -> None:
    table.add(PAYMENT)
    abandoned = PaymentRow.get("PAYID-1").expires_at
    table.grant(PAYMENT, SEEN, LATER)

    assert abandoned == int((AT + timedelta(days=30)).timestamp())
    assert {row.expires_at for row in PaymentRow.scan()} == {int(datetime(2037, 1, 1, tzinfo=UTC).timestamp())}


def test_rows_of_a_closed_account_name_nobody(table: PaymentStore) -> None:
    table.add(PAYMENT)
    table.grant(PAYMENT, SEEN, LATER)

    table.close("ann")

    written = str([row.to_dynamodb_dict() for row in PaymentRow.scan()])
    assert "ann" not in written
    assert "PAYER1" not in written

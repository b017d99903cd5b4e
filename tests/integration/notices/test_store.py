"""One suite for the ledger, run against the fake and DynamoDB (moto); then what only the table does."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from moto import mock_aws

from iotcloud.billing.model import Credits
from iotcloud.billing.spending import SpendingLedger
from iotcloud.billing.store import CreditRow, PaymentRow, PaymentStore
from iotcloud.dynamodb import bind
from iotcloud.errors import CreditsUsedUp, InvalidInput
from iotcloud.notices.ledger import BOUGHT, RETURNED, Notice, NoticeFilter, State
from iotcloud.notices.limits import Counter
from iotcloud.notices.store import LedgerStore, NoticeCounterRow, NoticeCounterStore, NoticeRow
from iotcloud.notification_blocks.model import Channel, NotificationBlock, Text
from iotcloud.notification_blocks.store import NotificationBlockRow, NotificationBlockStore
from tests.fakes.notices import FakeCounters, FakeLedger
from tests.unit.notices.test_delivery import NOTICE

AT = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
FULL = replace(
    NOTICE,
    registration="first",
    sensorname="POT 1",
    condition="potentiometer 3 > 2 (activation)",
    source="I2C2",
    target="+65",
)


@pytest.fixture(params=["fake", "dynamodb"])
def kind(request: pytest.FixtureRequest, environment: dict[str, str]) -> Iterator[str]:
    if request.param == "fake":
        yield "fake"
        return
    with mock_aws():
        make_tables()
        yield "dynamodb"


@pytest.fixture
def table(environment: dict[str, str]) -> Iterator[LedgerStore]:
    with mock_aws():
        make_tables()
        yield LedgerStore(kept_days=90)


@pytest.fixture
def ledger(kind: str) -> LedgerStore | FakeLedger:
    return FakeLedger() if kind == "fake" else LedgerStore(kept_days=90)


def make_tables() -> None:
    for row in (NoticeRow, NoticeCounterRow):
        bind(row, "test-", "eu-west-1")
        row.create_table(billing_mode="PAY_PER_REQUEST")


def number(count: int, **changes: object) -> Notice:
    return replace(
        NOTICE,
        notice_id=f"n{count}",
        at=AT + timedelta(seconds=count),
        **changes,  # type: ignore[arg-type]
    )


@pytest.mark.parametrize(
    "notice", [NOTICE, FULL, FULL.begin(AT, "w1").deferred("429").begin(AT, "w2").accepted("provider-1")]
)
def test_a_notice_comes_back_as_it_was_entered(ledger: LedgerStore, notice: Notice) -> None:
    assert ledger.enter(notice) is None
    assert ledger.find("PH80", "n1") == notice
    assert ledger.find("PH80", "n2") is None


def test_a_notice_is_entered_once(ledger: LedgerStore) -> None:
    ledger.enter(NOTICE)

    assert ledger.enter(replace(NOTICE, text="another")) == NOTICE


def test_of_two_changes_from_the_same_state_one_is_made(ledger: LedgerStore) -> None:
    ledger.enter(NOTICE)
    begun = NOTICE.begin(AT)

    assert ledger.replace(NOTICE, begun) == begun
    assert ledger.replace(NOTICE, NOTICE.begin(AT + timedelta(seconds=1))) == begun


def test_a_worker_knows_its_own_attempt_when_the_answer_to_its_write_was_lost(ledger: LedgerStore) -> None:
    ledger.enter(NOTICE)
    mine, anothers = NOTICE.begin(AT, "w1"), NOTICE.begin(AT, "w2")
    ledger.replace(NOTICE, mine)

    assert ledger.replace(NOTICE, mine).is_begun_by("w1")
    assert not ledger.replace(NOTICE, anothers).is_begun_by("w2")


def test_a_receipt_finds_its_notice_by_the_providers_id(ledger: LedgerStore) -> None:
    sent = NOTICE.begin(AT).accepted("provider-1")
    ledger.enter(sent)

    assert ledger.find_by_provider("provider-1") == sent
    assert ledger.find_by_provider("provider-2") is None


@pytest.mark.parametrize("counters", [FakeCounters(), None], ids=["fake", "dynamodb"])
def test_counting_stops_at_the_limit_and_says_whose(counters: FakeCounters | None, table: LedgerStore) -> None:
    counting = counters or NoticeCounterStore()
    owner, device = (Counter(key, limit, f"{key} is full", AT) for key, limit in (("owner", 3), ("device", 2)))

    answers = [counting.count([owner, device]) for _ in range(4)]

    assert answers == ["", "", "device is full", "device is full"]
    assert (counting.counted("owner"), counting.counted("device"), counting.counted("other")) == (2, 2, 0)
    assert [counting.count([owner]) for _ in range(2)] == ["", "owner is full"]
    assert counting.count([Counter("none", 0, "nothing is allowed", AT)]) == "nothing is allowed"


def test_notices_of_an_owner_come_newest_first_in_pages(ledger: LedgerStore | FakeLedger) -> None:
    for count in range(7):
        ledger.enter(number(count, deviceid=f"PH8{count % 2}"))
    ledger.enter(number(8, owner="stranger"))

    first = ledger.page("owner", NoticeFilter(), None, 3)
    second = ledger.page("owner", NoticeFilter(), None, 3, first.cursor)
    third = ledger.page("owner", NoticeFilter(), None, 3, second.cursor)

    pages = [[one.notice_id for one in page.items] for page in (first, second, third)]
    assert pages == [["n6", "n5", "n4"], ["n3", "n2", "n1"], ["n0"]]
    assert third.cursor is None


@pytest.mark.parametrize(
    ("wanted", "deviceid", "found"),
    [
        (NoticeFilter(), "PH80", ["n4", "n2", "n0"]),
        (NoticeFilter(channel=Channel.MOBILE), None, ["n3"]),
        (NoticeFilter(source="ADC1"), None, ["n4"]),
        (NoticeFilter(begin=AT + timedelta(seconds=3)), None, ["n4", "n3"]),
        (NoticeFilter(begin=AT + timedelta(seconds=1), end=AT + timedelta(seconds=2)), None, ["n2", "n1"]),
        (NoticeFilter(begin=AT + timedelta(seconds=3), end=AT + timedelta(seconds=1)), None, []),
        (NoticeFilter(begin=AT + timedelta(days=400)), None, []),
        (NoticeFilter(source="UART", channel=Channel.MOBILE), "PH81", ["n3"]),
        (NoticeFilter(source="1WIRE1"), None, []),
    ],
)
def test_filters_let_through_what_they_name(
    ledger: LedgerStore | FakeLedger, wanted: NoticeFilter, deviceid: str | None, found: list[str]
) -> None:
    for count in range(5):
        changes = {3: {"channel": Channel.MOBILE}, 4: {"source": "ADC1"}}.get(count, {})
        ledger.enter(number(count, deviceid=f"PH8{count % 2}", **changes))

    assert [one.notice_id for one in ledger.page("owner", wanted, deviceid, 10).items] == found


def test_a_filtered_list_pages_without_losing_or_doubling(ledger: LedgerStore | FakeLedger) -> None:
    for count in range(20):
        ledger.enter(number(count, source="ADC1" if count % 3 == 0 else "UART"))

    seen, cursor = [], None
    while True:
        page = ledger.page("owner", NoticeFilter(source="ADC1"), None, 2, cursor)
        seen += [one.notice_id for one in page.items]
        if (cursor := page.cursor) is None:
            break

    assert seen == ["n18", "n15", "n12", "n9", "n6", "n3", "n0"]


def test_a_cursor_of_another_owner_is_refused(ledger: LedgerStore | FakeLedger) -> None:
    for count in range(3):
        ledger.enter(number(count))
    cursor = ledger.page("owner", NoticeFilter(), None, 1).cursor

    with pytest.raises(InvalidInput):
        ledger.page("stranger", NoticeFilter(), None, 1, cursor)


def test_erasing_an_owners_notices_leaves_those_of_others(ledger: LedgerStore | FakeLedger) -> None:
    for count in range(30):
        ledger.enter(number(count, deviceid=f"PH8{count % 2}"))
    ledger.enter(number(30, owner="stranger"))

    ledger.erase("owner")

    assert list(ledger.list_all("owner")) == []
    assert [one.notice_id for one in ledger.list_all("stranger")] == ["n30"]


def test_an_owners_notices_are_listed_oldest_first(ledger: LedgerStore | FakeLedger) -> None:
    for count in (2, 0, 1):
        ledger.enter(number(count))

    assert [one.notice_id for one in ledger.list_all("owner")] == ["n0", "n1", "n2"]


def test_a_notice_is_forgotten_after_its_days(table: LedgerStore) -> None:
    table.enter(NOTICE)

    assert NoticeRow.get("PH80", "n1").expires_at == int((NOTICE.at + timedelta(days=90)).timestamp())
    assert NOTICE.state is State.QUEUED


def test_forgotten_notices_are_gone_and_others_stay(table: LedgerStore) -> None:
    for count in range(3):
        table.enter(number(count))

    table.forget([number(0), number(2)])
    table.forget([])

    assert list(table.list_all(NOTICE.owner)) == [number(1)]


def test_a_devices_blocks_are_listed_by_source_and_forgotten_with_it(environment: dict[str, str]) -> None:
    with mock_aws():
        bind(NotificationBlockRow, "test-", "eu-west-1")
        NotificationBlockRow.create_table(billing_mode="PAY_PER_REQUEST")
        blocks, block = NotificationBlockStore(), NotificationBlock((Text("Hello", True), Text("Bye", False)), {})
        for source in ("uart", "gpio1"):
            blocks.save("PH80", source, block)

        assert blocks.find_all("PH80") == {"gpio1": block, "uart": block}
        blocks.erase("PH80")
        assert blocks.find_all("PH80") == {}


FREE_NOTICE = replace(NOTICE, charge="free:2026-11")


@pytest.fixture
def credits_table(table: LedgerStore) -> PaymentStore:
    for row in (PaymentRow, CreditRow):
        bind(row, "test-", "eu-west-1")
        row.create_table(billing_mode="PAY_PER_REQUEST")
    return PaymentStore(10)


def test_a_notice_is_entered_with_its_credit_or_not_at_all(table: LedgerStore, credits_table: PaymentStore) -> None:
    CreditRow(NOTICE.owner, balance=1, granted=1).save()
    spending = credits_table.spending(NOTICE.owner)
    charged = replace(NOTICE, charge=BOUGHT)

    assert table.enter_with(charged, spending) is None
    assert table.enter_with(charged, spending) == charged
    with pytest.raises(CreditsUsedUp):
        table.enter_with(replace(charged, notice_id="n2"), spending)
    assert table.find(NOTICE.deviceid, "n2") is None
    assert credits_table.find_credits(NOTICE.owner) == Credits(balance=0, granted=1, spent=1)


def test_who_never_bought_has_no_credit_to_spend(table: LedgerStore, credits_table: PaymentStore) -> None:
    with pytest.raises(CreditsUsedUp):
        table.enter_with(NOTICE, credits_table.spending(NOTICE.owner))
    assert table.find(NOTICE.deviceid, NOTICE.notice_id) is None


def test_a_failed_notice_gives_its_credit_back_once(table: LedgerStore, credits_table: PaymentStore) -> None:
    CreditRow(NOTICE.owner, balance=1, granted=1).save()
    charged = replace(NOTICE, charge=BOUGHT)
    table.enter_with(charged, credits_table.spending(NOTICE.owner))
    ledger = SpendingLedger(table, credits_table)
    begun = ledger.replace(charged, charged.begin(AT, "w1"))

    ended = [ledger.replace(begun, begun.failed("400")) for _ in range(3)]
    again = ledger.replace(ended[0], ended[0].failed("400"))

    assert [one.charge for one in (*ended, again)] == [RETURNED] * 4
    assert credits_table.find_credits(NOTICE.owner) == Credits(balance=1, granted=1, spent=1, returned=1)


def test_a_failed_notice_gives_a_free_message_back_to_its_month(
    table: LedgerStore, credits_table: PaymentStore
) -> None:
    month = f"month#{NOTICE.owner}#2026-11"
    NoticeCounterRow(month, counted=5).save()
    table.enter(FREE_NOTICE)
    ledger = SpendingLedger(table, credits_table)
    begun = ledger.replace(FREE_NOTICE, FREE_NOTICE.begin(AT, "w1"))

    for _ in range(2):
        ledger.replace(begun, begun.failed("400"))

    assert NoticeCounterStore().counted(month) == 4


@pytest.mark.parametrize("charge", [BOUGHT, "free:2026-11"])
def test_what_has_gone_takes_nothing_back_and_the_notice_fails(
    table: LedgerStore, credits_table: PaymentStore, charge: str
) -> None:
    charged = replace(NOTICE, charge=charge)
    table.enter(charged)
    begun = table.replace(charged, charged.begin(AT, "w1"))

    ended = SpendingLedger(table, credits_table).replace(begun, begun.failed("400"))

    assert (ended.state, ended.charge) == (State.FAILED, RETURNED)
    assert table.find(NOTICE.deviceid, NOTICE.notice_id) == ended
    assert credits_table.find_credits(NOTICE.owner) == Credits()


def test_a_notice_that_was_sent_keeps_what_it_cost(table: LedgerStore, credits_table: PaymentStore) -> None:
    CreditRow(NOTICE.owner, balance=0, granted=1, spent=1).save()
    charged = replace(NOTICE, charge=BOUGHT)
    table.enter(charged)
    ledger = SpendingLedger(table, credits_table)
    begun = ledger.replace(charged, charged.begin(AT, "w1"))

    assert ledger.replace(begun, begun.accepted("provider-1")).charge == BOUGHT
    assert ledger.find_by_provider("provider-1") == begun.accepted("provider-1")
    assert credits_table.find_credits(NOTICE.owner).balance == 0


def test_counters_tell_their_new_values_once_all_allow_it(table: LedgerStore) -> None:
    told: list[tuple[str, int]] = []
    owner, device = (Counter(key, limit, f"{key} is full", AT) for key, limit in (("owner", 3), ("device", 2)))

    for _ in range(3):
        NoticeCounterStore().count([owner, device], lambda one, value: told.append((one.key, value)))

    assert told == [("owner", 1), ("device", 1), ("owner", 2), ("device", 2)]

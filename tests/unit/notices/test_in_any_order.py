"""Triggers and notices under redelivery, reordering, concurrency and crashes, from the notifier to the carrier."""

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from iotcloud.billing.spending import Spending, SpendingLedger
from iotcloud.ingest import Delivery, DeviceMessage
from iotcloud.notices.delivery import Courier, DeliveryDeferred, DeliveryRefused, DeliveryUncertain
from iotcloud.notices.dispatch import Dispatcher
from iotcloud.notices.ledger import ATTEMPT_TIME, BOUGHT, RETURNED, Notice, State
from iotcloud.notices.limits import Policy, Rate
from iotcloud.notices.trigger_consumer import Notifier
from iotcloud.notification_blocks.model import Channel, Endpoint, NotificationBlock, Text
from iotcloud.topics import parse
from tests.fakes.histories import FakeParking
from tests.fakes.notices import (
    FakeBoughtCredits,
    FakeConsole,
    FakeCounters,
    FakeLedger,
    FakeOutbox,
    FakeOwnedDevices,
    FakePassingRecipients,
    FakePhones,
    FakePolicies,
    FakeSender,
)
from tests.fakes.peripherals import FakeBlocks, FakeContacts, FakeSensors
from tests.fakes.support import FakeMail
from tests.unit.peripherals.test_sensor_registration import DEVICE, DEVICEID
from tests.unit.readings.state.chaos import Lottery

pytestmark = pytest.mark.long

AT = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
PHONES = ("+6500000001", "+6500000002", "+6500000003")
WORKERS = 3
ROUNDS = 60


@dataclass
class Harness:
    """Notifier and courier on disturbed ports, and a carrier that fails as it pleases."""

    seed: int
    policy: Policy
    now: datetime = AT
    taken: Counter[str] = field(default_factory=Counter)
    ledger: FakeLedger = field(default_factory=FakeLedger)
    outbox: FakeOutbox = field(default_factory=FakeOutbox)
    blocks: FakeBlocks = field(default_factory=FakeBlocks)
    credits: FakeBoughtCredits = field(default_factory=FakeBoughtCredits)

    def __post_init__(self) -> None:
        self.lottery = Lottery(self.seed, kill_probability=0.02)
        disturbed, ledger = self.lottery.disturbed, self.lottery.disturbed(self.ledger)
        console = disturbed(FakeConsole())
        recipients = {Channel.MOBILE: Endpoint(",".join(PHONES), is_enabled=True)}
        self.blocks.save(DEVICEID, "uart", NotificationBlock((Text("Hello"),), recipients))
        dispatcher = Dispatcher(
            devices=FakeOwnedDevices({DEVICEID: DEVICE}),
            phones=FakePhones(),
            sensors=FakeSensors(),
            blocks=self.blocks,
            contacts=FakeContacts(),
            policies=FakePolicies(self.policy),
            counters=disturbed(FakeCounters()),
            confirmations=FakePassingRecipients(),
            ledger=ledger,
            outbox=disturbed(self.outbox),
            console=console,
            spending=Spending(ledger, self.credits, disturbed(FakeMail())),
        )
        self.notifier = Notifier(dispatcher, FakeParking(), console, lambda: self.now)
        self.courier = Courier(
            SpendingLedger(ledger, self.credits), {Channel.MOBILE: disturbed(FakeSender(self.carry))}, console
        )

    def carry(self, notice: Notice) -> str:
        """Take a notice, or not, and say so, or not."""
        fault = self.lottery.draw.random()
        if fault < 0.15:
            raise DeliveryDeferred("429")
        if fault < 0.2:
            raise DeliveryRefused("400")
        if fault < 0.25:
            raise DeliveryUncertain("lost on the way")
        self.taken[notice.notice_id] += 1
        if fault < 0.3:
            raise DeliveryUncertain("lost on the way back")
        return f"provider-{notice.notice_id}"

    def go(self, triggers: int) -> None:
        """Let triggers through, some twice and in any order, until nothing waits."""
        draw = self.lottery.draw
        arriving = [trigger(number) for number in range(triggers)]
        arriving += draw.sample(arriving, k=triggers // 4)
        while arriving or self.outbox.posted:
            draw.shuffle(arriving)
            batches = [[arriving.pop() for _ in range(min(draw.randint(1, 4), len(arriving)))] for _ in range(WORKERS)]
            draw.shuffle(self.outbox.posted)
            posted = [self.outbox.posted.pop() for _ in range(min(WORKERS, len(self.outbox.posted)))]
            done: list[object] = []
            tasks: list[Callable[[], None]] = [partial(self.dispatch, batch, done) for batch in batches if batch]
            tasks += [partial(self.deliver, place, notice, done) for place, notice in enumerate(posted)]
            self.lottery.run(*tasks)
            arriving += [each for batch in batches if id(batch) not in done for each in batch]
            self.outbox.posted += [notice for place, notice in enumerate(posted) if place not in done]
            self.now += ATTEMPT_TIME / ROUNDS

    def dispatch(self, batch: list[Delivery], done: list[object]) -> None:
        self.notifier.take_triggers(batch)
        done.append(id(batch))

    def deliver(self, place: int, notice: Notice, done: list[object]) -> None:
        if self.courier.deliver(notice.deviceid, notice.notice_id, self.now).retry_after is None:
            done.append(place)


def trigger(number: int) -> Delivery:
    topic = parse(f"server/{DEVICEID}/trigger_notification/uart/mobile")
    message = DeviceMessage(topic, b"{}", AT + timedelta(seconds=number), f"m{number:05d}")
    return Delivery(f"d{number}", f"body {number}", message)


@pytest.mark.parametrize("limit", [1000, 10])
def test_every_notice_ends_and_none_is_taken_twice_nor_more_than_the_limit_allows(limit: int) -> None:
    states: Counter[State] = Counter()
    for seed in range(40):
        hour = Rate(1000, timedelta(days=1))
        triggers = random.Random(seed).randint(1, 12)
        harness = Harness(
            seed, Policy(Rate(limit, timedelta(days=1)), hour, hour, other_texts=Rate(limit, timedelta(days=1)))
        )

        harness.go(triggers)

        notices = harness.ledger.kept.values()
        held_back = [notice for notice in notices if notice.state is State.SUPPRESSED]
        named = {notice.notice_id for notice in notices} - {notice.notice_id for notice in held_back}
        assert len(named) == triggers * len(PHONES) if limit == 1000 else len(named) <= triggers * len(PHONES), seed
        assert len(held_back) <= triggers, seed
        assert all(notice.is_final for notice in notices), seed
        assert max(harness.taken.values(), default=0) <= 1, seed
        assert harness.taken.total() <= limit, seed
        assert {notice.notice_id for notice in notices if notice.is_success} <= harness.taken.keys(), seed
        states.update(notice.state for notice in notices)

    expected = {State.SENT, State.FAILED, State.UNCONFIRMED} | ({State.SUPPRESSED} if limit == 10 else set())
    assert states.keys() == expected


def test_credits_are_never_below_zero_and_add_up_whoever_stops() -> None:
    """Each notice costs one credit; one that fails for good, and no other, gave it back, once."""
    charges: Counter[str] = Counter()
    for seed in range(40):
        harness = Harness(seed, Policy(per_month=0))
        bought = random.Random(seed).randint(0, 40)
        harness.credits.balance = bought

        harness.go(random.Random(seed).randint(1, 12))

        notices = [one for one in harness.ledger.kept.values() if one.charge]
        returned = [one for one in notices if one.charge == RETURNED]
        assert harness.credits.balance >= 0, seed
        assert harness.credits.spent == len(notices), seed
        assert harness.credits.returned == len(returned), seed
        assert harness.credits.balance == bought - len(notices) + len(returned), seed
        assert {one.state for one in returned} <= {State.FAILED}, seed
        assert all(one.charge == RETURNED for one in notices if one.state is State.FAILED), seed
        charges.update(one.charge for one in notices)

    assert charges.keys() == {BOUGHT, RETURNED}

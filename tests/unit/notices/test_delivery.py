"""The courier: at most one attempt that may have succeeded, and a final state for every notice."""

import random
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest

from iotcloud.notices.delivery import Courier, DeliveryDeferred, DeliveryRefused, DeliveryUncertain
from iotcloud.notices.ledger import ATTEMPT_TIME, MAX_ATTEMPTS, Notice, State, backoff
from iotcloud.notification_blocks.model import Channel
from tests.fakes.notices import FakeConsole, FakeLedger, FakeSender

AT = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
NOTICE = Notice("n1", "owner", "PH80", AT, Channel.EMAIL, "user@example.com", "user@example.com", "Hello", 5, "UART")


class Killed(BaseException):
    """The worker was killed during its work."""


@dataclass
class Harness:
    """A courier with one notice."""

    ledger: FakeLedger = field(default_factory=lambda: FakeLedger({("PH80", "n1"): NOTICE}))
    sender: FakeSender = field(default_factory=FakeSender)
    console: FakeConsole = field(default_factory=FakeConsole)

    @property
    def courier(self) -> Courier:
        return Courier(self.ledger, dict.fromkeys(Channel, self.sender), self.console)

    @property
    def notice(self) -> Notice:
        return self.ledger.kept["PH80", "n1"]

    def fail_with(self, failure: BaseException) -> None:
        def behave(notice: Notice) -> str:
            raise failure

        self.sender.behave = behave


@pytest.fixture
def harness() -> Harness:
    return Harness()


def test_an_accepted_notice_is_sent_and_its_text_forgotten(harness: Harness) -> None:
    delivered = harness.courier.deliver("PH80", "n1", AT)

    assert delivered.retry_after is None
    assert (harness.notice.state, harness.notice.text, harness.notice.provider_id) == (State.SENT, "", "provider-n1")
    assert [attempt.outcome for attempt in harness.notice.attempts] == ["accepted"]
    assert harness.sender.sent[0].text == "Hello"
    assert harness.console.told == [("PH80", "OK. message sent to user@example.com.")]


@pytest.mark.parametrize(
    ("channel", "recipient", "shown"),
    [(Channel.NOTIFICATION, "iOS", "mobile phone/s"), (Channel.STORAGE, "", "storage")],
)
def test_the_device_is_told_in_the_contracts_words(
    harness: Harness, channel: Channel, recipient: str, shown: str
) -> None:
    harness.ledger.kept["PH80", "n1"] = replace(NOTICE, channel=channel, recipient=recipient)

    harness.courier.deliver("PH80", "n1", AT)

    assert harness.console.told == [("PH80", f"OK. message sent to {shown}.")]


def test_a_final_notice_is_not_sent_again(harness: Harness) -> None:
    for _ in range(3):
        harness.courier.deliver("PH80", "n1", AT)

    assert len(harness.sender.sent) == 1


def test_an_unknown_notice_is_nothing_to_do(harness: Harness) -> None:
    assert harness.courier.deliver("PH80", "n2", AT).notice is None


def test_a_refused_notice_fails_with_the_providers_reason(harness: Harness) -> None:
    harness.fail_with(DeliveryRefused("number is not valid"))

    assert harness.courier.deliver("PH80", "n1", AT).retry_after is None
    assert (harness.notice.state, harness.notice.reason) == (State.FAILED, "number is not valid")
    assert harness.console.told == [("PH80", "NG. number is not valid.")]


def test_a_deferred_notice_waits_longer_each_time_and_fails_after_the_last_attempt(harness: Harness) -> None:
    harness.fail_with(DeliveryDeferred("429"))

    waits = [harness.courier.deliver("PH80", "n1", AT).retry_after for _ in range(MAX_ATTEMPTS)]

    assert waits == [backoff(1), backoff(2), backoff(3), backoff(4), None]
    assert harness.notice.state is State.FAILED
    assert len(harness.notice.attempts) == MAX_ATTEMPTS


def test_a_notice_that_was_never_taken_is_tried_once_more_for_each_redrive(harness: Harness) -> None:
    harness.fail_with(DeliveryDeferred("429"))
    for _ in range(MAX_ATTEMPTS):
        harness.courier.deliver("PH80", "n1", AT)
    assert harness.notice.is_exhausted

    harness.courier.deliver("PH80", "n1", AT)
    assert len(harness.notice.attempts) == MAX_ATTEMPTS
    harness.courier.deliver("PH80", "n1", AT, is_redriven=True)
    assert (harness.notice.is_exhausted, len(harness.notice.attempts)) == (True, MAX_ATTEMPTS + 1)

    harness.sender.behave = FakeSender().behave
    for _ in range(2):
        harness.courier.deliver("PH80", "n1", AT, is_redriven=True)
    assert (harness.notice.state, harness.notice.text) == (State.SENT, "")
    assert len(harness.sender.sent) == 1


@pytest.mark.parametrize("failure", [DeliveryRefused("never"), DeliveryUncertain("ReadTimeout")])
def test_what_was_refused_or_may_have_been_taken_is_not_redriven(harness: Harness, failure: Exception) -> None:
    harness.fail_with(failure)
    harness.courier.deliver("PH80", "n1", AT)

    harness.courier.deliver("PH80", "n1", AT, is_redriven=True)

    assert (len(harness.notice.attempts), harness.notice.text) == (1, "")
    assert not harness.notice.is_exhausted


def test_an_attempt_whose_outcome_is_unknown_is_not_repeated(harness: Harness) -> None:
    harness.fail_with(DeliveryUncertain("ReadTimeout"))

    harness.courier.deliver("PH80", "n1", AT)
    harness.courier.deliver("PH80", "n1", AT)

    assert (harness.notice.state, len(harness.notice.attempts)) == (State.UNCONFIRMED, 1)
    assert harness.notice.reason == "nobody knows whether it was sent: ReadTimeout"


def test_a_notice_that_another_worker_has_is_left_to_it(harness: Harness) -> None:
    harness.ledger.kept["PH80", "n1"] = NOTICE.begin(AT)

    delivered = harness.courier.deliver("PH80", "n1", AT + timedelta(seconds=1))

    assert delivered.retry_after == ATTEMPT_TIME - timedelta(seconds=1)
    assert harness.sender.sent == []


def test_a_notice_whose_worker_died_is_unconfirmed_and_not_sent_twice(harness: Harness) -> None:
    harness.fail_with(Killed())
    with pytest.raises(Killed):
        harness.courier.deliver("PH80", "n1", AT)

    harness.courier.deliver("PH80", "n1", AT + ATTEMPT_TIME + timedelta(seconds=1))

    assert harness.notice.state is State.UNCONFIRMED
    assert "the sender stopped" in harness.notice.reason


@pytest.mark.parametrize(
    ("is_delivered", "state"), [(True, State.DELIVERED), (False, State.FAILED)], ids=["delivered", "bounced"]
)
def test_a_receipt_is_the_final_word_and_is_not_taken_back(is_delivered: bool, state: State) -> None:
    sent = NOTICE.begin(AT).accepted("provider-1")

    told = sent.receipt(is_delivered=is_delivered, reason="mailbox")

    assert told.state is state
    assert told.receipt(is_delivered=not is_delivered) == told


def test_a_receipt_settles_an_unconfirmed_notice(harness: Harness) -> None:
    assert NOTICE.begin(AT).unconfirmed("ReadTimeout").receipt(is_delivered=True).state is State.DELIVERED


@pytest.mark.parametrize("state", [State.QUEUED, State.REFUSED, State.SUPPRESSED])
def test_a_receipt_for_what_was_never_sent_changes_nothing(state: State) -> None:
    notice = replace(NOTICE, state=state)

    assert notice.receipt(is_delivered=True) == notice


def test_ten_thousand_notices_with_faults_and_killed_workers_all_end_and_none_is_sent_twice() -> None:
    """Three of ten attempts meet a fault, one of twenty workers dies before or after its provider took the notice."""
    chance = random.Random(11)
    taken: dict[str, int] = {}
    ledger = FakeLedger({("PH80", f"n{number}"): replace(NOTICE, notice_id=f"n{number}") for number in range(10_000)})

    def behave(notice: Notice) -> str:
        fault = chance.random()
        if fault < 0.10:
            raise DeliveryDeferred("429")
        if fault < 0.15:
            raise DeliveryRefused("400")
        if fault < 0.20:
            taken[notice.notice_id] = taken.get(notice.notice_id, 0) + 1
            raise DeliveryUncertain("timeout after the provider took it")
        if fault < 0.25:
            raise DeliveryUncertain("connection lost on the way")
        if fault < 0.275:
            raise Killed
        taken[notice.notice_id] = taken.get(notice.notice_id, 0) + 1
        if fault < 0.30:
            raise Killed
        return f"provider-{notice.notice_id}"

    courier = Courier(ledger, dict.fromkeys(Channel, FakeSender(behave)), FakeConsole())
    now, waiting = AT, [notice_id for _, notice_id in ledger.kept]
    for _ in range(2 * MAX_ATTEMPTS):
        chance.shuffle(waiting)
        for notice_id in waiting:
            try:
                courier.deliver("PH80", notice_id, now)
            except Killed:
                continue
        waiting = [one.notice_id for one in ledger.kept.values() if not one.is_final]
        now += ATTEMPT_TIME + timedelta(seconds=1)

    assert waiting == []
    assert max(taken.values()) == 1
    sent = {one.notice_id for one in ledger.kept.values() if one.is_success}
    assert sent <= taken.keys()
    assert len(sent) > 6_000

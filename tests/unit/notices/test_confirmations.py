"""Recipients that confirm once: a link that is signed, ends, is good for one purpose, and is not sent too often."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iotcloud.notices.confirmations import (
    ASKS_OF_A_RECIPIENT,
    LINK_LASTS,
    MAX_ASKS,
    SOMEBODY,
    SOURCE,
    UNCONFIRMED,
    Confirmation,
    ConfirmationService,
    LinkInvalid,
    make_token,
)
from iotcloud.notices.ledger import Notice, State
from iotcloud.notices.limits import OTHER_TEXTS_LIMIT, RECIPIENT_LIMIT, Policy, Rate
from iotcloud.notification_blocks.model import Channel
from iotcloud.users.model import Contact
from tests.fakes.notices import FakeConfirmations, FakeCounters, FakeLedger, FakeOutbox

AT = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
OWNER = Contact("ann@example.com", is_email_verified=True)
NOTICE = Notice(
    notice_id="n1",
    owner="ann",
    deviceid="PH80",
    at=AT,
    channel=Channel.EMAIL,
    recipient="bob@example.com",
    target="bob@example.com",
    text="Tank is full",
    message_length=12,
    source="GPIO1",
    registration="r1",
    state=State.QUEUED,
    reason="",
)


@dataclass
class Harness:
    """The service and what it stands on."""

    url: str = "https://api.example.com/dev"
    now: datetime = AT
    confirmations: FakeConfirmations = field(default_factory=FakeConfirmations)
    counters: FakeCounters = field(default_factory=FakeCounters)
    ledger: FakeLedger = field(default_factory=FakeLedger)
    outbox: FakeOutbox = field(default_factory=FakeOutbox)

    @property
    def service(self) -> ConfirmationService:
        return ConfirmationService(
            self.confirmations, self.counters, self.ledger, self.outbox, lambda: self.now, self.url
        )

    def ask(self, notice: Notice = NOTICE, trigger_id: str = "t1", policy: Policy | None = None) -> str:
        return self.service.objection(notice, trigger_id, OWNER, policy or Policy(), self.now)

    @property
    def asked(self) -> Confirmation:
        (kept,) = self.confirmations.kept.values()
        return kept

    @property
    def tokens(self) -> list[str]:
        """The tokens of the links that were sent."""
        return [one.text.rpartition("token=")[2] for one in self.outbox.posted]


@pytest.fixture
def harness() -> Harness:
    return Harness()


def test_without_an_address_of_the_api_nobody_need_confirm(harness: Harness) -> None:
    harness.url = ""

    assert harness.ask() == ""
    assert harness.confirmations.kept == {}


@pytest.mark.parametrize("channel", [Channel.NOTIFICATION, Channel.MODEM, Channel.STORAGE])
def test_only_text_messages_and_mails_wait(harness: Harness, channel: Channel) -> None:
    assert harness.ask(replace(NOTICE, channel=channel)) == ""


@pytest.mark.parametrize(
    ("channel", "address"), [(Channel.EMAIL, "bob@example.com"), (Channel.MOBILE, "+4915112345678")]
)
def test_a_recipient_is_asked_once_and_may_be_written_to_afterwards(
    harness: Harness, channel: Channel, address: str
) -> None:
    notice = replace(NOTICE, channel=channel, recipient=address, target=address)

    assert [harness.ask(notice, f"t{number}") for number in range(5)] == [UNCONFIRMED] * 5
    (sent,) = harness.outbox.posted
    harness.service.confirm(harness.tokens[0])

    assert (sent.channel, sent.target, sent.source, sent.state) == (channel, address, SOURCE, State.QUEUED)
    assert "ann@example.com" in sent.text
    assert "https://api.example.com/dev/others/recipients/confirmation?token=" in sent.text
    assert harness.ask(notice, "t9") == ""
    assert harness.ask(replace(notice, owner="eve"), "t9") == UNCONFIRMED


def test_an_address_that_is_not_verified_is_told_to_nobody(harness: Harness) -> None:
    harness.service.objection(NOTICE, "t1", Contact("not-mine@example.com"), Policy(), AT)

    assert harness.asked.asker == SOMEBODY
    assert "not-mine" not in harness.outbox.posted[0].text


def test_a_link_that_was_only_looked_at_confirms_nothing(harness: Harness) -> None:
    harness.ask()

    assert harness.service.find_asker(harness.tokens[0]).asker == "ann@example.com"
    assert harness.ask(trigger_id="t2") == UNCONFIRMED


def test_confirming_twice_changes_nothing(harness: Harness) -> None:
    harness.ask()
    first = harness.service.confirm(harness.tokens[0])
    harness.now += timedelta(hours=1)

    assert harness.service.confirm(harness.tokens[0]) == first


def test_a_trigger_that_comes_again_sends_what_was_not_sent(harness: Harness) -> None:
    """The worker died between writing down that it asked and posting the message."""
    harness.ask()
    harness.outbox.posted.clear()
    harness.ask(trigger_id="t2")
    assert harness.outbox.posted == []

    harness.ask(trigger_id="t1")

    assert len(harness.outbox.posted) == 1
    assert len([one for one in harness.ledger.kept.values() if one.source == SOURCE]) == 1


def test_a_link_ends_and_a_new_one_is_sent_a_few_times(harness: Harness) -> None:
    for number in range(MAX_ASKS + 3):
        harness.ask(trigger_id=f"t{number}")
        harness.now += LINK_LASTS

    assert len(set(harness.tokens)) == MAX_ASKS
    for token in harness.tokens:
        with pytest.raises(LinkInvalid):
            harness.service.confirm(token)


def test_a_new_link_makes_the_one_before_useless(harness: Harness) -> None:
    harness.ask()
    harness.now += LINK_LASTS
    harness.ask(trigger_id="t2")
    harness.now -= timedelta(minutes=1)
    first, second = harness.tokens

    with pytest.raises(LinkInvalid):
        harness.service.confirm(first)
    assert harness.service.confirm(second).confirmed_at == harness.now


def test_a_recipient_is_not_flooded_from_many_accounts(harness: Harness) -> None:
    reasons = [harness.ask(replace(NOTICE, owner=f"user-{number}"), f"t{number}") for number in range(10)]

    assert len(harness.outbox.posted) == ASKS_OF_A_RECIPIENT.limit
    assert set(reasons[ASKS_OF_A_RECIPIENT.limit :]) == {RECIPIENT_LIMIT}


def test_asking_counts_as_a_text_message_to_somebody_else(harness: Harness) -> None:
    policy = Policy(other_texts=Rate(1, timedelta(days=1)))
    for number in range(2):
        target = f"+491511234567{number}"
        reason = harness.ask(
            replace(NOTICE, channel=Channel.MOBILE, target=target, recipient=target), f"t{number}", policy
        )

    assert reason == OTHER_TEXTS_LIMIT
    assert len(harness.outbox.posted) == 1


@given(st.data())
def test_a_link_that_was_changed_is_refused(data: st.DataObject) -> None:
    harness = Harness()
    harness.ask()
    octets = bytearray(urlsafe_b64decode(harness.tokens[0] + "=" * (-len(harness.tokens[0]) % 4)))
    place = data.draw(st.integers(0, len(octets) - 1))
    octets[place] ^= data.draw(st.integers(1, 255))

    with pytest.raises(LinkInvalid):
        harness.service.confirm(urlsafe_b64encode(bytes(octets)).decode().rstrip("="))
    assert harness.asked.confirmed_at is None


@given(st.one_of(st.text(), st.binary(max_size=90).map(lambda octets: urlsafe_b64encode(octets).decode())))
def test_what_is_no_token_is_refused(token: str) -> None:
    with pytest.raises(LinkInvalid):
        Harness().service.confirm(token)


@pytest.mark.parametrize(
    "members", ["[1,2,3]", '["ann","x",1e400]', '["ann","\\ud800",1]', '{"a":1}', '["","x",1]', "[" * 99]
)
def test_a_token_with_other_members_is_refused(members: str) -> None:
    with pytest.raises(LinkInvalid):
        Harness().service.confirm(urlsafe_b64encode(b"0" * 16 + members.encode()).decode())


def test_the_link_of_one_recipient_confirms_no_other(harness: Harness) -> None:
    harness.ask()
    bob = harness.asked
    carol = replace(bob, address="carol@example.com", key="00" * 16)
    harness.confirmations.replace(None, carol)

    with pytest.raises(LinkInvalid):
        harness.service.confirm(make_token(replace(carol, key=bob.key)))

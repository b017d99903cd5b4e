"""From a trigger to queued notices: each stored once, within all limits, each rejection reported and stored."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta

import pytest

from iotcloud.billing.spending import Spending
from iotcloud.devices.model import Device
from iotcloud.notices.confirmations import SOURCE, UNCONFIRMED, ConfirmationService
from iotcloud.notices.dispatch import Dispatcher
from iotcloud.notices.ledger import State
from iotcloud.notices.limits import ALL_TEXTS_LIMIT, OTHER_TEXTS_LIMIT, Policy, QuietHours, Rate
from iotcloud.notices.triggers import Trigger
from iotcloud.notification_blocks.model import Channel, Endpoint, NotificationBlock, Text
from iotcloud.peripherals.model import Slot
from iotcloud.users.model import Contact, PushEndpoint
from tests.fakes.notices import (
    FakeBoughtCredits,
    FakeConfirmations,
    FakeConsole,
    FakeCounters,
    FakeLedger,
    FakeOutbox,
    FakeOwnedDevices,
    FakePhones,
    FakePolicies,
)
from tests.fakes.peripherals import FakeBlocks, FakeContacts, FakeSensors
from tests.fakes.support import FakeMail
from tests.unit.peripherals.test_sensor_registration import DEVICE, DEVICEID, OWNER, POT

AT = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
ROOF = replace(DEVICE, deviceid="PH80ROOF", devicename="Roof unit")
FOREIGN = replace(DEVICE, deviceid="PH80FAR", devicename="Far unit", owner="stranger@example.com")
UART = Trigger("message-1", DEVICEID, Slot("uart", 1), AT, Channel.EMAIL)


@dataclass
class Harness:
    """The dispatcher and its dependencies."""

    devices: FakeOwnedDevices = field(
        default_factory=lambda: FakeOwnedDevices({one.deviceid: one for one in (DEVICE, ROOF, FOREIGN)})
    )
    phones: FakePhones = field(default_factory=FakePhones)
    sensors: FakeSensors = field(default_factory=FakeSensors)
    blocks: FakeBlocks = field(default_factory=FakeBlocks)
    contacts: FakeContacts = field(default_factory=FakeContacts)
    policy: Policy = field(default_factory=Policy)
    counters: FakeCounters = field(default_factory=FakeCounters)
    ledger: FakeLedger = field(default_factory=FakeLedger)
    outbox: FakeOutbox = field(default_factory=FakeOutbox)
    console: FakeConsole = field(default_factory=FakeConsole)
    credits: FakeBoughtCredits = field(default_factory=FakeBoughtCredits)
    mail: FakeMail = field(default_factory=FakeMail)
    confirmations: FakeConfirmations = field(default_factory=FakeConfirmations)
    confirmation_url: str = ""

    @property
    def dispatcher(self) -> Dispatcher:
        return Dispatcher(
            self.devices,
            self.phones,
            self.sensors,
            self.blocks,
            self.contacts,
            FakePolicies(self.policy),
            self.counters,
            ConfirmationService(
                self.confirmations, self.counters, self.ledger, self.outbox, lambda: AT, self.confirmation_url
            ),
            self.ledger,
            self.outbox,
            self.console,
            Spending(self.ledger, self.credits, self.mail),
        )

    def block(self, source: str, **endpoints: Endpoint) -> None:
        self.blocks.save(
            DEVICEID,
            source,
            NotificationBlock((Text("on"), Text("off")), {Channel(channel): one for channel, one in endpoints.items()}),
        )


@pytest.fixture
def harness() -> Harness:
    return Harness()


def test_a_uart_without_a_block_writes_to_its_owner(harness: Harness) -> None:
    (notice,) = harness.dispatcher.dispatch(UART, AT).notices

    assert (notice.state, notice.recipient, notice.owner, notice.source) == (
        State.QUEUED,
        "user@example.com",
        OWNER,
        "UART",
    )
    assert harness.outbox.posted == [notice]
    assert harness.console.told == []


def test_a_trigger_that_comes_again_enters_nothing_and_counts_nothing(harness: Harness) -> None:
    first = harness.dispatcher.dispatch(UART, AT)
    counted = dict(harness.counters.counts)

    again = harness.dispatcher.dispatch(UART, AT + timedelta(minutes=5))

    assert again.notices == first.notices
    assert len(harness.ledger.kept) == 1
    assert harness.counters.counts == counted
    assert len(harness.outbox.posted) == 2


def test_a_notice_that_is_final_is_not_posted_again(harness: Harness) -> None:
    (notice,) = harness.dispatcher.dispatch(UART, AT).notices
    harness.ledger.replace(notice, notice.begin(AT).accepted("provider-1"))

    harness.dispatcher.dispatch(UART, AT)

    assert len(harness.outbox.posted) == 1


def test_a_sensor_tells_with_its_own_block_and_name(harness: Harness) -> None:
    harness.sensors.add(DEVICEID, POT)
    harness.block("i2c2POT 1", email=Endpoint("a@example.com", True))
    harness.block("i2c2POT 1/subclass", email=Endpoint("b@example.com", True))
    trigger = replace(UART, slot=POT.slot, channel=None, is_activation=True)

    (main,) = harness.dispatcher.dispatch(trigger, AT).notices
    (sub,) = harness.dispatcher.dispatch(replace(trigger, trigger_id="message-2", is_subclass=True), AT).notices

    assert (main.recipient, main.sensorname, main.source) == ("a@example.com", "POT 1", "I2C2")
    assert sub.recipient == "b@example.com"


def test_push_goes_to_every_phone_and_shows_no_token(harness: Harness) -> None:
    harness.block("uart", notification=Endpoint("", True))
    harness.phones.phones = [PushEndpoint("Android", "GCM:token-1"), PushEndpoint("iOS", "APNS:token-2")]

    notices = harness.dispatcher.dispatch(replace(UART, channel=Channel.NOTIFICATION), AT).notices

    assert [(one.recipient, one.target) for one in notices] == [("Android", "GCM:token-1"), ("iOS", "APNS:token-2")]


def test_push_without_a_phone_is_refused(harness: Harness) -> None:
    harness.block("uart", notification=Endpoint("", True))

    (notice,) = harness.dispatcher.dispatch(replace(UART, channel=Channel.NOTIFICATION), AT).notices

    assert (notice.state, notice.reason) == (State.REFUSED, "no phone is registered")


@pytest.mark.parametrize("recipient", ["Roof unit", "PH80ROOF"])
def test_a_modem_message_finds_another_device_of_the_owner_by_name_or_id(harness: Harness, recipient: str) -> None:
    trigger = replace(UART, channel=Channel.MODEM, recipient=recipient)

    (notice,) = harness.dispatcher.dispatch(trigger, AT).notices

    assert (notice.recipient, notice.target) == ("Roof unit", "PH80ROOF")


@pytest.mark.parametrize("recipient", ["Far unit", "PH80FAR", "nobody"])
def test_a_modem_message_does_not_reach_a_device_of_somebody_else(harness: Harness, recipient: str) -> None:
    (notice,) = harness.dispatcher.dispatch(replace(UART, channel=Channel.MODEM, recipient=recipient), AT).notices

    assert (notice.state, notice.text) == (State.REFUSED, "")
    assert harness.outbox.posted == []
    assert harness.console.told == [(DEVICEID, "NG. modem recipient is not one of the owner's.")]


def test_a_trigger_of_an_unregistered_device_is_nobodys(harness: Harness) -> None:
    dispatched = harness.dispatcher.dispatch(replace(UART, deviceid="PH80NONE"), AT)

    assert (dispatched.notices, dispatched.refusal) == ((), "deviceid is invalid")
    assert harness.ledger.kept == {}


def test_a_trigger_of_a_sensor_that_is_not_registered_is_refused(harness: Harness) -> None:
    dispatched = harness.dispatcher.dispatch(replace(UART, slot=POT.slot), AT)

    assert dispatched.refusal == "could not find sensor"
    assert harness.console.told == [(DEVICEID, "NG. could not find sensor.")]


def test_a_block_that_enables_nobody_is_told(harness: Harness) -> None:
    harness.block("gpio1")

    dispatched = harness.dispatcher.dispatch(replace(UART, slot=Slot("gpio", 1), channel=None, is_activation=True), AT)

    assert dispatched.refusal == "no recipient is enabled"


@pytest.mark.parametrize(
    ("policy", "reason"),
    [
        (Policy(per_owner=Rate(1, timedelta(hours=1))), "the account's hourly limit is reached"),
        (Policy(per_device=Rate(1, timedelta(hours=1))), "the device's hourly limit is reached"),
        (Policy(per_recipient=Rate(1, timedelta(hours=1))), "the recipient's hourly limit is reached"),
        (Policy(per_month=1), "the account's monthly allowance is used up"),
    ],
)
def test_each_limit_holds_back_what_is_over_it_and_says_so(harness: Harness, policy: Policy, reason: str) -> None:
    harness.policy = policy
    harness.dispatcher.dispatch(UART, AT)

    (notice,) = harness.dispatcher.dispatch(replace(UART, trigger_id="message-2"), AT).notices

    assert (notice.state, notice.reason, notice.text) == (State.SUPPRESSED, reason, "")
    assert len(harness.outbox.posted) == 1
    assert harness.console.told == [(DEVICEID, f"NG. {reason}.")]


def test_a_device_writes_to_whom_its_owner_allows_and_to_nobody_else(harness: Harness) -> None:
    harness.policy = Policy(extra_recipients=frozenset({"friend@example.com"}))

    (friend,) = harness.dispatcher.dispatch(replace(UART, recipient="friend@example.com"), AT).notices
    (stranger,) = harness.dispatcher.dispatch(replace(UART, recipient="stranger@example.com"), AT).notices

    assert (friend.state, friend.registration) == (State.QUEUED, DEVICE.registration)
    assert stranger.state is State.REFUSED


def test_a_recipient_that_has_not_confirmed_gets_a_link_and_no_notice(harness: Harness) -> None:
    harness.policy = Policy(extra_recipients=frozenset({"friend@example.com"}))
    harness.confirmation_url = "https://api.example.com/dev"
    to_friend = replace(UART, recipient="friend@example.com")

    (notice,) = harness.dispatcher.dispatch(to_friend, AT).notices
    harness.dispatcher.dispatch(replace(to_friend, trigger_id="message-2"), AT)

    assert (notice.state, notice.reason) == (State.SUPPRESSED, UNCONFIRMED)
    assert [(one.source, one.target) for one in harness.outbox.posted] == [(SOURCE, "friend@example.com")]
    assert harness.console.told == [(DEVICEID, f"NG. {UNCONFIRMED}.")] * 2


def test_a_recipient_that_confirmed_gets_the_next_notice(harness: Harness) -> None:
    harness.policy = Policy(extra_recipients=frozenset({"friend@example.com"}))
    harness.confirmation_url = "https://api.example.com/dev"
    to_friend = replace(UART, recipient="friend@example.com")
    harness.dispatcher.dispatch(to_friend, AT)
    (asked,) = harness.confirmations.kept.values()
    harness.confirmations.replace(asked, replace(asked, confirmed_at=AT))

    (notice,) = harness.dispatcher.dispatch(replace(to_friend, trigger_id="message-2"), AT).notices

    assert notice.state is State.QUEUED


def test_the_owners_own_verified_address_need_not_confirm(harness: Harness) -> None:
    harness.confirmation_url = "https://api.example.com/dev"

    (notice,) = harness.dispatcher.dispatch(UART, AT).notices

    assert notice.state is State.QUEUED
    assert harness.confirmations.kept == {}


def test_quiet_hours_hold_back_without_using_the_allowance(harness: Harness) -> None:
    harness.policy = Policy(quiet=QuietHours(time(0), time(23, 59)))

    (notice,) = harness.dispatcher.dispatch(UART, AT).notices

    assert (notice.state, notice.reason) == (State.SUPPRESSED, "quiet hours")
    assert harness.counters.counts == {}


MODEM = replace(UART, channel=Channel.MODEM)


def test_a_block_means_the_device_whatever_it_is_called_now(harness: Harness) -> None:
    harness.block("uart", modem=Endpoint("Roof unit", True, targets=("PH80ROOF",)))
    harness.devices.known["PH80ROOF"] = replace(ROOF, devicename="Tower unit")
    harness.devices.known["PH80NEW"] = replace(ROOF, deviceid="PH80NEW", devicename="Roof unit")

    (notice,) = harness.dispatcher.dispatch(MODEM, AT).notices

    assert (notice.state, notice.target, notice.recipient) == (State.QUEUED, "PH80ROOF", "Tower unit")


@pytest.mark.parametrize("successor", [None, FOREIGN])
def test_a_device_that_has_gone_is_not_written_to(harness: Harness, successor: Device | None) -> None:
    harness.block("uart", modem=Endpoint("Roof unit", True, targets=("PH80ROOF",)))
    del harness.devices.known["PH80ROOF"]
    if successor is not None:
        harness.devices.known["PH80ROOF"] = replace(successor, deviceid="PH80ROOF", devicename="Roof unit")
    harness.devices.known["PH80NEW"] = replace(ROOF, deviceid="PH80NEW", devicename="Roof unit")

    (notice,) = harness.dispatcher.dispatch(MODEM, AT).notices

    assert (notice.state, notice.reason) == (State.REFUSED, "modem recipient is not registered any more")


def test_several_devices_of_a_block_are_refused_each_for_itself(harness: Harness) -> None:
    harness.block("uart", modem=Endpoint("Roof unit, Tower unit", True, targets=("PH80ROOF", "PH80GONE")))
    harness.blocks.kept[DEVICEID, "uart"] = replace(harness.blocks.kept[DEVICEID, "uart"], texts=(Text(""),))

    notices = harness.dispatcher.dispatch(MODEM, AT).notices

    assert [(one.recipient, one.reason) for one in notices] == [
        ("Roof unit", "message is empty"),
        ("", "message is empty"),
    ]
    assert len({one.notice_id for one in notices}) == 2


NAMESAKE = replace(POT, sensorname="POT 1#subclass", slot=replace(POT.slot, address=41))


def recipients(harness: Harness, *, is_subclass: bool, slot: Slot = POT.slot) -> list[str]:
    trigger = replace(UART, slot=slot, channel=None, is_activation=True, is_subclass=is_subclass)
    return [one.recipient for one in harness.dispatcher.dispatch(trigger, AT).notices]


def test_a_second_class_and_a_sensor_that_is_called_like_it_have_blocks_of_their_own(harness: Harness) -> None:
    for sensor in (POT, NAMESAKE):
        harness.sensors.add(DEVICEID, sensor)
    harness.block("i2c2POT 1/subclass", email=Endpoint("second@example.com", True))
    harness.block("i2c2POT 1#subclass", email=Endpoint("namesake@example.com", True))

    assert recipients(harness, is_subclass=True) == ["second@example.com"]
    assert recipients(harness, is_subclass=False, slot=NAMESAKE.slot) == ["namesake@example.com"]
    del harness.blocks.kept[DEVICEID, "i2c2POT 1/subclass"]
    harness.ledger.kept.clear()
    assert recipients(harness, is_subclass=True) == ["user@example.com"]


def test_the_block_of_a_second_class_is_found_where_it_was_kept_before(harness: Harness) -> None:
    harness.sensors.add(DEVICEID, POT)
    harness.block("i2c2POT 1#subclass", email=Endpoint("second@example.com", True))

    assert recipients(harness, is_subclass=True) == ["second@example.com"]


def test_strangers_who_use_up_an_address_do_not_silence_its_owner(harness: Harness) -> None:
    harness.contacts.contact = Contact("stranger@example.com", is_email_verified=True)
    harness.policy = Policy(extra_recipients=frozenset({"user@example.com"}))
    flood = replace(UART, deviceid=FOREIGN.deviceid, recipient="user@example.com", message="x")
    sent = [
        harness.dispatcher.dispatch(replace(flood, trigger_id=f"flood-{number}"), AT).notices[0] for number in range(25)
    ]

    harness.contacts.contact = Contact("user@example.com", is_email_verified=True)
    (alarm,) = harness.dispatcher.dispatch(UART, AT).notices

    assert [one.state for one in sent] == [State.QUEUED] * 20 + [State.SUPPRESSED] * 5
    assert (alarm.recipient, alarm.state) == ("user@example.com", State.QUEUED)


@pytest.mark.parametrize("spelling", ["USER@example.com", "User@EXAMPLE.com", "user@example.COM"])
def test_another_spelling_of_an_address_is_no_second_allowance(harness: Harness, spelling: str) -> None:
    harness.policy = Policy(per_recipient=Rate(1, timedelta(hours=1)))
    harness.dispatcher.dispatch(UART, AT)

    (notice,) = harness.dispatcher.dispatch(replace(UART, trigger_id="message-2", recipient=spelling), AT).notices

    assert (notice.state, notice.reason) == (State.SUPPRESSED, "the recipient's hourly limit is reached")


def test_what_a_limit_holds_back_is_one_row_and_one_line(harness: Harness) -> None:
    harness.block("uart", email=Endpoint(",".join(f"a{number}@example.com" for number in range(20)), True))
    harness.policy = Policy(per_device=Rate(3, timedelta(hours=1)))

    notices = harness.dispatcher.dispatch(UART, AT).notices

    assert [one.state for one in notices] == [State.QUEUED] * 3 + [State.SUPPRESSED]
    assert notices[-1].reason == "the device's hourly limit is reached (17 recipients)"
    assert len(harness.ledger.kept) == 4
    assert harness.console.told == [(DEVICEID, "NG. the device's hourly limit is reached (17 recipients).")]


def test_a_limit_of_one_recipient_lets_the_others_through(harness: Harness) -> None:
    harness.block("uart", email=Endpoint("a@example.com, b@example.com", True))
    harness.policy = Policy(per_recipient=Rate(1, timedelta(hours=1)), extra_recipients=frozenset({"a@example.com"}))
    harness.dispatcher.dispatch(replace(UART, recipient="a@example.com"), AT)

    notices = harness.dispatcher.dispatch(replace(UART, trigger_id="message-2"), AT).notices

    assert {one.recipient: one.state for one in notices} == {
        "a@example.com": State.SUPPRESSED,
        "b@example.com": State.QUEUED,
    }


def test_what_was_held_back_is_not_sent_when_its_trigger_comes_again_later(harness: Harness) -> None:
    harness.block("uart", email=Endpoint("a@example.com, b@example.com, c@example.com", True))
    harness.policy = Policy(per_device=Rate(1, timedelta(hours=1)))
    first = harness.dispatcher.dispatch(UART, AT)
    counted = dict(harness.counters.counts)

    again = harness.dispatcher.dispatch(UART, AT + timedelta(hours=2))

    assert again.notices == first.notices
    assert harness.counters.counts == counted


def test_phones_beyond_twenty_are_left_out_and_counted(harness: Harness) -> None:
    harness.block("uart", notification=Endpoint("", True))
    harness.phones.phones = [PushEndpoint("Android", f"GCM:token-{number}") for number in range(120)]

    notices = harness.dispatcher.dispatch(replace(UART, channel=Channel.NOTIFICATION), AT).notices

    assert [one.state for one in notices] == [State.QUEUED] * 20 + [State.REFUSED]
    assert notices[-1].reason == "100 more phones: at most 20"


def test_the_worst_block_makes_a_bounded_number_of_rows_and_lines(harness: Harness) -> None:
    several = ",".join(f"+65{number:08}" for number in range(512))
    mails = ",".join(f"a{number}@example.com" for number in range(512))
    units = ",".join(f"unit {number}" for number in range(512))
    harness.block(
        "uart",
        mobile=Endpoint(several, True),
        email=Endpoint(mails, True),
        modem=Endpoint(units, True),
        notification=Endpoint("", True),
        storage=Endpoint("", True),
    )
    harness.phones.phones = [PushEndpoint("Android", f"GCM:token-{number}") for number in range(512)]

    harness.dispatcher.dispatch(replace(UART, channel=None), AT)

    assert len(harness.ledger.kept) <= 4 * (20 + 2) + 1
    assert len(harness.console.told) <= len(harness.ledger.kept)


def test_an_account_writes_to_other_numbers_a_few_times_a_day_and_to_its_own_still() -> None:
    harness = Harness(policy=Policy(other_texts=Rate(2, timedelta(days=1))))
    harness.contacts.contact = Contact("user@example.com", True, "+6500000000", True)
    both = {Channel.MOBILE: Endpoint("+6511111111, +6500000000", is_enabled=True)}
    harness.blocks.save(DEVICEID, "uart", NotificationBlock((Text("Hello"),), both))

    outcomes = []
    for number in range(3):
        trigger = replace(UART, trigger_id=f"m{number}", channel=Channel.MOBILE)
        outcomes += [(one.state, one.reason) for one in harness.dispatcher.dispatch(trigger, AT).notices]

    assert [state for state, _ in outcomes] == [State.QUEUED] * 5 + [State.SUPPRESSED]
    assert outcomes[-1][1] == OTHER_TEXTS_LIMIT


def test_the_platform_sends_no_more_text_messages_than_its_ceiling_for_whomever() -> None:
    harness = Harness(policy=Policy(all_texts=Rate(1, timedelta(days=1))))
    texts = {
        Channel.MOBILE: Endpoint("+6511111111", is_enabled=True),
        Channel.EMAIL: Endpoint("a@b.c", is_enabled=True),
    }
    for deviceid in (DEVICEID, FOREIGN.deviceid):
        harness.blocks.save(deviceid, "uart", NotificationBlock((Text("Hello"),), texts))
    first = replace(UART, channel=None)

    sent = harness.dispatcher.dispatch(first, AT).notices
    held = harness.dispatcher.dispatch(replace(first, deviceid=FOREIGN.deviceid), AT).notices
    next_day = harness.dispatcher.dispatch(replace(first, trigger_id="later"), AT + timedelta(days=1)).notices

    assert [one.state for one in sent] == [State.QUEUED, State.QUEUED]
    assert {one.channel: one.reason for one in held} == {Channel.MOBILE: ALL_TEXTS_LIMIT, Channel.EMAIL: ""}
    assert [one.state for one in next_day] == [State.QUEUED, State.QUEUED]


def test_messages_cost_the_months_free_ones_first_and_then_bought_credits(harness: Harness) -> None:
    harness.policy, harness.credits = Policy(per_month=2), FakeBoughtCredits(balance=2)

    notices = [harness.dispatcher.dispatch(replace(UART, trigger_id=f"m{n}"), AT).notices[0] for n in range(5)]

    assert [one.charge for one in notices] == ["free:2026-11", "free:2026-11", "bought", "bought", ""]
    assert [one.state for one in notices] == [State.QUEUED] * 4 + [State.SUPPRESSED]
    assert notices[4].reason == "the account's monthly allowance is used up"
    assert (harness.credits.balance, harness.credits.spent) == (0, 2)


def test_a_trigger_that_comes_again_costs_nothing_more(harness: Harness) -> None:
    harness.policy, harness.credits = Policy(per_month=1), FakeBoughtCredits(balance=5)
    triggers = [replace(UART, trigger_id=f"m{n}") for n in range(3)]

    for trigger in (*triggers, *triggers):
        harness.dispatcher.dispatch(trigger, AT)

    assert (harness.credits.balance, harness.counters.counts["month#user@example.com#2026-11"]) == (3, 1)


def test_credits_lift_no_other_limit(harness: Harness) -> None:
    hourly = Rate(1, timedelta(hours=1))
    harness.policy, harness.credits = Policy(per_month=1, per_owner=hourly), FakeBoughtCredits(balance=5)

    for number in range(3):
        harness.dispatcher.dispatch(replace(UART, trigger_id=f"m{number}"), AT)

    assert harness.credits.balance == 5


def test_owners_are_told_at_four_fifths_and_at_the_end_of_free_messages(harness: Harness) -> None:
    harness.policy = Policy(per_month=10)

    for number in range(12):
        harness.dispatcher.dispatch(replace(UART, trigger_id=f"m{number}"), AT)

    assert [(source, address) for _, address, source, _ in harness.mail.sent.values()] == [
        ("CREDITS", "user@example.com")
    ] * 2
    assert [mail.split("-")[1] for mail in harness.mail.sent] == ["80", "0"]
    assert "8 of this month's 10" in next(iter(harness.mail.sent.values()))[3]


def test_owners_are_told_at_a_fifth_and_at_the_end_of_bought_credits(harness: Harness) -> None:
    harness.policy, harness.credits = Policy(per_month=0), FakeBoughtCredits(balance=20, filled=20)
    told = []

    for number in range(20):
        harness.dispatcher.dispatch(replace(UART, trigger_id=f"m{number}"), AT)
        told.append(len(harness.mail.sent))

    assert told == [0] * 15 + [1] * 4 + [2]

"""The rules of recipients, texts and composition of notices (device protocol, 7.2)."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from iotcloud.notices.composition import Origin, Recipient, compose, draft_notices, notice_id
from iotcloud.notices.composition import is_own as is_own_address
from iotcloud.notices.triggers import Trigger
from iotcloud.notification_blocks.addresses import normal_address, split_addresses
from iotcloud.notification_blocks.model import Channel, Endpoint, NotificationBlock, Text, default_block
from iotcloud.peripherals.model import Sensor, Slot
from iotcloud.telephone import COSTLY, SATELLITE
from iotcloud.users.model import Contact

AT = datetime(2026, 11, 23, 12, 34, 56, tzinfo=UTC)
OWNER = Contact("owner@example.com", True, "+6500000000", True)
BLOCK = NotificationBlock(
    (Text("Tank is full"), Text("Tank is normal", is_enabled=False)),
    {
        Channel.MOBILE: Endpoint("6581234567, +65 2222-2222", is_enabled=True),
        Channel.EMAIL: Endpoint("user@example.com", is_enabled=True),
        Channel.MODEM: Endpoint("Roof unit", is_enabled=False),
        Channel.STORAGE: Endpoint("", is_enabled=True),
    },
)
GPIO = Trigger("message-1", "PH80", Slot("gpio", 1), AT, None, is_activation=True)
UART = Trigger("message-1", "PH80", Slot("uart", 1), AT, Channel.MOBILE)
ORIGIN = Origin("Barn unit")
POT = Sensor(Slot("i2c", 2, 40), "POT 1", "potentiometer", "input", AT)


def test_default_goes_to_every_enabled_channel_in_order_one_notice_for_each_recipient() -> None:
    drafts = draft_notices(GPIO, BLOCK, ORIGIN, OWNER)

    assert [draft.recipient for draft in drafts] == [
        Recipient(Channel.MOBILE, "+6581234567"),
        Recipient(Channel.MOBILE, "+6522222222"),
        Recipient(Channel.EMAIL, "user@example.com"),
        Recipient(Channel.STORAGE, ""),
    ]
    assert {draft.refusal for draft in drafts} == {""}


def test_a_block_with_nothing_enabled_tells_nobody() -> None:
    assert draft_notices(GPIO, replace(BLOCK, endpoints={}), ORIGIN, OWNER) == ()


@pytest.mark.parametrize(
    ("trigger", "reason"),
    [
        (replace(GPIO, channel=Channel.MODEM), "modem recipient is not enabled"),
        (replace(GPIO, channel=Channel.NOTIFICATION), "notification recipient is not enabled"),
        (replace(GPIO, is_activation=None), "activate parameter is not present"),
        (replace(GPIO, is_activation=False), "message on deactivation is disabled"),
    ],
)
def test_what_cannot_be_sent_says_why(trigger: Trigger, reason: str) -> None:
    assert {draft.refusal for draft in draft_notices(trigger, BLOCK, ORIGIN, OWNER)} == {reason}


def test_an_enabled_channel_without_a_recipient_does_not_stop_the_others() -> None:
    block = replace(BLOCK, endpoints={**BLOCK.endpoints, Channel.MOBILE: Endpoint("", is_enabled=True)})

    drafts = draft_notices(GPIO, block, ORIGIN, OWNER)

    assert [draft.refusal for draft in drafts] == ["mobile recipient is empty", "", ""]


@pytest.mark.parametrize(("texts", "reason"), [((Text(""),), "message is empty"), ((), "message is empty")])
def test_an_empty_message_is_not_sent(texts: tuple[Text, ...], reason: str) -> None:
    drafts = draft_notices(UART, replace(BLOCK, texts=texts), ORIGIN, OWNER)

    assert {draft.refusal for draft in drafts} == {reason}


def test_a_message_of_the_device_itself_needs_no_stored_text() -> None:
    (draft, _) = draft_notices(replace(UART, message="Pump on"), replace(BLOCK, texts=()), ORIGIN, OWNER)

    assert draft.text.startswith("Pump on\r\n")
    assert draft.message_length == len("Pump on")


@pytest.mark.parametrize(
    ("channel", "recipient"),
    [
        (Channel.MOBILE, "+6581234567"),
        (Channel.MOBILE, "+65 (0000) 0000"),
        (Channel.EMAIL, "user@example.com"),
        (Channel.EMAIL, "owner@example.com"),
        (Channel.EMAIL, "OWNER@Example.com"),
        (Channel.EMAIL, "User@EXAMPLE.com"),
        (Channel.MODEM, "Any name; held against the owner's devices later"),
    ],
)
def test_a_device_may_name_a_recipient_that_its_owner_uses(channel: Channel, recipient: str) -> None:
    (draft,) = draft_notices(replace(UART, channel=channel, recipient=recipient), BLOCK, ORIGIN, OWNER)

    assert draft.refusal == ""
    assert draft.recipient.address == normal_address(channel, recipient)


@pytest.mark.parametrize(
    ("channel", "recipient"),
    [(Channel.MOBILE, "+4912345678"), (Channel.EMAIL, "victim@example.org"), (Channel.EMAIL, "user@example.org")],
)
def test_a_device_may_not_write_to_strangers(channel: Channel, recipient: str) -> None:
    (draft,) = draft_notices(replace(UART, channel=channel, recipient=recipient), BLOCK, ORIGIN, OWNER)

    assert draft.refusal == f"{channel.value} recipient is not one of the owner's"


@pytest.mark.parametrize(
    ("channel", "recipient"), [(Channel.MOBILE, "+49-1234-5678"), (Channel.EMAIL, "victim@example.org")]
)
def test_a_device_may_name_whom_its_owner_allows(channel: Channel, recipient: str) -> None:
    trigger = replace(UART, channel=channel, recipient=recipient)

    (draft,) = draft_notices(trigger, BLOCK, ORIGIN, OWNER, {"+49 12345678", "victim@example.org"})

    assert draft.refusal == ""


def test_an_owner_without_a_phone_gives_no_number_to_write_to() -> None:
    trigger = replace(UART, recipient="+")

    assert draft_notices(trigger, BLOCK, ORIGIN, Contact("owner@example.com"))[0].refusal


def test_the_text_names_condition_place_and_time() -> None:
    trigger = replace(GPIO, slot=POT.slot, condition="potentiometer 131 > 130 (activation)")

    assert compose("Tank is full", trigger, Origin("Barn unit", POT)).split("\r\n") == [
        "Tank is full",
        "- condition triggered: potentiometer 131 > 130 (activation)",
        "- from Barn unit:I2C2:POT 1 [2026-11-23 12:34:56 UTC]",
    ]


def test_the_text_of_a_uart_has_no_number() -> None:
    assert compose("Hello", UART, ORIGIN) == "Hello\r\n- from Barn unit:UART [2026-11-23 12:34:56 UTC]"


@pytest.mark.parametrize(
    ("recipients", "found"),
    [("", ()), (" , ", ()), ("a@b.c", ("a@b.c",)), ("a@b.c, d@e.f,a@b.c", ("a@b.c", "d@e.f"))],
)
def test_recipients_are_separated_by_commas_and_count_once(recipients: str, found: tuple[str, ...]) -> None:
    assert split_addresses(recipients) == found


def test_the_id_of_a_notice_depends_on_trigger_channel_and_target_alone() -> None:
    first = notice_id(GPIO, Channel.EMAIL, "user@example.com")

    assert first == notice_id(replace(GPIO, at=datetime.now(UTC), message="x"), Channel.EMAIL, "user@example.com")
    others = {
        notice_id(replace(GPIO, trigger_id="message-2"), Channel.EMAIL, "user@example.com"),
        notice_id(GPIO, Channel.MODEM, "user@example.com"),
        notice_id(GPIO, Channel.EMAIL, "user@example.org"),
    }
    assert len(others | {first}) == 4


@pytest.mark.parametrize(
    ("source", "texts", "is_mobile_enabled"),
    [("uart", 1, True), ("gpio3", 2, False), ("i2c2", 2, False), ("1wire1", 2, False)],
)
def test_default_blocks_follow_what_the_owner_verified(source: str, texts: int, is_mobile_enabled: bool) -> None:
    block = default_block(source, OWNER)

    assert len(block.texts) == texts
    assert block.endpoint(Channel.MOBILE) == Endpoint("+6500000000", is_enabled=is_mobile_enabled)
    assert block.endpoint(Channel.EMAIL) == Endpoint("owner@example.com", is_enabled=True)
    assert not block.endpoint(Channel.NOTIFICATION).is_enabled


def test_default_blocks_do_not_write_to_what_was_not_verified() -> None:
    block = default_block("uart", Contact("owner@example.com", False, "+65", False))

    assert not any(endpoint.is_enabled for endpoint in block.endpoints.values())


def _block(channel: Channel, recipients: str) -> NotificationBlock:
    return replace(BLOCK, endpoints={channel: Endpoint(recipients, is_enabled=True)})


def test_an_owner_who_signed_up_in_capitals_is_the_owner_in_any_spelling() -> None:
    owner = Contact("Anna.x@Example.com", is_email_verified=True)
    trigger = replace(UART, channel=Channel.EMAIL, recipient="anna.X@example.COM")

    (draft,) = draft_notices(trigger, BLOCK, ORIGIN, owner)

    assert (draft.refusal, draft.recipient.address, draft.is_own) == ("", "anna.x@example.com", True)


def test_several_spellings_of_an_address_are_one_recipient() -> None:
    block = _block(Channel.EMAIL, "a@example.com, A@example.com,a@EXAMPLE.com")

    (draft,) = draft_notices(replace(GPIO, channel=Channel.EMAIL), block, ORIGIN, OWNER)

    assert draft.recipient == Recipient(Channel.EMAIL, "a@example.com")


@pytest.mark.parametrize(
    "address",
    [
        "x <victim@example.com>",
        '"a b" <victim@example.com>',
        '"victim"@example.com',
        "victim@example.com (note)",
        "victim@example.com;other@example.com",
        "a@b@example.com",
        "victim",
        "@example.com",
        "victim@",
        "vic\r\ntim@example.com",
        f"{'a' * 250}@b.com",
    ],
)
def test_an_email_recipient_is_an_address_alone(address: str) -> None:
    trigger = replace(GPIO, channel=Channel.EMAIL)

    (draft,) = draft_notices(trigger, _block(Channel.EMAIL, address), ORIGIN, OWNER)

    assert draft.refusal == "email recipient is not an address"


@pytest.mark.parametrize(
    ("owner", "recipient", "is_own"),
    [
        (OWNER, Recipient(Channel.EMAIL, "owner@example.com"), True),
        (replace(OWNER, is_email_verified=False), Recipient(Channel.EMAIL, "owner@example.com"), False),
        (OWNER, Recipient(Channel.MOBILE, "+6500000000"), True),
        (replace(OWNER, is_phone_number_verified=False), Recipient(Channel.MOBILE, "+6500000000"), False),
        (OWNER, Recipient(Channel.MOBILE, "owner@example.com"), False),
        (OWNER, Recipient(Channel.EMAIL, "user@example.com"), False),
        (Contact(), Recipient(Channel.EMAIL, ""), False),
        (OWNER, Recipient(Channel.NOTIFICATION, ""), True),
        (OWNER, Recipient(Channel.MODEM, "owner@example.com"), False),
    ],
)
def test_only_what_its_owner_verified_is_the_owners_own(owner: Contact, recipient: Recipient, is_own: bool) -> None:
    assert is_own_address(recipient, owner) is is_own


@pytest.mark.parametrize("channel", [Channel.MOBILE, Channel.EMAIL, Channel.MODEM])
def test_a_channel_takes_twenty_recipients_and_names_how_many_it_left_out(channel: Channel) -> None:
    several = {Channel.MOBILE: "+65111111{:02}", Channel.EMAIL: "a{}@example.com", Channel.MODEM: "Unit {}"}[channel]
    block = _block(channel, ",".join(several.format(number) for number in range(120)))

    drafts = draft_notices(replace(GPIO, channel=None), block, ORIGIN, OWNER)

    assert [draft.refusal for draft in drafts] == [""] * 20 + ["100 more recipients: at most 20 on a channel"]
    assert drafts[-1].recipient == Recipient(channel, "")


def test_a_device_cannot_name_more_recipients_either() -> None:
    named = ",".join(f"a{number}@example.com" for number in range(21))

    drafts = draft_notices(replace(UART, channel=Channel.EMAIL, recipient=named), BLOCK, ORIGIN, OWNER)

    assert len(drafts) == 21
    assert drafts[-1].refusal == "1 more recipients: at most 20 on a channel"


@pytest.mark.parametrize(
    ("recipients", "refusals"),
    [
        ("(415) 555-2671", ["mobile recipient is not a telephone number"]),
        ("+6581234567, +19005550100", ["", COSTLY]),
        ("+882165550100", [SATELLITE]),
        ("+491701234567, +6581234567", ["", "no text messages go to this country: SG"]),
    ],
)
def test_what_is_no_number_or_gets_no_text_messages_is_refused_alone(recipients: str, refusals: list[str]) -> None:
    countries = {"DE"} if "no text messages go to this country: SG" in refusals else frozenset()

    drafts = draft_notices(UART, _block(Channel.MOBILE, recipients), ORIGIN, OWNER, countries=countries)

    assert [draft.refusal for draft in drafts] == refusals


def test_an_address_is_the_owners_in_whichever_form_it_was_signed_up() -> None:
    owner = Contact(
        "Anna.x@Example.com", is_email_verified=True, phone_number="+49 170 1234567", is_phone_number_verified=True
    )

    for channel, recipient in ((Channel.EMAIL, "anna.X@example.COM"), (Channel.MOBILE, "+49 (0)170 1234567")):
        (draft,) = draft_notices(replace(UART, channel=channel, recipient=recipient), BLOCK, ORIGIN, owner)
        assert (draft.refusal, draft.is_own) == ("", True)

"""Triggers as devices publish them (device protocol, 7.1): valid ones are parsed, others are rejected with a reason."""

import json
from datetime import UTC, datetime

import pytest

from iotcloud.notices.triggers import UnusableTrigger, has_activation, is_sensor, read_trigger
from iotcloud.notification_blocks.model import Channel
from iotcloud.peripherals.model import Slot

AT = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("api", "slot", "channel"),
    [
        ("uart/mobile", Slot("uart", 1), Channel.MOBILE),
        ("uart/default", Slot("uart", 1), None),
        ("gpio4/email", Slot("gpio", 4), Channel.EMAIL),
        ("i2c2/storage/40", Slot("i2c", 2, 40), Channel.STORAGE),
        ("adc1/modem", Slot("adc", 1), Channel.MODEM),
        ("1wire1/notification", Slot("1wire", 1), Channel.NOTIFICATION),
        ("tprobe1/default", Slot("tprobe", 1), None),
    ],
)
def test_every_source_and_channel_of_the_grammar_is_read(api: str, slot: Slot, channel: Channel | None) -> None:
    trigger = read_trigger("message-1", "PH80", f"trigger_notification/{api}", b'{"activate": 1}', AT)

    assert (trigger.slot, trigger.channel, trigger.is_activation) == (slot, channel, True)


@pytest.mark.parametrize("members", [None, {}, {"recipient": "", "message": None}])
def test_a_uart_command_may_say_nothing(members: object) -> None:
    trigger = read_trigger(
        "message-1",
        "PH80",
        "trigger_notification/uart/mobile",
        b"" if members is None else json.dumps(members).encode(),
        AT,
    )

    assert (trigger.recipient, trigger.message, trigger.is_activation) == (None, None, None)


def test_recipient_message_and_condition_are_taken() -> None:
    members = {
        "recipient": "+6500000000",
        "message": "Füll mich",
        "condition": "fluid 3 < 4 (activation)",
        "activate": 0,
    }

    trigger = read_trigger("m", "PH80", "trigger_notification/adc1/mobile", json.dumps(members).encode(), AT)

    assert (trigger.recipient, trigger.message, trigger.condition) == (
        "+6500000000",
        "Füll mich",
        "fluid 3 < 4 (activation)",
    )
    assert trigger.is_activation is False


@pytest.mark.parametrize(
    ("api", "payload", "reason"),
    [
        ("uart", b"{}", "the topic is not one of a trigger"),
        ("uart/mobile/1/2", b"{}", "the topic is not one of a trigger"),
        ("spi1/mobile", b"{}", "source is unknown"),
        ("gpio5/mobile", b"{}", "source is unknown"),
        ("adc1/mobile/4", b"{}", "source is unknown"),
        ("i2c1/mobile", b"{}", "address is not included in the topic"),
        ("i2c1/mobile/0x28", b"{}", "address is not a number"),
        ("i2c1/mobile/99999", b"{}", "address is not a number"),
        ("uart/pigeon", b"{}", "channel is unknown"),
        ("uart/mobile", b"{", "the payload is not JSON"),
        ("uart/mobile", b"\xff\xfe", "the payload is not JSON"),
        ("uart/mobile", b"[" * 100_000, "the payload is not JSON"),
        ("uart/mobile", b"[]", "the payload is not an object"),
        ("gpio1/mobile", b'{"activate": "1"}', "activate is neither 0 nor 1"),
        ("gpio1/mobile", b'{"activate": true}', "activate is neither 0 nor 1"),
        ("gpio1/mobile", b'{"activate": 2}', "activate is neither 0 nor 1"),
        ("uart/mobile", b'{"recipient": 5}', "recipient is not a text"),
        ("uart/mobile", json.dumps({"message": "x" * 1601}).encode(), "message is not a text"),
    ],
)
def test_what_is_not_a_trigger_is_refused_with_its_reason(api: str, payload: bytes, reason: str) -> None:
    with pytest.raises(UnusableTrigger, match=reason):
        read_trigger("message-1", "PH80", f"trigger_notification/{api}", payload, AT)


def test_another_topic_is_no_trigger() -> None:
    with pytest.raises(UnusableTrigger):
        read_trigger("message-1", "PH80", "get_status", b"{}", AT)


def test_ports_are_told_apart() -> None:
    assert [has_activation(slot) for slot in (Slot("uart", 1), Slot("gpio", 1), Slot("adc", 1))] == [False, True, True]
    assert [is_sensor(slot) for slot in (Slot("uart", 1), Slot("gpio", 1), Slot("adc", 1))] == [False, False, True]


def test_a_recipient_is_limited_in_octets() -> None:
    fits, too_long = "\U0001f600" * 256, "\U0001f600" * 257
    topic = "trigger_notification/uart/modem"

    assert read_trigger("m", "PH80", topic, json.dumps({"recipient": fits}).encode(), AT).recipient == fits
    with pytest.raises(UnusableTrigger, match="recipient is not a text of at most 1024 octets"):
        read_trigger("m", "PH80", topic, json.dumps({"recipient": too_long}).encode(), AT)


@pytest.mark.parametrize("recipient", ["victim", "(415) 555-2671", "0170 1234567", "112", "+911", "+6500000000, 5"])
def test_a_text_message_to_what_is_no_number_is_no_trigger(recipient: str) -> None:
    payload = json.dumps({"recipient": recipient, "message": "x"}).encode()

    with pytest.raises(UnusableTrigger, match="recipient is not a telephone number"):
        read_trigger("m", "PH80", "trigger_notification/uart/mobile", payload, AT)
    assert read_trigger("m", "PH80", "trigger_notification/uart/modem", payload, AT).recipient == recipient

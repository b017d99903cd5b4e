"""Stored messages, and merging pages of many lanes by time."""

import base64
import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iotcloud.histories import model
from iotcloud.histories.model import HistoryFilter, Lane, Stretch, cut, just_before, lane_of, merge, position_of
from iotcloud.topics import Direction, parse
from tests.fakes.messages import after, message


@pytest.mark.parametrize(
    ("topic", "lane"),
    [
        ("server/PH80/get_status", Lane.FROM),
        ("server/PH80/trigger_notification/uart/email", Lane.FROM),
        ("server/PH80/sensor_reading", Lane.READINGS),
        ("PH80/get_status", Lane.TO),
        ("PH80/sensor_reading", Lane.TO),
    ],
)
def test_readings_lie_apart_from_everything_else(topic: str, lane: Lane) -> None:
    assert lane_of(parse(topic)) is lane


@given(st.integers(0, 9_999_999_999_999), st.integers(0, 999), st.uuids())
def test_a_position_gives_back_its_instant_to_the_millisecond(ms: int, microseconds: int, message_id: object) -> None:
    instant = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=ms)

    position = position_of(instant + timedelta(microseconds=microseconds), str(message_id))

    assert model.instant_of(position) == instant


@given(
    st.integers(0, 10**12),
    st.integers(0, 10**12),
    st.text("0123456789abcdef-", min_size=1),
    st.text("0123456789abcdef-", min_size=1),
)
def test_a_position_stands_after_all_before_it_and_its_predecessor_between(
    one: int, other: int, one_id: str, other_id: str
) -> None:
    first, second = sorted((f"{one:013d}#{one_id}", f"{other:013d}#{other_id}"))
    if first != second:
        assert first <= just_before(second) < second


@given(st.binary(max_size=200))
def test_a_payload_can_be_had_back_from_its_text(payload: bytes) -> None:
    text, is_base64 = model.text_of(payload)

    assert (base64.b64decode(text) if is_base64 else text.encode()) == payload
    json.dumps(text).encode()


@pytest.mark.parametrize(
    ("asked", "lanes"),
    [
        (HistoryFilter(), {Lane.FROM, Lane.TO, Lane.READINGS}),
        (HistoryFilter(direction=Direction.FROM), {Lane.FROM, Lane.READINGS}),
        (HistoryFilter(direction=Direction.TO), {Lane.TO}),
        (HistoryFilter(topic="get_status"), {Lane.FROM, Lane.TO}),
        (HistoryFilter(topic="sensor_reading"), {Lane.READINGS, Lane.TO}),
        (HistoryFilter(topic="get_status", direction=Direction.FROM), {Lane.FROM}),
    ],
)
def test_a_filter_reads_only_lanes_that_can_hold_an_answer(asked: HistoryFilter, lanes: set[Lane]) -> None:
    assert set(asked.lanes()) == lanes


def test_both_ends_of_a_period_count_with_their_whole_second() -> None:
    asked = HistoryFilter(begins_at=after(10), ends_at=after(20))

    inside = [message(1, seconds=10), message(2, seconds=20.999)]
    outside = [message(3, seconds=9.999), message(4, seconds=21)]

    assert all(asked.oldest <= each.position <= asked.newest for each in inside)
    assert not any(asked.oldest <= each.position <= asked.newest for each in outside)


def test_merge_stops_where_one_of_the_lanes_was_not_read_any_further() -> None:
    quiet = Stretch([message(9), message(1)])
    chatty = Stretch([message(8), message(7), message(6)], reached=message(6).position)

    merged = merge([quiet, chatty])

    assert [each.message_id for each in merged.messages] == ["m00009", "m00008", "m00007", "m00006"]
    assert merged.reached == message(6).position


def test_merge_of_lanes_that_were_read_to_their_end_has_no_more() -> None:
    assert merge([Stretch([message(2)]), Stretch([message(3), message(1)]), Stretch([])]) == Stretch(
        [message(3), message(2), message(1)]
    )


def test_cut_ends_a_page_at_the_limit_and_says_where() -> None:
    stretch = Stretch([message(3), message(2), message(1)])

    assert cut(stretch, 2) == Stretch([message(3), message(2)], message(2).position)
    assert cut(stretch, 3) == stretch


def test_cut_ends_a_page_before_lambda_could_not_answer_it() -> None:
    worst = "\x01" * 128 * 1024
    stretch = Stretch([message(number, payload=worst) for number in range(20, 0, -1)])

    page = cut(stretch, 20)

    assert 1 <= len(page.messages) < 20
    assert len(json.dumps([each.payload for each in page.messages])) < 5_000_000
    assert page.reached == page.messages[-1].position


def test_cut_keeps_at_least_one_message_however_large() -> None:
    assert len(cut(Stretch([message(1, payload="\x01" * 10**6), message(2)]), 2).messages) == 1

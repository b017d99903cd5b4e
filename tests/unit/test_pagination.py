"""Limits and cursors."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iotcloud.errors import InvalidInput
from iotcloud.pagination import make_cursor, open_cursor, open_key_cursor, parse_limit

NAMES = st.text(st.characters(exclude_categories=("Cs",)), max_size=64)


def test_a_client_that_knows_no_pages_gets_a_thousand() -> None:
    assert parse_limit({}) == 1000


def test_a_client_that_goes_on_gets_a_hundred() -> None:
    assert parse_limit({"cursor": "x"}) == 100


@pytest.mark.parametrize(("text", "limit"), [("1", 1), ("100", 100), ("007", 7)])
def test_a_limit_is_taken(text: str, limit: int) -> None:
    assert parse_limit({"limit": text}) == limit


@pytest.mark.parametrize("text", ["0", "101", "-1", "+1", "1.0", " 1", "x", "²", "٣", "1" * 5000])
def test_other_limits_are_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        parse_limit({"limit": text})


@given(NAMES, NAMES)
def test_a_cursor_opens_to_what_it_was_made_of(scope: str, position: str) -> None:
    assert open_cursor(scope, make_cursor(scope, position)) == position


@given(NAMES, NAMES, NAMES)
def test_a_cursor_opens_in_its_own_list_only(scope: str, other: str, position: str) -> None:
    if scope != other:
        with pytest.raises(InvalidInput):
            open_cursor(other, make_cursor(scope, position))


@given(st.text())
def test_a_made_up_cursor_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        open_cursor("devices of ann", text)


HOSTILE_POSITIONS = ["", "\x00", "a\x1fb", "\n", "x" * 901, "ü" * 451, "🐄" * 300]


@pytest.mark.parametrize("position", HOSTILE_POSITIONS)
def test_a_key_cursor_made_by_hand_leads_to_no_key_that_cannot_be(position: str) -> None:
    with pytest.raises(InvalidInput):
        open_key_cursor("devices of ann", make_cursor("devices of ann", position))


@given(NAMES)
def test_a_key_cursor_opens_to_what_can_be_a_key_and_is_refused_otherwise(position: str) -> None:
    try:
        assert open_key_cursor("list", make_cursor("list", position)) == position != ""
    except InvalidInput:
        assert position == "" or any(ord(character) < 32 for character in position)

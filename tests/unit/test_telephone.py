"""Parsing of telephone numbers, and numbers that get no text messages."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from iotcloud.errors import InvalidInput
from iotcloud.telephone import COSTLY, NOT_A_NUMBER, SATELLITE, checked_number, find_number, objection_to


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("+49 (0)170 1234567", "+491701234567"),
        ("+49 170 1234567", "+491701234567"),
        ("+49-170-1234567", "+491701234567"),
        (" +49.170.123.45.67 ", "+491701234567"),
        ("+4901701234567", "+491701234567"),
        ("+1 (415) 555-2671", "+14155552671"),
        ("\N{FULLWIDTH PLUS SIGN}14155552671", "+14155552671"),
        ("+\u0664\u0669\u0661\u0667\u0660\u0661\u0662\u0663\u0664\u0665\u0666\u0667", "+491701234567"),
        ("14155552671", "+14155552671"),
        ("65 8123 4567", "+6581234567"),
        ("+6500000000", "+6500000000"),
        ("+39 02 1234567", "+39021234567"),
    ],
)
def test_the_number_that_is_meant(text: str, number: str) -> None:
    assert find_number(text) == number
    assert find_number(number) == number
    assert checked_number(text) == number


@pytest.mark.parametrize(
    "text",
    [
        "(415) 555-2671",
        "415 555-2671",
        "0170 1234567",
        "0049 170 1234567",
        "020 7946 0958",
        "",
        "+",
        "+0",
        "+49",
        "911",
        "+911",
        "112",
        "+112",
        "+49112",
        "+44999",
        "+1 415 555 2671 ext. 5",
        "+1 415 555 2671 #5",
        "+1 800 FLOWERS",
        "+999123456789",
        "+49 170 1234567 8901234",
        "+" + "1" * 4000,
        "user@example.com",
        "tel:+14155552671",
        "\ud800",
        "+\x00",
        "+200000000000",
    ],
)
def test_what_is_no_number_or_another_in_each_country(text: str) -> None:
    assert find_number(text) is None
    with pytest.raises(InvalidInput, match="not a telephone number"):
        checked_number(text)
    assert NOT_A_NUMBER


@pytest.mark.parametrize(
    ("number", "objection"),
    [
        ("+19005550100", COSTLY),
        ("+449091234567", COSTLY),
        ("+499001234567", COSTLY),
        ("+39899123456", COSTLY),
        ("+33899123456", COSTLY),
        ("+611900654321", COSTLY),
        ("+491805123456", COSTLY),
        ("+447012345678", COSTLY),
        ("+882165550100", SATELLITE),
        ("+881612345678", SATELLITE),
        ("+870773111632", SATELLITE),
        ("+883510012345", SATELLITE),
        ("+80812345678", SATELLITE),
        ("+979123456789", SATELLITE),
        ("+80012345678", SATELLITE),
        ("+6581234567", ""),
        ("+491701234567", ""),
        ("+14155552671", ""),
        ("+447911123456", ""),
    ],
)
def test_costly_and_satellite_numbers_get_no_text_messages(number: str, objection: str) -> None:
    assert objection_to(number) == objection
    if objection:
        with pytest.raises(InvalidInput):
            checked_number(number)


@pytest.mark.parametrize(
    ("number", "countries", "is_refused"),
    [
        ("+6581234567", {"SG"}, False),
        ("+6581234567", {"DE", "US"}, True),
        ("+14155552671", {"US"}, False),
        ("+12684641234", {"US"}, True),
        ("+12684641234", {"AG"}, False),
        ("+447911123456", {"GB"}, True),
        ("+447911123456", {"GB", "GG"}, False),
        ("+6500000000", {"SG"}, False),
        ("+6500000000", {"DE"}, True),
        ("+882165550100", {"001"}, True),
    ],
)
def test_text_messages_go_to_the_countries_that_are_named(number: str, countries: set[str], is_refused: bool) -> None:
    assert bool(objection_to(number, countries)) is is_refused


@given(st.text(max_size=30) | st.from_regex(r"\+[0-9 ()/.-]{0,30}", fullmatch=True))
@example("+200000000000")
def test_any_text_is_a_number_in_one_form_or_none(text: str) -> None:
    number = find_number(text)

    if number is not None:
        assert number.startswith("+")
        assert number[1:].isascii()
        assert number[1:].isdigit()
        assert find_number(number) == number
        objection_to(number)

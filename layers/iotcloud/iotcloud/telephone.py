"""Telephone numbers: which number a text means, and whether text messages go there at all. No I/O.

Numbers are kept and compared in E.164. What a number is, phonenumberslite knows; it is imported when one is read.
"""

from collections.abc import Collection
from typing import TYPE_CHECKING

from iotcloud.errors import InvalidInput

if TYPE_CHECKING:
    from phonenumbers import PhoneNumber

MAX_TEXT = 64
"""Characters in which somebody writes a number."""
SHORT = 3
"""Digits behind the country code of emergency and service numbers."""
BEYOND_COUNTRIES = "001"
"""The region of numbers of no country: satellite telephones, shared cost, international premium rate."""
NOT_A_NUMBER = "not a telephone number: + and the country code, then the number"
COSTLY = "premium-rate, shared-cost and personal numbers get no text messages"
SATELLITE = "satellite telephones and other numbers of no country get no text messages"


def find_number(text: str) -> str | None:
    """Return the number that is meant, in E.164; None when that cannot be told.

    It begins with `+` and the country code. Digits alone are taken for that without its `+` (rest-api contract, 3.3),
    when such a number is in use; any other way of writing is national, and means something else in each country.
    """
    number = _parsed(text)
    return None if number is None else _written(number)


def checked_number(text: str) -> str:
    """Return a number in E.164; raise InvalidInput for none, and for one to which no text messages go."""
    number = find_number(text)
    if number is None:
        raise InvalidInput(NOT_A_NUMBER)
    objection = objection_to(number)
    if objection:
        raise InvalidInput(objection)
    return number


def objection_to(number: str, countries: Collection[str] = ()) -> str:
    """Return why no text messages go to a number in E.164, or nothing.

    `countries` are ISO 3166 codes; empty: all. A number of a range that its country has not given out counts as one of
    that country.
    """
    import phonenumbers
    from phonenumbers import PhoneNumberType

    parsed = phonenumbers.parse(number)
    region = phonenumbers.region_code_for_number(parsed) or phonenumbers.region_code_for_country_code(
        parsed.country_code or 0
    )
    if region == BEYOND_COUNTRIES:
        return SATELLITE
    costly = (PhoneNumberType.PREMIUM_RATE, PhoneNumberType.SHARED_COST, PhoneNumberType.PERSONAL_NUMBER)
    if phonenumbers.number_type(parsed) in costly:
        return COSTLY
    return f"no text messages go to this country: {region}" if countries and region not in countries else ""


def _parsed(text: str) -> "PhoneNumber | None":
    stripped = text.strip()
    if len(stripped) > MAX_TEXT or any(character.isalpha() for character in stripped):
        # Letters would be read as the digits beside them on a keypad.
        return None
    import phonenumbers

    has_plus = stripped.startswith(("+", "\N{FULLWIDTH PLUS SIGN}"))
    digits = "".join(character for character in stripped if character not in " -.")
    if not has_plus and not digits.isdecimal():
        return None
    try:
        number = phonenumbers.parse(stripped if has_plus else f"+{digits}")
    except phonenumbers.NumberParseException:
        return None
    if number.extension or not phonenumbers.is_possible_number(number):
        return None
    if len(phonenumbers.national_significant_number(number)) <= SHORT:
        return None
    return number if has_plus or phonenumbers.is_valid_number(number) else None


def _written(number: "PhoneNumber") -> str:
    import phonenumbers

    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)

"""Telephone numbers: parsing, and whether text messages may go to them. No I/O.

Numbers are stored and compared in E.164. phonenumberslite knows the numbering plans; it is imported at first use.
"""

from collections.abc import Collection
from typing import TYPE_CHECKING

from iotcloud.errors import InvalidInput

if TYPE_CHECKING:
    from phonenumbers import PhoneNumber

MAX_TEXT = 64
"""Characters of a written number."""
SHORT = 3
"""Digits behind the country code of emergency and service numbers."""
BEYOND_COUNTRIES = "001"
"""The region of numbers of no country: satellite telephones, shared cost, international premium rate."""
NOT_A_NUMBER = "not a telephone number: + and the country code, then the number"
COSTLY = "premium-rate, shared-cost and personal numbers get no text messages"
SATELLITE = "satellite telephones and other numbers of no country get no text messages"


def find_number(text: str) -> str | None:
    """Return the number in E.164, or None when it is ambiguous.

    It starts with `+` and the country code. Digits alone count as that without `+` (rest-api contract, 3.3) when such a
    number is in use. Any other form is national, and ambiguous.
    """
    number = _parsed(text)
    if number is None:
        return None
    written = _written(number)
    again = _parsed(written)
    # Parsing removes one trunk prefix. With several (+20 00 ...), the E.164 form would lose another one each time.
    return written if again is not None and _written(again) == written else None


def checked_number(text: str) -> str:
    """Return a number in E.164. Raise InvalidInput for anything else, and for one that text messages may not go to."""
    number = find_number(text)
    if number is None:
        raise InvalidInput(NOT_A_NUMBER)
    objection = objection_to(number)
    if objection:
        raise InvalidInput(objection)
    return number


def objection_to(number: str, countries: Collection[str] = ()) -> str:
    """Return why text messages may not go to a number in E.164, or an empty text.

    `countries` are ISO 3166 codes; empty for all. A number of an unassigned range counts as its country's.
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

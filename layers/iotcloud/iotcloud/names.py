"""The rules of names of devices, sensors, groups and users. No I/O.

Names are stored and compared in Unicode NFC without surrounding spaces, so every way of typing one finds it.
"""

import unicodedata

from iotcloud.errors import EmptyParameter, InvalidInput, Problem

UNNAMEABLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Unicode categories that no name holds: controls, invisible formatting (it turns a line around, or hides letters in a
name that then reads like another), surrogates, private use, unassigned, line and paragraph ends."""
_VISIBLE = "LNPS"
"""First letters of the categories of characters that can be seen: letters, numbers, punctuation, symbols."""
_BLANK = frozenset("\u115f\u1160\u2800\u3164\uffa0")
"""Letters and symbols that are drawn as an empty space: the Hangul fillers and the empty Braille pattern."""


def normal_name(text: str) -> str:
    """Return the form in which a name is kept and looked for."""
    return unicodedata.normalize("NFC", text).strip()


def checked_name(what: str, text: str, longest: int, forbidden: str = "") -> str:
    """Normalize a name.

    Raise EmptyParameter for an empty one. Raise InvalidInput for one longer than `longest` characters, with a
    forbidden character, without a visible one, or of dots only (a URL reads them as folders).
    """
    if not text:
        raise EmptyParameter(detail=[Problem(what, "is empty")])
    if any(character in forbidden or unicodedata.category(character) in UNNAMEABLE for character in text):
        raise InvalidInput(detail=[Problem(what, "has a character that it cannot have")])
    kept = normal_name(text)
    if len(kept) > longest:
        raise InvalidInput(detail=[Problem(what, f"longer than {longest} characters")])
    if not any(_is_visible(character) for character in kept):
        raise InvalidInput(detail=[Problem(what, "shows nothing")])
    if not kept.strip("."):
        raise InvalidInput(detail=[Problem(what, "has dots alone")])
    return kept


def _is_visible(character: str) -> bool:
    return unicodedata.category(character)[0] in _VISIBLE and character not in _BLANK

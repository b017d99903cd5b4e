"""Addresses of recipients in the one form in which they are compared, counted and written to. Pure rules."""

import re

from iotcloud.notices.model import Channel

MAX_RECIPIENTS = 20
"""Recipients of one channel, and phones of one account: what one trigger can write is bounded by it."""
MAX_EMAIL = 254
"""Characters of an e-mail address (RFC 5321, 4.5.3.1.3: a path of 256 octets with its angle brackets)."""
_EMAIL = re.compile(r"[^@\s,;:<>()\[\]\\\"\x00-\x1f\x7f]+@[^@\s,;:<>()\[\]\\\"\x00-\x1f\x7f]+")


def split_addresses(recipients: str) -> tuple[str, ...]:
    """Split a block's recipients, which commas separate; each counts once."""
    return tuple(dict.fromkeys(part.strip() for part in recipients.split(",") if part.strip()))


def normal_address(channel: Channel, address: str) -> str:
    """The one form of an address: a phone number begins with `+`, an e-mail address is in lower case."""
    if channel is Channel.EMAIL:
        return address.strip().lower()
    if channel is not Channel.MOBILE:
        return address
    number = "".join(character for character in address if character not in " -()")
    return number if number.startswith("+") else f"+{number}"


def normal_addresses(channel: Channel, recipients: str) -> tuple[str, ...]:
    """Split recipients and bring each into its one form; several spellings of an address count once."""
    return tuple(dict.fromkeys(normal_address(channel, one) for one in split_addresses(recipients)))


def is_email(address: str) -> bool:
    """Whether a text is `local@domain` alone: no display name, no comment, no quoting, no list."""
    return len(address) <= MAX_EMAIL and _EMAIL.fullmatch(address) is not None

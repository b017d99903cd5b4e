"""Addresses of recipients in the one form in which they are compared, counted and written to. Pure rules."""

import re
from collections.abc import Sequence
from typing import TypeVar

from iotcloud.notification_blocks.model import Channel
from iotcloud.telephone import find_number
from iotcloud.users.model import MAX_RECIPIENTS

One = TypeVar("One")
MAX_EMAIL = 254
"""Characters of an e-mail address (RFC 5321, 4.5.3.1.3: a path of 256 octets with its angle brackets)."""
_EMAIL = re.compile(r"[^@\s,;:<>()\[\]\\\"\x00-\x1f\x7f]+@[^@\s,;:<>()\[\]\\\"\x00-\x1f\x7f]+")


def within_limit(recipients: Sequence[One]) -> tuple[Sequence[One], int]:
    """Return the recipients of a channel that count, and how many there are beyond."""
    return recipients[:MAX_RECIPIENTS], max(0, len(recipients) - MAX_RECIPIENTS)


def split_addresses(recipients: str) -> tuple[str, ...]:
    """Split a block's recipients, which commas separate; each counts once."""
    return tuple(dict.fromkeys(part.strip() for part in recipients.split(",") if part.strip()))


def normal_address(channel: Channel, address: str) -> str:
    """The one form of an address: a telephone number in E.164, an e-mail address in lower case.

    A text that is no number stays as it is.
    """
    if channel is Channel.EMAIL:
        return address.strip().lower()
    if channel is not Channel.MOBILE:
        return address
    return find_number(address) or address.strip()


def normal_addresses(channel: Channel, recipients: str) -> tuple[str, ...]:
    """Split recipients and bring each into its one form; several spellings of an address count once."""
    return tuple(dict.fromkeys(normal_address(channel, one) for one in split_addresses(recipients)))


def is_number(address: str) -> bool:
    """Whether an address in its one form is a telephone number."""
    return find_number(address) == address


def is_email(address: str) -> bool:
    """Whether a text is `local@domain` alone: no display name, no comment, no quoting, no list."""
    return len(address) <= MAX_EMAIL and _EMAIL.fullmatch(address) is not None

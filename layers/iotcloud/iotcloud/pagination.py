"""Lists that come in pages, and the cursors that lead from one to the next."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Generic, TypeVar

from iotcloud.errors import InvalidInput, Problem

Item = TypeVar("Item")

MAX_LIMIT = 100
"""Maximum items per request of a client: as many as one BatchGetItem reads."""
MAX_UNPAGED = 1000
"""Maximum items for a client that does not page."""
MAX_EXPORTED = 2000
"""Rows that one page of an export holds: with payloads of 2 MB, well below the 6 MB that Lambda answers."""
MAX_KEY_BYTES = 900
"""Octets of a position in a sort key: DynamoDB allows 1024, and stores add a prefix."""
_SEAL_BYTES = 9


@dataclass(frozen=True)
class Page(Generic[Item]):
    """A page of a list. `cursor` opens the next page; None on the last one."""

    items: Sequence[Item]
    cursor: str | None = None


def parse_limit(query: dict[str, str]) -> int:
    """Read the query parameter `limit`; raise InvalidInput unless it is 1 to 100.

    A client that sends neither `limit` nor `cursor` may not know of pages, and gets up to 1000 items.
    """
    text = query.get("limit", "")
    if not text:
        return MAX_LIMIT if query.get("cursor") else MAX_UNPAGED
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(MAX_LIMIT)) and 1 <= int(text) <= MAX_LIMIT):
        raise InvalidInput(detail=[Problem("limit", f"1 to {MAX_LIMIT}")])
    return int(text)


def make_cursor(scope: str, position: str) -> str:
    """Encode a position of a list. `scope` names the list and its owner; decoding requires the same one."""
    return urlsafe_b64encode(_seal(scope, position.encode()) + position.encode()).decode().rstrip("=")


def open_cursor(scope: str, cursor: str) -> str:
    """Return the position that a cursor holds; raise InvalidInput when it was made for another list, or by hand.

    The seal keeps mistakes out, not attackers: a position gives no rights, as a store joins it with its own partition.
    """
    try:
        sealed = urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4))
        position = sealed[_SEAL_BYTES:].decode()
    except ValueError:
        raise InvalidInput(detail=[Problem("cursor", "unknown")]) from None
    if sealed[:_SEAL_BYTES] != _seal(scope, position.encode()):
        raise InvalidInput(detail=[Problem("cursor", "unknown")])
    return position


def open_key_cursor(scope: str, cursor: str) -> str:
    """Decode a cursor to a position within a key. Raise InvalidInput for a malformed one.

    A cursor can be forged, and DynamoDB refuses an empty or too long key.
    """
    position = open_cursor(scope, cursor)
    if not 0 < len(position.encode()) <= MAX_KEY_BYTES or any(ord(character) < 32 for character in position):
        raise InvalidInput(detail=[Problem("cursor", "unknown")])
    return position


def _seal(scope: str, position: bytes) -> bytes:
    return blake2b(position, digest_size=_SEAL_BYTES, key=blake2b(scope.encode(), digest_size=32).digest()).digest()

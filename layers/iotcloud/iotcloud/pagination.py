"""Lists that come in pages, and the cursors that lead from one to the next."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Generic, TypeVar

from iotcloud.errors import InvalidInput

Item = TypeVar("Item")

MAX_LIMIT = 100
"""Items that a client may ask for at once; what one BatchGetItem reads."""
MAX_UNPAGED = 1000
"""Items that a list holds for a client that knows nothing of pages."""
MAX_EXPORTED = 2000
"""Rows that one page of an export holds: with payloads of 2 MB, well below the 6 MB that Lambda answers."""
MAX_KEY_BYTES = 900
"""Octets of a position that stands in a sort key: DynamoDB takes 1024, and stores put a prefix before it."""
_SEAL_BYTES = 9


@dataclass(frozen=True)
class Page(Generic[Item]):
    """Some items of a list, in its order; `cursor` leads to the next ones, None when there are no more."""

    items: Sequence[Item]
    cursor: str | None = None


def parse_limit(query: dict[str, str]) -> int:
    """Read the query parameter `limit`; raise InvalidInput unless it is 1 to 100.

    A client that names neither `limit` nor `cursor` gets up to 1000 items, as it may not know how to ask for more.
    """
    text = query.get("limit", "")
    if not text:
        return MAX_LIMIT if query.get("cursor") else MAX_UNPAGED
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(MAX_LIMIT)) and 1 <= int(text) <= MAX_LIMIT):
        raise InvalidInput(detail=[f"limit: 1 to {MAX_LIMIT}"])
    return int(text)


def make_cursor(scope: str, position: str) -> str:
    """Wrap a position of a list; `scope` names the list and its owner, and must be given to open it again."""
    return urlsafe_b64encode(_seal(scope, position.encode()) + position.encode()).decode().rstrip("=")


def open_cursor(scope: str, cursor: str) -> str:
    """Return the position that a cursor holds; raise InvalidInput when it was made for another list, or by hand.

    The seal keeps mistakes out, not attackers: a position gives no rights, as a store joins it with its own partition.
    """
    try:
        sealed = urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4))
        position = sealed[_SEAL_BYTES:].decode()
    except ValueError:
        raise InvalidInput(detail=["cursor: unknown"]) from None
    if sealed[:_SEAL_BYTES] != _seal(scope, position.encode()):
        raise InvalidInput(detail=["cursor: unknown"])
    return position


def open_key_cursor(scope: str, cursor: str) -> str:
    """Return the position that a cursor holds, where it is part of a key; raise InvalidInput also for one that is none.

    DynamoDB refuses a key that is empty or too long, and a cursor can be made by hand.
    """
    position = open_cursor(scope, cursor)
    if not 0 < len(position.encode()) <= MAX_KEY_BYTES or any(ord(character) < 32 for character in position):
        raise InvalidInput(detail=["cursor: unknown"])
    return position


def _seal(scope: str, position: bytes) -> bytes:
    return blake2b(position, digest_size=_SEAL_BYTES, key=blake2b(scope.encode(), digest_size=32).digest()).digest()

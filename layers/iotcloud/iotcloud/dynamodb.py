"""The base of every PynamoDB row: time-outs, the binding of tables to the deployed names, transactions and instants."""

import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from threading import Lock
from typing import Any

from pynamodb.attributes import Attribute
from pynamodb.connection import Connection
from pynamodb.constants import NUMBER
from pynamodb.exceptions import PynamoDBException, TableError, TransactWriteError
from pynamodb.models import Model
from pynamodb.transactions import TransactWrite

CONFLICT_ATTEMPTS = 4
CONFLICT_PAUSE_SECONDS = 0.05

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


Part = Callable[[TransactWrite], None]
"""What puts one or more writes into a transaction, so that stores can write together."""


class Row(Model):
    """A row of one of our tables. Each store's row class names its table in `Meta.table_name`, without the prefix.

    PynamoDB's default timeouts (15 s connect, 30 s read) exceed the time of a REST call. It makes up to three attempts.
    """

    class Meta:
        connect_timeout_seconds = 1
        read_timeout_seconds = 3
        max_retry_attempts = 2
        max_pool_connections = 10


class InstantAttribute(Attribute[datetime]):
    """A point in time, kept as epoch milliseconds in a number, so that conditions can compare it."""

    attr_type = NUMBER

    def serialize(self, value: datetime) -> str:
        return str(to_ms(value))

    def deserialize(self, value: str) -> datetime:
        return from_ms(int(value))


def to_ms(instant: datetime) -> int:
    """Epoch milliseconds of an aware instant; the rest of its microseconds is cut off."""
    return (instant - _EPOCH) // _MILLISECOND


def from_ms(epoch_ms: int) -> datetime:
    """The aware instant, in UTC, of epoch milliseconds."""
    return _EPOCH + epoch_ms * _MILLISECOND


def bind(row: type[Row], table_prefix: str, region: str) -> None:
    """Bind a row class to its deployed table. Idempotent for the same prefix."""
    meta = row.Meta
    if "base_table_name" not in vars(meta):
        meta.base_table_name = meta.table_name  # type: ignore[attr-defined]
    meta.table_name = f"{table_prefix}{meta.base_table_name}"  # type: ignore[attr-defined]
    meta.region = region  # type: ignore[attr-defined]
    _share_connection(row, region)


def transaction(row: type[Row]) -> TransactWrite:
    """A transaction over bound rows, in the region of `row`; leaving its `with` block commits it."""
    return TransactWrite(connection=_connection(row.Meta.region))  # type: ignore[attr-defined]


def commit(row: type[Row], fill: Callable[[TransactWrite], None]) -> None:
    """Run a transaction that `fill` fills, and retry it on a transaction conflict. Raise TransactWriteError.

    DynamoDB cancels a transaction that conflicts with another write of its items and leaves the retry to the caller
    (Amazon DynamoDB developer guide, "Transaction conflict handling").
    """
    for attempt in range(CONFLICT_ATTEMPTS):
        try:
            with transaction(row) as write:
                fill(write)
        except TransactWriteError as failed:
            codes = {reason.code for reason in failed.cancellation_reasons if reason is not None}
            if codes != {"TransactionConflict"} or attempt + 1 == CONFLICT_ATTEMPTS:
                raise
            time.sleep(CONFLICT_PAUSE_SECONDS * 2**attempt)
        else:
            return


def refused_parts(failed: TransactWriteError) -> list[bool]:
    """Return for each part of a transaction whether its condition failed. Raise `failed` when none did.

    PynamoDB orders the parts: checks, deletes, puts, updates.
    """
    refused = [reason is not None and reason.code == "ConditionalCheckFailed" for reason in failed.cancellation_reasons]
    if not any(refused):
        raise failed
    return refused


def read_together(keys: Mapping[type[Row], Mapping[str, Mapping[str, str]]]) -> dict[type[Row], Any]:
    """Read one row of each of these tables, consistently, in one request. Keys are in DynamoDB's own form.

    A missing row does not exist, or was left unprocessed: read it alone to be sure.
    """
    tables = {row.Meta.table_name: row for row in keys}  # type: ignore[attr-defined]
    wanted = {name: {"Keys": [keys[row]], "ConsistentRead": True} for name, row in tables.items()}
    region = next(iter(keys)).Meta.region  # type: ignore[attr-defined]
    answer = _connection(region).dispatch("BatchGetItem", {"RequestItems": wanted})
    return {
        tables[name]: tables[name].from_raw_data(item) for name, items in answer["Responses"].items() for item in items
    }


def raise_unless_refused(failed: PynamoDBException) -> None:
    """Re-raise a write's failure, unless only its condition failed.

    A request without a response has no error code.
    """
    response = getattr(failed.cause, "response", None) or {}
    if response.get("Error", {}).get("Code") != "ConditionalCheckFailedException":
        raise failed


def _share_connection(row: type[Row], region: str) -> None:
    """Let a row use the connection of all; PynamoDB would make a client for each table, and TLS connections to it."""
    table, shared = row._get_connection(), _connection(region)
    try:
        shared.get_meta_table(table.table_name)
    except TableError:
        shared.add_meta_table(table.get_meta_table())
    table.connection = shared


class _SharedConnection(Connection):
    """PynamoDB's connection, whose first request several threads can make at once.

    PynamoDB makes its client when first asked, without a lock. Clients serve several threads (Boto3 developer
    guide, "Multithreading or multiprocessing with clients").
    """

    _making = Lock()

    @property
    def client(self) -> Any:
        with self._making:
            return super().client


@lru_cache(maxsize=2)
def _connection(region: str) -> Connection:
    return _SharedConnection(
        region=region,
        connect_timeout_seconds=Row.Meta.connect_timeout_seconds,
        read_timeout_seconds=Row.Meta.read_timeout_seconds,
        max_retry_attempts=Row.Meta.max_retry_attempts,
        max_pool_connections=Row.Meta.max_pool_connections,
    )

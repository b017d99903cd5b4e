"""What requests to DynamoDB cost, counted where botocore sends them (Amazon DynamoDB developer guide, "Item sizes and
formats" and "Capacity unit consumption")."""

import json
from collections import Counter
from types import TracebackType
from typing import Any, Self

from iotcloud.dynamodb import Row

KILOBYTE = 1024


class CountedRequests:
    """Counts the requests of some rows' clients while its `with` block lasts, and the write units that they cost."""

    def __init__(self, *rows: type[Row]) -> None:
        self.requests: Counter[str] = Counter()
        self.write_units = 0
        self._index_keys = {row.Meta.table_name: _index_keys(row) for row in rows}  # type: ignore[attr-defined]
        connections = [row._get_connection().connection for row in rows]
        self._clients = {id(connection.client): connection.client for connection in connections}

    def __enter__(self) -> Self:
        for client in self._clients.values():
            client.meta.events.register("before-call.dynamodb", self._count, unique_id=f"counted-{id(self)}")
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        for client in self._clients.values():
            client.meta.events.unregister("before-call.dynamodb", unique_id=f"counted-{id(self)}")

    def _count(self, model: Any, params: Any, **_: object) -> None:
        self.requests[model.name] += 1
        body = json.loads(params["body"])
        if model.name == "BatchWriteItem":
            for table, entries in body["RequestItems"].items():
                self.write_units += sum(self._units(table, entry["PutRequest"]["Item"]) for entry in entries)
        elif model.name == "PutItem":
            self.write_units += self._units(body["TableName"], body["Item"])
        elif model.name == "UpdateItem":
            # The rows that are updated are kept under a kilobyte, by a test of their own.
            self.write_units += 1

    def _units(self, table: str, item: dict[str, Any]) -> int:
        kilobytes = -(-size(item) // KILOBYTE)
        return int(kilobytes * (1 + sum(key in item for key in self._index_keys[table])))

    def __repr__(self) -> str:
        return f"{self.write_units} write units, {dict(self.requests)}"


def _index_keys(row: type[Row]) -> list[str]:
    """Return the partition keys of a row's indexes; a row without one is not in that index."""
    schema: Any = row._get_schema()
    keys = [index["key_schema"] for index in schema["global_secondary_indexes"]]
    return [entry["AttributeName"] for key in keys for entry in key if entry["KeyType"] == "HASH"]


def size(item: dict[str, Any]) -> int:
    """Return the bytes that DynamoDB counts for an item: names and values."""
    return sum(len(name.encode()) + _size_of_value(value) for name, value in item.items())


def _size_of_value(value: dict[str, Any]) -> int:
    ((kind, content),) = value.items()
    if kind == "S":
        return len(content.encode())
    if kind == "N":
        return len(content) // 2 + 2
    if kind == "BOOL":
        return 1
    if kind == "M":
        return 3 + size(content)
    raise TypeError(kind)

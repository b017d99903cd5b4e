"""The table of messages.

stream        deviceid # registration # lane      one device's messages of one lane
sort          milliseconds (13 digits) # message id
owner_stream  owner # direction                   index by_owner: all devices of an owner, without readings

A message with a backlog of samples has a second row, so that a reader in order of time finds it:

stream        deviceid # registration # Spans
sort          position of the first sample
payload       position of the last sample | position of the message in the lane of readings

Readings are not indexed: an index entry costs as much as the row, and nearly all rows are readings. The registration
in the key separates registrations of the same device, so a new owner never sees a former owner's messages.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from pynamodb.attributes import BooleanAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.exceptions import PutError
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex
from pynamodb.models import BatchWrite
from pynamodb.pagination import ResultIterator

from iotcloud.dynamodb import Row
from iotcloud.errors import DependencyFailed
from iotcloud.histories.model import READING_API, Lane, Message, Span, Stretch, Window, instant_of
from iotcloud.topics import Direction

SEPARATOR = "#"
SPANS = "Spans"
SPAN_SEPARATOR = "|"
BATCH = 25
"""Rows that one BatchWriteItem takes (Amazon DynamoDB API reference)."""
FEW = 25
"""Messages that are read back at a time."""
MAX_PAGES = 4
"""Requests per query and stream: a filter without matches reads at most 4 MB."""


class OwnerIndex(GlobalSecondaryIndex["MessageRow"]):  # type: ignore[no-untyped-call]
    """All devices of an owner, in order of time."""

    class Meta:
        index_name = "by_owner"
        projection = AllProjection()

    owner_stream = UnicodeAttribute(hash_key=True)
    sort = UnicodeAttribute(range_key=True)


class MessageRow(Row):
    """One device message."""

    class Meta(Row.Meta):
        table_name = "messages"

    stream = UnicodeAttribute(hash_key=True)
    sort = UnicodeAttribute(range_key=True)
    owner = UnicodeAttribute()
    owner_stream = UnicodeAttribute(null=True)
    topic = UnicodeAttribute()
    payload = UnicodeAttribute()
    is_base64 = BooleanAttribute(null=True)
    expires_at = NumberAttribute()
    by_owner = OwnerIndex()


class MessageStore:
    """Writes messages, and reads them newest first."""

    def __init__(self, history_days: int, reading_days: int) -> None:
        self._kept = {lane: timedelta(days=reading_days if lane is Lane.READINGS else history_days) for lane in Lane}

    def put_messages(self, messages: Sequence[Message]) -> Collection[Message]:
        """Write messages with distinct keys, 25 in a request; return those that were not written.

        A request that fails as a whole returns its 25 messages; writing them again is idempotent.
        """
        unwritten: list[Message] = []
        for start in range(0, len(messages), BATCH):
            unwritten += self._put_batch(messages[start : start + BATCH])
        return unwritten

    def put_spans(self, owner: str, deviceid: str, registration: str, spans: Sequence[Span]) -> None:
        """Write spans, over themselves when they are there already; raise DependencyFailed when one was not written."""
        for start in range(0, len(spans), BATCH):
            batch = BatchWrite(MessageRow, auto_commit=False)
            for span in spans[start : start + BATCH]:
                batch.save(
                    MessageRow(
                        device_stream(deviceid, registration, SPANS),
                        span.first,
                        owner=owner,
                        topic=READING_API,
                        payload=SPAN_SEPARATOR.join((span.last, span.position)),
                        expires_at=int((instant_of(span.position) + self._kept[Lane.READINGS]).timestamp()),
                    )
                )
            try:
                batch.commit()
            except PutError as failed:
                raise DependencyFailed("spans could not be kept") from failed

    def read_spans(
        self, deviceid: str, registration: str, oldest: str, newest: str, limit: int
    ) -> tuple[Sequence[Span], str | None]:
        """Read the spans that begin between two positions, oldest first, in one request; and where it ended early."""
        if oldest > newest:
            return (), None
        found = MessageRow.query(
            device_stream(deviceid, registration, SPANS), MessageRow.sort.between(oldest, newest), page_size=limit
        ).page_iter
        spans = [Span(item["sort"]["S"], *item["payload"]["S"].split(SPAN_SEPARATOR)) for item in next(found)["Items"]]
        return spans, None if found.last_evaluated_key is None else found.last_evaluated_key["sort"]["S"]

    def find_messages(self, deviceid: str, registration: str, positions: Iterable[str]) -> Sequence[Message]:
        """Read messages of the readings' lane by their positions, a hundred in a request."""
        stream = device_stream(deviceid, registration, Lane.READINGS)
        rows = MessageRow.batch_get([(stream, position) for position in positions])
        return [_message(row.to_dynamodb_dict()) for row in rows]

    def _put_batch(self, messages: Sequence[Message]) -> Collection[Message]:
        batch = BatchWrite(MessageRow, auto_commit=False)
        for message in messages:
            batch.save(self._row(message))
        try:
            batch.commit()
        except PutError:
            refused = {_key(request["PutRequest"]["Item"]) for request in batch.failed_operations}
            return [message for message in messages if not refused or (_stream(message), message.position) in refused]
        return ()

    def _row(self, message: Message) -> MessageRow:
        return MessageRow(
            _stream(message),
            message.position,
            owner=message.owner,
            owner_stream=None if message.lane is Lane.READINGS else owner_stream(message.owner, message.lane.direction),
            topic=message.topic,
            payload=message.payload,
            is_base64=message.is_base64 or None,
            expires_at=int((message.received_at + self._kept[message.lane]).timestamp()),
        )

    def read_device(self, deviceid: str, registration: str, lane: Lane, window: Window) -> Stretch:
        """Read one lane of one device."""
        return _read(MessageRow.query, device_stream(deviceid, registration, lane), MessageRow, window)

    def read_on(self, deviceid: str, registration: str, lane: Lane, oldest: str) -> Sequence[Message] | None:
        """Read one lane of one device from a position on, oldest first. The read is consistent.

        Return None when that exceeds one request (1 MB).
        """
        found = MessageRow.query(
            device_stream(deviceid, registration, lane), MessageRow.sort >= oldest, consistent_read=True
        ).page_iter
        page = next(found)
        if found.last_evaluated_key is not None:
            return None
        return [_message(item) for item in page["Items"]]

    def read_back(self, deviceid: str, registration: str, lane: Lane, newest: str) -> Sequence[Message]:
        """Read the newest 25 messages of a lane up to a position, with all that was written before this call."""
        found = MessageRow.query(
            device_stream(deviceid, registration, lane),
            MessageRow.sort <= newest,
            consistent_read=True,
            scan_index_forward=False,
            page_size=FEW,
        ).page_iter
        return [_message(item) for item in next(found)["Items"]]

    def erase(self, deviceid: str, registration: str) -> None:
        """Delete all messages of a device's registration. Idempotent."""
        for lane in (*Lane, SPANS):
            stream = device_stream(deviceid, registration, lane)
            with MessageRow.batch_write() as batch:
                for row in MessageRow.query(stream, attributes_to_get=["stream", "sort"]):
                    batch.delete(row)

    def read_forward(self, deviceid: str, registration: str, lane: Lane, window: Window) -> Stretch:
        """Read one lane of one device oldest first, in one request; `reached` is the last position that was read."""
        if window.is_empty:
            return Stretch([])
        found = MessageRow.query(
            device_stream(deviceid, registration, lane),
            MessageRow.sort.between(window.oldest, window.newest),
            page_size=window.limit,
        ).page_iter
        messages = [_message(item) for item in next(found)["Items"]]
        return Stretch(messages, None if found.last_evaluated_key is None else found.last_evaluated_key["sort"]["S"])

    def read_owner(self, owner: str, direction: Direction, window: Window) -> Stretch:
        """Read one direction of all devices of an owner, without their readings."""
        return _read(MessageRow.by_owner.query, owner_stream(owner, direction), OwnerIndex, window)


def device_stream(deviceid: str, registration: str, lane: str) -> str:
    """Build the key of one device's lane."""
    return SEPARATOR.join((deviceid, registration, lane))


def owner_stream(owner: str, direction: Direction) -> str:
    """Build the key of one direction of an owner's devices."""
    return SEPARATOR.join((owner, direction))


def _stream(message: Message) -> str:
    return device_stream(message.deviceid, message.registration, message.lane)


def _key(item: Mapping[str, Mapping[str, str]]) -> tuple[str, str]:
    return item["stream"]["S"], item["sort"]["S"]


def _read(
    query: Callable[..., ResultIterator[MessageRow]], stream: str, keys: type[MessageRow | OwnerIndex], window: Window
) -> Stretch:
    """Read one item beyond the limit, so that the last page is recognized."""
    if window.is_empty:
        # DynamoDB refuses BETWEEN with reversed bounds.
        return Stretch([])
    results = query(
        stream,
        keys.sort.between(window.oldest, window.newest),
        filter_condition=None if window.topic is None else MessageRow.topic == window.topic,
        scan_index_forward=False,
        page_size=window.limit + 1 if window.topic is None else None,
    ).page_iter
    messages: list[Message] = []
    for _ in range(MAX_PAGES):
        page = next(results)
        messages += [_message(item) for item in page["Items"]]
        if results.last_evaluated_key is None:
            return Stretch(messages)
        reached = results.last_evaluated_key["sort"]["S"]
        if len(messages) >= window.limit:
            break
    return Stretch(messages, reached)


def _message(item: Mapping[str, Mapping[str, Any]]) -> Message:
    """Make the message of an item as DynamoDB writes it. To make rows of a thousand items would take longest of all."""
    deviceid, registration, lane = item["stream"]["S"].split(SEPARATOR)
    sort = item["sort"]["S"]
    return Message(
        owner=item["owner"]["S"],
        deviceid=deviceid,
        registration=registration,
        lane=Lane(lane),
        topic=item["topic"]["S"],
        payload=item["payload"]["S"],
        is_base64=item.get("is_base64", {}).get("BOOL", False),
        received_at=instant_of(sort),
        message_id=sort.partition(SEPARATOR)[2],
    )

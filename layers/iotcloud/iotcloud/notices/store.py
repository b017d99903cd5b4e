"""The rows of notices: blocks, the ledger, and the counters behind the limits.

notification_blocks  deviceid, source
notices              deviceid, notice_id       index by_owner: owner, sort (milliseconds in 13 digits # notice id)
                                               index by_provider: provider_id, for receipts
notice_counters      key                       one number for each scope and window
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import reduce
from operator import and_
from typing import Any

from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.exceptions import PutError, TransactWriteError, UpdateError
from pynamodb.expressions.condition import Condition
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex, KeysOnlyProjection
from pynamodb.transactions import TransactWrite

from iotcloud.dynamodb import InstantAttribute, Part, Row, commit, from_ms, raise_unless_refused, refused_parts, to_ms
from iotcloud.errors import CreditsUsedUp
from iotcloud.notices.ledger import FREE, Attempt, Notice, NoticeFilter, State
from iotcloud.notices.limits import Counter, month_key_of
from iotcloud.notices.model import Channel, Endpoint, NotificationBlock, Text
from iotcloud.pagination import Page, make_cursor, open_key_cursor

_DIGITS = 13
"""Of epoch milliseconds until the year 2286, so that text sorts like time."""
_MAX_PAGES = 4
"""Requests that one question may make when its filter holds nearly everything back: 4 MB are read, and no more."""
_SCOPE = "notices"


class NotificationBlockRow(Row):
    """`source` is `uart`, `gpio{n}`, or the `peripherals.model.block_source` of a sensor."""

    class Meta(Row.Meta):
        table_name = "notification_blocks"

    deviceid = UnicodeAttribute(hash_key=True)
    source = UnicodeAttribute(range_key=True)
    block = UnicodeAttribute()
    """JSON: read and written as a whole, never searched."""


class NotificationBlockStore:
    """Keeps each port's block."""

    def find(self, deviceid: str, source: str) -> NotificationBlock | None:
        """The stored block, or None when the port still has the default."""
        try:
            return _load_block(NotificationBlockRow.get(deviceid, source, consistent_read=True).block)
        except NotificationBlockRow.DoesNotExist:
            return None

    def find_all(self, deviceid: str) -> dict[str, NotificationBlock]:
        """Return the stored blocks of a device, by source."""
        return {
            row.source: _load_block(row.block) for row in NotificationBlockRow.query(deviceid, consistent_read=True)
        }

    def save(self, deviceid: str, source: str, block: NotificationBlock) -> None:
        """Replace the port's block."""
        NotificationBlockRow(deviceid, source, block=_dump_block(block)).save()

    def delete(self, deviceid: str, *sources: str) -> None:
        """Delete the blocks of these sources."""
        with NotificationBlockRow.batch_write() as batch:
            for source in sources:
                batch.delete(NotificationBlockRow(deviceid, source))

    def erase(self, deviceid: str) -> None:
        """Delete every block of a device."""
        with NotificationBlockRow.batch_write() as batch:
            for row in NotificationBlockRow.query(deviceid):
                batch.delete(row)


class NoticesOfOwner(GlobalSecondaryIndex["NoticeRow"]):  # type: ignore[no-untyped-call]
    """All notices of an owner, in order of time."""

    class Meta:
        index_name = "by_owner"
        projection = AllProjection()

    owner = UnicodeAttribute(hash_key=True)
    sort = UnicodeAttribute(range_key=True)


class NoticesOfProvider(GlobalSecondaryIndex["NoticeRow"]):  # type: ignore[no-untyped-call]
    """The notice that a provider's receipt is about."""

    class Meta:
        index_name = "by_provider"
        projection = KeysOnlyProjection()

    provider_id = UnicodeAttribute(hash_key=True)


class NoticeRow(Row):
    """One notice to one recipient."""

    class Meta(Row.Meta):
        table_name = "notices"

    deviceid = UnicodeAttribute(hash_key=True)
    notice_id = UnicodeAttribute(range_key=True)
    owner = UnicodeAttribute()
    sort = UnicodeAttribute()
    at = InstantAttribute()
    channel = UnicodeAttribute()
    recipient = UnicodeAttribute()
    target = UnicodeAttribute()
    text = UnicodeAttribute(null=True)
    message_length = NumberAttribute()
    source = UnicodeAttribute()
    registration = UnicodeAttribute(null=True)
    sensorname = UnicodeAttribute(null=True)
    condition = UnicodeAttribute(null=True)
    state = UnicodeAttribute()
    reason = UnicodeAttribute(null=True)
    charge = UnicodeAttribute(null=True)
    attempts = UnicodeAttribute()
    """JSON: at most five, read and written with the notice."""
    provider_id = UnicodeAttribute(null=True)
    expires_at = NumberAttribute()
    by_owner = NoticesOfOwner()
    by_provider = NoticesOfProvider()


class NoticeCounterRow(Row):
    """Counts per time window."""

    class Meta(Row.Meta):
        table_name = "notice_counters"

    key = UnicodeAttribute(hash_key=True)
    counted = NumberAttribute(default=0)
    expires_at = NumberAttribute(null=True)


def _ignore(_: Counter, value: int) -> None:
    """Take no note of a counter."""


class LedgerStore:
    """Keeps the notices; every change of state is a condition on the state that was read."""

    def __init__(self, kept_days: int) -> None:
        self._kept = timedelta(days=kept_days)

    def enter(self, notice: Notice) -> Notice | None:
        """Add a notice. Return the existing one of the same id, or None when it was added."""
        try:
            self._row(notice).save(condition=NoticeRow.notice_id.does_not_exist())
        except PutError as failed:
            raise_unless_refused(failed)
            return self.find(notice.deviceid, notice.notice_id)
        return None

    def find(self, deviceid: str, notice_id: str) -> Notice | None:
        """The notice of that id."""
        try:
            return _notice(NoticeRow.get(deviceid, notice_id, consistent_read=True))
        except NoticeRow.DoesNotExist:
            return None

    def replace(self, known: Notice, changed: Notice) -> Notice:
        """Write a notice's new state if it is unchanged since `known` was read. Return the stored notice."""
        try:
            self._row(changed).save(condition=_is_as(known))
        except PutError as failed:
            raise_unless_refused(failed)
            return self.find(known.deviceid, known.notice_id) or known
        return changed

    def enter_with(self, notice: Notice, part: Part) -> Notice | None:
        """Add a notice together with `part`. Return the existing one of the same id, or None when it was added.

        Raise CreditsUsedUp when `part` cannot be written.
        """

        def fill(write: TransactWrite) -> None:
            write.save(self._row(notice), condition=NoticeRow.notice_id.does_not_exist())
            part(write)

        try:
            commit(NoticeRow, fill)
        except TransactWriteError as failed:
            is_known, *_ = refused_parts(failed)
            known = self.find(notice.deviceid, notice.notice_id) if is_known else None
            if known is None:
                raise CreditsUsedUp from failed
            return known
        return None

    def replace_with(self, known: Notice, changed: Notice, part: Part) -> Notice:
        """Write a notice's new state as `replace` does, together with `part` if that can be written."""

        def fill(write: TransactWrite) -> None:
            write.save(self._row(changed), condition=_is_as(known))
            part(write)

        try:
            commit(NoticeRow, fill)
        except TransactWriteError as failed:
            is_changed, *_ = refused_parts(failed)
            if is_changed:
                return self.find(known.deviceid, known.notice_id) or known
            # The account or its month is gone.
            return self.replace(known, changed)
        return changed

    def returning(self, notice: Notice) -> Part:
        """Return the part that gives a free message back to the month in which it was counted."""
        key = month_key_of(notice.owner, notice.charge.removeprefix(FREE))

        def fill(write: TransactWrite) -> None:
            write.update(
                NoticeCounterRow(key),
                actions=[NoticeCounterRow.counted.add(-1)],
                condition=NoticeCounterRow.counted > 0,
            )

        return fill

    def find_by_provider(self, provider_id: str) -> Notice | None:
        """The notice that a provider accepted under this id."""
        for row in NoticeRow.by_provider.query(provider_id, limit=1):
            return self.find(row.deviceid, row.notice_id)
        return None

    def page(
        self, owner: str, wanted: NoticeFilter, deviceid: str | None, limit: int, cursor: str | None = None
    ) -> Page[Notice]:
        """Return notices of all devices of an owner, newest first. Raise InvalidInput for a foreign cursor.

        A window that ends before it begins is empty; so is one that a forged cursor points outside of.
        """
        scope = f"{_SCOPE}#{owner}"
        reached = open_key_cursor(scope, cursor) if cursor else ""
        begin = _sort(wanted.begin, "") if wanted.begin else "0"
        end = reached or (_sort(wanted.end, "~") if wanted.end else "~")
        if begin > end:
            # DynamoDB refuses BETWEEN with reversed bounds, as of reversed instants or of a made-up cursor.
            return Page([])
        results = NoticeRow.by_owner.query(
            owner,
            NoticesOfOwner.sort.between(begin, end),
            filter_condition=_filter(wanted, deviceid),
            scan_index_forward=False,
            page_size=limit + 2,
        ).page_iter
        found: list[NoticeRow] = []
        last: Mapping[str, Mapping[str, Any]] = {}
        for _ in range(_MAX_PAGES):
            rows = (NoticeRow.from_raw_data(item) for item in next(results)["Items"])
            found += [row for row in rows if row.sort != reached]
            if len(found) > limit:
                return Page([_notice(row) for row in found[:limit]], make_cursor(scope, found[limit - 1].sort))
            if results.last_evaluated_key is None:
                return Page([_notice(row) for row in found])
            last = results.last_evaluated_key
        return Page([_notice(row) for row in found], make_cursor(scope, str(last["sort"]["S"])))

    def list_all(self, owner: str) -> Iterator[Notice]:
        """All notices of an owner, oldest first: a request for each megabyte."""
        for row in NoticeRow.by_owner.query(owner):
            yield _notice(row)

    def erase(self, owner: str) -> None:
        """Delete every notice of an owner."""
        with NoticeRow.batch_write() as batch:
            for row in NoticeRow.by_owner.query(owner):
                batch.delete(row)

    def list_device(self, deviceid: str, registration: str) -> Iterator[Notice]:
        """All notices of one registration of a device: a request for each megabyte."""
        for row in NoticeRow.query(deviceid, filter_condition=NoticeRow.registration == registration):
            yield _notice(row)

    def forget(self, notices: Sequence[Notice]) -> None:
        """Delete notices, 25 per request."""
        with NoticeRow.batch_write() as batch:
            for notice in notices:
                batch.delete(NoticeRow(notice.deviceid, notice.notice_id))

    def _row(self, notice: Notice) -> NoticeRow:
        return NoticeRow(
            notice.deviceid,
            notice.notice_id,
            owner=notice.owner,
            sort=_sort(notice.at, notice.notice_id),
            at=notice.at,
            channel=notice.channel.value,
            recipient=notice.recipient,
            target=notice.target,
            text=notice.text or None,
            message_length=notice.message_length,
            source=notice.source,
            registration=notice.registration or None,
            sensorname=notice.sensorname,
            condition=notice.condition,
            state=notice.state.value,
            reason=notice.reason or None,
            charge=notice.charge or None,
            attempts=_attempts(notice),
            provider_id=notice.provider_id or None,
            expires_at=int((notice.at + self._kept).timestamp()),
        )


class NoticeCounterStore:
    """Counts against limits."""

    def count(self, counted: Sequence[Counter], note: Callable[[Counter, int], object] = _ignore) -> str:
        """Count one more against each. Return the reason of the first reached limit, or an empty text.

        A refused notice is not counted, so a flood stopped by one limit does not use up another. It is counted for a
        moment: concurrent calls may meet a limit slightly early, never late. `note` is told each counter's new value
        once all of them allow it.
        """
        values: list[int] = []
        for place, one in enumerate(counted):
            value = self._add(one) if one.limit > 0 else 0
            if not value:
                for each in counted[:place]:
                    NoticeCounterRow(each.key).update(actions=[NoticeCounterRow.counted.add(-1)])
                return one.reason
            values.append(value)
        for one, value in zip(counted, values, strict=True):
            note(one, value)
        return ""

    def _add(self, one: Counter) -> int:
        """Count one more, if the limit allows it; return the new value, or 0."""
        row = NoticeCounterRow(one.key)
        try:
            row.update(
                actions=[
                    NoticeCounterRow.counted.add(1),
                    NoticeCounterRow.expires_at.set(int(one.expires_at.timestamp())),
                ],
                condition=NoticeCounterRow.key.does_not_exist() | (NoticeCounterRow.counted < one.limit),
            )
        except UpdateError as failed:
            raise_unless_refused(failed)
            return 0
        return int(row.counted)

    def counted(self, key: str) -> int:
        """The value of a counter."""
        try:
            return int(NoticeCounterRow.get(key).counted)
        except NoticeCounterRow.DoesNotExist:
            return 0


def _is_as(known: Notice) -> Condition:
    same: Condition = (NoticeRow.state == known.state.value) & (NoticeRow.attempts == _attempts(known))
    return same


def _attempts(notice: Notice) -> str:
    return json.dumps([[to_ms(one.at), one.outcome, one.provider_id, one.worker] for one in notice.attempts])


def _sort(at: datetime, notice_id: str) -> str:
    return f"{to_ms(at):0{_DIGITS}}#{notice_id}"


def _filter(wanted: NoticeFilter, deviceid: str | None) -> Condition | None:
    conditions: list[Condition] = []
    if deviceid is not None:
        conditions.append(NoticeRow.deviceid == deviceid)
    if wanted.channel is not None:
        conditions.append(NoticeRow.channel == wanted.channel.value)
    if wanted.source is not None:
        conditions.append(NoticeRow.source == wanted.source)
    return reduce(and_, conditions) if conditions else None


def _notice(row: NoticeRow) -> Notice:
    attempts: list[Any] = json.loads(row.attempts)
    return Notice(
        notice_id=row.notice_id,
        owner=row.owner,
        deviceid=row.deviceid,
        at=row.at,
        channel=Channel(row.channel),
        recipient=row.recipient,
        target=row.target,
        text=row.text or "",
        message_length=int(row.message_length),
        source=row.source,
        registration=row.registration or "",
        sensorname=row.sensorname,
        condition=row.condition,
        state=State(row.state),
        reason=row.reason or "",
        attempts=tuple(Attempt(from_ms(at), *rest) for at, *rest in attempts),
        charge=row.charge or "",
    )


def _dump_block(block: NotificationBlock) -> str:
    return json.dumps(
        {
            "texts": [[text.message, text.is_enabled] for text in block.texts],
            "endpoints": {
                channel.value: [one.recipients, one.is_enabled, list(one.recipients_list), *one.targets]
                for channel, one in block.endpoints.items()
            },
        }
    )


def _load_block(text: str) -> NotificationBlock:
    members: dict[str, Any] = json.loads(text)
    return NotificationBlock(
        texts=tuple(Text(message, is_enabled) for message, is_enabled in members["texts"]),
        endpoints={
            Channel(name): Endpoint(recipients, is_enabled, tuple(listed), tuple(targets))
            for name, (recipients, is_enabled, listed, *targets) in members["endpoints"].items()
        },
    )

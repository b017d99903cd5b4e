"""The rows of notices: the ledger, the counters behind the limits, and the limits that owners set (in `users`).

notices              deviceid, notice_id       index by_owner: owner, sort (milliseconds in 13 digits # notice id)
                                               index by_provider: provider_id, for receipts
notice_counters      key                       one number for each scope and window
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, time, timedelta
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
from iotcloud.notices.confirmations import Confirmation, recipient_id
from iotcloud.notices.ledger import FREE, Attempt, Notice, NoticeFilter, State
from iotcloud.notices.limits import AccountLimits, Counter, QuietHours, month_key_of
from iotcloud.notification_blocks.model import Channel
from iotcloud.pagination import Page, make_cursor, open_key_cursor
from iotcloud.users.store import UserRow

_DIGITS = 13
"""Of epoch milliseconds until the year 2286, so that text sorts like time."""
_MAX_PAGES = 4
"""Requests that one question may make when its filter holds nearly everything back: 4 MB are read, and no more."""
_SCOPE = "notices"


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


_NOTICE_LIMITS = "notice_limits"

_RECIPIENT = "recipient#"


class NoticeLimitsStore:
    """Users' own limits of notices, in `users`."""

    def find(self, username: str) -> AccountLimits | None:
        """Return the user's own limits."""
        try:
            return _load_limits(UserRow.get(username, _NOTICE_LIMITS, consistent_read=True).limits)
        except UserRow.DoesNotExist:
            return None

    def save(self, username: str, limits: AccountLimits) -> None:
        """Replace the user's own limits."""
        UserRow(username, _NOTICE_LIMITS, limits=_dump_limits(limits)).save()

    def forget(self, username: str) -> None:
        """Remove the user's own limits. Idempotent."""
        UserRow(username, _NOTICE_LIMITS).delete()


class ConfirmationStore:
    """Which recipients confirmed that a user may write to them, in `users`."""

    def find(self, owner: str, recipient: str) -> Confirmation | None:
        """Return what is kept of a recipient, given its id."""
        try:
            row = UserRow.get(owner, f"{_RECIPIENT}{recipient}", consistent_read=True)
        except UserRow.DoesNotExist:
            return None
        return None if row.confirmation is None else _load_confirmation(owner, row.confirmation)

    def replace(self, known: Confirmation | None, changed: Confirmation) -> bool:
        """Write a confirmation if the kept one is `known`; answer whether it was written."""
        item = f"{_RECIPIENT}{recipient_id(changed.channel, changed.address)}"
        same = UserRow.confirmation == _dump_confirmation(known) if known else UserRow.confirmation.does_not_exist()
        try:
            UserRow(changed.owner, item, confirmation=_dump_confirmation(changed)).save(condition=same)
        except PutError as failed:
            raise_unless_refused(failed)
            return False
        return True

    def list_all(self, owner: str) -> list[Confirmation]:
        """Return all recipients that a user's notices asked."""
        rows = UserRow.query(owner, UserRow.item.startswith(_RECIPIENT), consistent_read=True)
        return [_load_confirmation(owner, row.confirmation) for row in rows if row.confirmation is not None]


def _dump_limits(limits: AccountLimits) -> str:
    quiet = limits.quiet
    return json.dumps(
        {
            "quiet": quiet and [quiet.begin.isoformat(), quiet.end.isoformat(), quiet.timezone],
            "recipients": sorted(limits.extra_recipients),
            "hourly": [limits.per_owner, limits.per_device, limits.per_recipient],
        }
    )


def _load_limits(text: str) -> AccountLimits:
    members: dict[str, Any] = json.loads(text)
    quiet = members["quiet"]
    return AccountLimits(
        QuietHours(time.fromisoformat(quiet[0]), time.fromisoformat(quiet[1]), quiet[2]) if quiet else None,
        frozenset(members["recipients"]),
        *members["hourly"],
    )


def _dump_confirmation(confirmation: Confirmation) -> str:
    return json.dumps(
        {
            "channel": confirmation.channel.value,
            "address": confirmation.address,
            "asker": confirmation.asker,
            "asked_at": to_ms(confirmation.asked_at),
            "asked_by": confirmation.asked_by,
            "key": confirmation.key,
            "asks": confirmation.asks,
            "confirmed_at": confirmation.confirmed_at and to_ms(confirmation.confirmed_at),
        }
    )


def _load_confirmation(owner: str, text: str) -> Confirmation:
    members: dict[str, Any] = json.loads(text)
    confirmed_at = members["confirmed_at"]
    return Confirmation(
        owner,
        Channel(members["channel"]),
        members["address"],
        members["asker"],
        from_ms(members["asked_at"]),
        members["asked_by"],
        members["key"],
        members["asks"],
        None if confirmed_at is None else from_ms(confirmed_at),
    )

"""Rows of users, of callers (rate limits) and of social sign-ins.

Cognito stores addresses, names and passwords; they are not repeated here.

`users` has one partition per user. The sort key `item` is the kind of row:

push#{service}#{digest of the token}    a phone
export                                  the newest archive of the user's data
notice_limits                           what the user set of the limits of notices
feedback#{milliseconds in 13 digits}#{id}  what the user thinks of the platform
preferences                             what the user's apps keep

Beside these, `push#{service}#{digest of the token}` is also a partition, with one item `holder`: whose phone that is.
"""

import json
from collections.abc import Sequence
from datetime import datetime, time, timedelta
from hashlib import sha256
from typing import Any

from pynamodb.attributes import BooleanAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.exceptions import DeleteError, PutError

from iotcloud.dynamodb import InstantAttribute, Row, from_ms, raise_unless_refused, to_ms
from iotcloud.errors import AlreadyExists
from iotcloud.notices.confirmations import Confirmation, recipient_id
from iotcloud.notices.limits import AccountLimits, QuietHours
from iotcloud.notices.model import Channel
from iotcloud.support.model import Feedback
from iotcloud.users.exports import Export, ExportState
from iotcloud.users.push_tokens import PushPlatform, PushToken

_PUSH = "push#"
_EXPORT = "export"
_NOTICE_LIMITS = "notice_limits"
_PREFERENCES = "preferences"
_HOLDER = "holder"
_FEEDBACK = "feedback#"
_RECIPIENT = "recipient#"


class UserRow(Row):
    class Meta(Row.Meta):
        table_name = "users"

    username = UnicodeAttribute(hash_key=True)
    item = UnicodeAttribute(range_key=True)
    platform = UnicodeAttribute(null=True)
    token = UnicodeAttribute(null=True)
    session = UnicodeAttribute(null=True)
    export_id = UnicodeAttribute(null=True)
    requested_at = InstantAttribute(null=True)
    state = UnicodeAttribute(null=True)
    holder = UnicodeAttribute(null=True)
    feedback = UnicodeAttribute(null=True)
    rating = NumberAttribute(null=True)
    may_contact = BooleanAttribute(null=True)
    limits = UnicodeAttribute(null=True)
    """JSON: read and written as a whole, never searched."""
    preferences = UnicodeAttribute(null=True)
    """JSON, as the user's apps wrote it."""
    confirmation = UnicodeAttribute(null=True)
    """JSON, as limits are."""
    expires_at = NumberAttribute(null=True)


class IdpCodeRow(Row):
    class Meta(Row.Meta):
        table_name = "idp_codes"

    id = UnicodeAttribute(hash_key=True)
    code = UnicodeAttribute()
    good_until = InstantAttribute()
    expires_at = NumberAttribute()
    """For DynamoDB, which deletes within days; until then `good_until` counts."""


class RateLimitRow(Row):
    class Meta(Row.Meta):
        table_name = "attempts"

    bucket = UnicodeAttribute(hash_key=True)
    attempts = NumberAttribute(default=0)
    expires_at = NumberAttribute()


class PushTokenStore:
    """Push tokens in `users`."""

    def save(self, push_token: PushToken) -> None:
        """Keep a token."""
        UserRow(
            push_token.username,
            _push_item(push_token),
            platform=push_token.platform.value,
            token=push_token.token,
            session=push_token.session,
        ).save()
        UserRow(_push_item(push_token), _HOLDER, holder=push_token.username).save()

    def find_holder(self, platform: PushPlatform, token: str) -> str | None:
        """Return who registered a phone last."""
        try:
            row = UserRow.get(_push_item(PushToken("", platform, token, "")), _HOLDER, consistent_read=True)
        except UserRow.DoesNotExist:
            return None
        return str(row.holder)

    def list_all(self, username: str) -> Sequence[PushToken]:
        """Return a user's tokens."""
        return [
            PushToken(row.username, PushPlatform(row.platform), row.token, row.session)
            for row in UserRow.query(username, UserRow.item.startswith(_PUSH), consistent_read=True)
        ]

    def forget(self, push_tokens: Sequence[PushToken]) -> None:
        """Remove tokens, and their holder items unless another user holds them now."""
        with UserRow.batch_write() as batch:
            for push_token in push_tokens:
                batch.delete(UserRow(push_token.username, _push_item(push_token)))
        for push_token in push_tokens:
            _release(_push_item(push_token), push_token.username)


class ExportStore:
    """The newest export of each user in `users`."""

    def find(self, username: str) -> Export | None:
        """Return a user's newest export."""
        try:
            row = UserRow.get(username, _EXPORT, consistent_read=True)
        except UserRow.DoesNotExist:
            return None
        return Export(username, row.export_id, row.requested_at, ExportState(row.state))

    def save(self, export: Export) -> None:
        """Put an export in the place of the one before."""
        UserRow(
            export.username,
            _EXPORT,
            export_id=export.export_id,
            requested_at=export.requested_at,
            state=export.state.value,
            expires_at=int(export.expires_at.timestamp()),
        ).save()


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


class FeedbackStore:
    """What users think of the platform, in `users`."""

    def add(self, feedback: Feedback) -> None:
        """Keep feedback until it expires."""
        UserRow(
            feedback.username,
            f"{_FEEDBACK}{to_ms(feedback.at):013}#{feedback.feedback_id}",
            requested_at=feedback.at,
            feedback=feedback.text,
            rating=feedback.rating,
            may_contact=feedback.may_contact,
            expires_at=int(feedback.expires_at.timestamp()),
        ).save()

    def list_all(self, username: str) -> list[Feedback]:
        """Return a user's feedback, oldest first."""
        return [
            Feedback(
                row.item.rpartition("#")[2],
                username,
                row.requested_at,
                row.feedback or "",
                int(row.rating or 0),
                bool(row.may_contact),
            )
            for row in UserRow.query(username, UserRow.item.startswith(_FEEDBACK), consistent_read=True)
            if row.requested_at is not None
        ]


class PreferenceStore:
    """What each user's apps keep, in `users`."""

    def find(self, username: str) -> str | None:
        """Return the text that was kept last."""
        try:
            return str(UserRow.get(username, _PREFERENCES, consistent_read=True).preferences)
        except UserRow.DoesNotExist:
            return None

    def save(self, username: str, text: str) -> None:
        """Put a text in the place of the one before."""
        UserRow(username, _PREFERENCES, preferences=text).save()


class UserStore:
    """A user's whole partition of `users`."""

    def erase(self, username: str) -> None:
        """Delete every row of a user, and the holder items of the user's push endpoints."""
        rows = list(UserRow.query(username, consistent_read=True))
        for row in rows:
            if row.item.startswith(_PUSH):
                _release(row.item, username)
        with UserRow.batch_write() as batch:
            for row in rows:
                batch.delete(row)


class IdpCodeStore:
    """Codes of social sign-ins."""

    def put(self, code_id: str, code: str, now: datetime, expires_at: datetime) -> None:
        """Store a code. Raise AlreadyExists when the id holds a code that has not expired."""
        row = IdpCodeRow(code_id, code=code, good_until=expires_at, expires_at=int(expires_at.timestamp()))
        try:
            row.save(condition=IdpCodeRow.id.does_not_exist() | (IdpCodeRow.good_until <= now))
        except PutError as failed:
            raise_unless_refused(failed)
            raise AlreadyExists from failed

    def take(self, code_id: str, now: datetime) -> str | None:
        """Return the code to one caller only and delete it. None when there is no valid code."""
        try:
            row = IdpCodeRow.get(code_id, consistent_read=True)
            row.delete(condition=IdpCodeRow.good_until == row.good_until)
        except IdpCodeRow.DoesNotExist:
            return None
        except DeleteError as failed:
            raise_unless_refused(failed)
            return None
        return row.code if row.good_until > now else None


class RateLimitStore:
    """Counters of attempts."""

    def count(self, bucket: str, expires_at: datetime, amount: int = 1) -> int:
        """Add to a counter and return its value."""
        row = RateLimitRow(bucket)
        forgotten_at = int((expires_at + timedelta(minutes=1)).timestamp())
        row.update(actions=[RateLimitRow.attempts.add(amount), RateLimitRow.expires_at.set(forgotten_at)])
        return int(row.attempts)

    def read(self, bucket: str) -> int:
        """Return the value of a counter, 0 when there is none."""
        try:
            return int(RateLimitRow.get(bucket, consistent_read=True).attempts)
        except RateLimitRow.DoesNotExist:
            return 0


def _release(push_item: str, username: str) -> None:
    """Delete a holder item if it still names this user."""
    try:
        UserRow(push_item, _HOLDER).delete(condition=UserRow.holder == username)
    except DeleteError as failed:
        raise_unless_refused(failed)


def _push_item(push_token: PushToken) -> str:
    """Build the sort key; a token may be longer than the 1,024 bytes that a sort key holds."""
    return f"{_PUSH}{push_token.platform}#{sha256(push_token.token.encode()).hexdigest()}"


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

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

from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import sha256

from pynamodb.attributes import BooleanAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.exceptions import DeleteError, PutError

from iotcloud.dynamodb import InstantAttribute, Row, raise_unless_refused
from iotcloud.errors import AlreadyExists
from iotcloud.users.exports import Export, ExportState
from iotcloud.users.push_tokens import PushPlatform, PushToken

_PUSH = "push#"
_EXPORT = "export"
_PREFERENCES = "preferences"
_HOLDER = "holder"


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

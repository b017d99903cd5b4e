"""The rows that hang on a user. What Cognito keeps (addresses, names, passwords) is not repeated here.

`users` has one partition per user; the sort key `item` says what a row is: `push#{service}#{digest of the token}`.
"""

from collections.abc import Sequence
from hashlib import sha256

from pynamodb.attributes import UnicodeAttribute

from iotcloud.rows import Row
from iotcloud.users.push_tokens import PushPlatform, PushToken

_PUSH = "push#"


class UserRow(Row):
    class Meta(Row.Meta):
        table_name = "users"

    username = UnicodeAttribute(hash_key=True)
    item = UnicodeAttribute(range_key=True)
    platform = UnicodeAttribute(null=True)
    token = UnicodeAttribute(null=True)
    session = UnicodeAttribute(null=True)


class DynamoPushTokens:
    """Push tokens in `users`."""

    def save(self, push_token: PushToken) -> None:
        UserRow(
            push_token.username,
            _push_item(push_token),
            platform=push_token.platform.value,
            token=push_token.token,
            session=push_token.session,
        ).save()

    def list_all(self, username: str) -> Sequence[PushToken]:
        return [
            PushToken(row.username, PushPlatform(row.platform), row.token, row.session)
            for row in UserRow.query(username, UserRow.item.startswith(_PUSH), consistent_read=True)
        ]

    def forget(self, push_tokens: Sequence[PushToken]) -> None:
        with UserRow.batch_write() as batch:
            for push_token in push_tokens:
                batch.delete(UserRow(push_token.username, _push_item(push_token)))


def _push_item(push_token: PushToken) -> str:
    """Build the sort key; a token may be longer than the 1,024 bytes that a sort key holds."""
    return f"{_PUSH}{push_token.platform}#{sha256(push_token.token.encode()).hexdigest()}"

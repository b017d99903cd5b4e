"""The rows of users whose access tokens may still be good and are refused: the suspended, and those whose account was
closed. They stand together, so that one request reads them all, and go with the last token, when the user pool's own
refusal is enough."""

from datetime import datetime, timedelta

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from iotcloud.dynamodb import InstantAttribute, Row

_ALL = "suspended"


class SuspensionRow(Row):
    class Meta(Row.Meta):
        table_name = "suspensions"

    kind = UnicodeAttribute(hash_key=True)
    username = UnicodeAttribute(range_key=True)
    expires_at = NumberAttribute()
    issued_until = InstantAttribute(null=True)
    """Tokens that were issued later are good: they are those of an account anew."""


class SuspensionStore:
    """Keeps who was suspended lately."""

    def add(self, username: str, now: datetime, lasts: timedelta) -> None:
        """Suspend a user for as long as their access tokens may last."""
        SuspensionRow(_ALL, username, expires_at=int((now + lasts).timestamp()) + 1).save()

    def close(self, username: str, now: datetime, lasts: timedelta) -> None:
        """Refuse the tokens that a closed account has, for as long as they may last."""
        SuspensionRow(_ALL, username, expires_at=int((now + lasts).timestamp()) + 1, issued_until=now).save()

    def remove(self, username: str) -> None:
        """Let a user in again; nothing to do when they are not suspended."""
        SuspensionRow(_ALL, username).delete()

    def list_refused(self, now: datetime) -> dict[str, datetime | None]:
        """Return whose tokens are refused, and until when issued ones are; None for all. One request."""
        rows = SuspensionRow.query(_ALL, consistent_read=True)
        return {row.username: row.issued_until for row in rows if row.expires_at > now.timestamp()}

"""The rows of suspensions: those of users whose access tokens may still be good. They stand together, so that one
request reads them all, and go with the last token, when the user pool's own refusal is enough."""

from datetime import datetime, timedelta

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from iotcloud.rows import Row

_ALL = "suspended"


class SuspensionRow(Row):
    class Meta(Row.Meta):
        table_name = "suspensions"

    kind = UnicodeAttribute(hash_key=True)
    username = UnicodeAttribute(range_key=True)
    expires_at = NumberAttribute()


class SuspensionStore:
    """Keeps who was suspended lately."""

    def add(self, username: str, now: datetime, lasts: timedelta) -> None:
        """Suspend a user for as long as their access tokens may last."""
        SuspensionRow(_ALL, username, expires_at=int((now + lasts).timestamp()) + 1).save()

    def remove(self, username: str) -> None:
        """Let a user in again; nothing to do when they are not suspended."""
        SuspensionRow(_ALL, username).delete()

    def list_suspended(self, now: datetime) -> frozenset[str]:
        """Return who is suspended: one request."""
        rows = SuspensionRow.query(_ALL, consistent_read=True)
        return frozenset(row.username for row in rows if row.expires_at > now.timestamp())

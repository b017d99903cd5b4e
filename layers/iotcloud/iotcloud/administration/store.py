"""Rows of users whose access tokens are refused before they expire: of suspended and of deleted accounts. One partition
holds them, so one request reads them all. They expire with the last token; then the user pool's own refusal
suffices."""

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
    """Later tokens are valid: they belong to a new account of the same name."""


class SuspensionStore:
    """Keeps who was suspended lately."""

    def add(self, username: str, now: datetime, lasts: timedelta) -> None:
        """Suspend a user for as long as their access tokens may last."""
        SuspensionRow(_ALL, username, expires_at=int((now + lasts).timestamp()) + 1).save()

    def close(self, username: str, now: datetime, lasts: timedelta) -> None:
        """Refuse the tokens that a closed account has, for as long as they may last."""
        SuspensionRow(_ALL, username, expires_at=int((now + lasts).timestamp()) + 1, issued_until=now).save()

    def remove(self, username: str) -> None:
        """End a suspension. Idempotent."""
        SuspensionRow(_ALL, username).delete()

    def list_refused(self, now: datetime) -> dict[str, datetime | None]:
        """Return the users whose tokens are refused, with the latest issue time refused; None for all tokens. One
        request.
        """
        rows = SuspensionRow.query(_ALL, consistent_read=True)
        return {row.username: row.issued_until for row in rows if row.expires_at > now.timestamp()}

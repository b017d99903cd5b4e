"""The list of rejected access tokens, in memory."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta


@dataclass
class FakeSuspensions:
    """Replaces SuspensionStore."""

    kept: dict[str, tuple[datetime, datetime | None]] = field(default_factory=dict)
    reads: int = 0

    def add(self, username: str, now: datetime, lasts: timedelta) -> None:
        """See SuspensionStore."""
        self.kept[username] = now + lasts, None

    def close(self, username: str, now: datetime, lasts: timedelta) -> None:
        """See SuspensionStore."""
        self.kept[username] = now + lasts, now

    def remove(self, username: str) -> None:
        """See SuspensionStore."""
        self.kept.pop(username, None)

    def list_refused(self, now: datetime) -> dict[str, datetime | None]:
        """See SuspensionStore."""
        self.reads += 1
        return {username: until for username, (expires_at, until) in self.kept.items() if expires_at > now}

"""Codes of social sign-ins in memory."""

from dataclasses import dataclass, field
from datetime import datetime

from iotcloud.errors import AlreadyExists


@dataclass
class FakeIdpCodes:
    """Replaces IdpCodeStore."""

    kept: dict[str, tuple[str, datetime]] = field(default_factory=dict)

    def put(self, code_id: str, code: str, now: datetime, expires_at: datetime) -> None:
        if code_id in self.kept and self.kept[code_id][1] > now:
            raise AlreadyExists
        self.kept[code_id] = (code, expires_at)

    def take(self, code_id: str, now: datetime) -> str | None:
        code, expires_at = self.kept.pop(code_id, ("", now))
        return code if expires_at > now else None

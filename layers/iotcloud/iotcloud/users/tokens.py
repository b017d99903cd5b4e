"""Claims of a verified access token, and the interface that verifies it."""

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True)
class Claims:
    """The claims of a verified access token that the operations need."""

    username: str
    groups: frozenset[str] = frozenset()
    session: str = ""
    """The sign-in that the token descends from, the same after every refresh (Cognito's `origin_jti`)."""
    issued_at: datetime | None = field(default=None, compare=False)

"""Claims of a verified access token, and the interface that verifies it."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True)
class Claims:
    """The claims of a verified access token that the operations need."""

    username: str
    groups: frozenset[str] = frozenset()
    session: str = ""
    """The sign-in that the token descends from, the same after every refresh (Cognito's `origin_jti`)."""
    issued_at: datetime | None = field(default=None, compare=False)


class TokenVerifier(Protocol):
    """Verifies access tokens."""

    def verify(self, token: str) -> Claims:
        """Return the token's claims.

        Raise TokenExpired when it is unreadable, not signed by the user pool or out of its time; NotAuthenticated
        when it is genuine and of another kind, client or pool.
        """
        ...

    def identify(self, token: str) -> Claims:
        """Return the claims of a token that may be out of its time; otherwise as `verify`."""
        ...

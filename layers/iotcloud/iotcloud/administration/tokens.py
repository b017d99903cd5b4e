"""Access tokens of suspended users are refused, though they are genuine and not out of their time."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from iotcloud.clock import Clock
from iotcloud.errors import NotAuthenticated
from iotcloud.users.tokens import Claims, TokenVerifier

READ_AGAIN_AFTER = timedelta(seconds=15)
"""How old the list of suspended users may be; so long may a suspension take effect."""


class Suspensions(Protocol):
    """Knows who is suspended."""

    def list_suspended(self, now: datetime) -> frozenset[str]: ...


@dataclass
class TokensOfTheAdmitted:
    """A verifier that refuses what another takes, when its user is suspended."""

    verifier: TokenVerifier
    suspensions: Suspensions
    clock: Clock
    _suspended: frozenset[str] = field(default=frozenset(), init=False)
    _read_at: datetime | None = field(default=None, init=False)

    def verify(self, token: str) -> Claims:
        """Return the claims of an access token, as the other verifier; raise NotAuthenticated for the suspended."""
        return self._admitted(self.verifier.verify(token))

    def identify(self, token: str) -> Claims:
        """Return the claims of a token that may be out of its time; otherwise as `verify`."""
        return self._admitted(self.verifier.identify(token))

    def _admitted(self, claims: Claims) -> Claims:
        now = self.clock()
        if self._read_at is None or now - self._read_at >= READ_AGAIN_AFTER:
            self._suspended, self._read_at = self.suspensions.list_suspended(now), now
        if claims.username in self._suspended:
            raise NotAuthenticated
        return claims

"""Access tokens of suspended users and closed accounts are refused, though genuine and not out of their time."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from iotcloud.administration.interfaces import Suspensions
from iotcloud.clock import Clock
from iotcloud.errors import NotAuthenticated
from iotcloud.users.interfaces import TokenVerifier
from iotcloud.users.tokens import Claims

READ_AGAIN_AFTER = timedelta(seconds=15)
"""Cache lifetime of the list, and so the longest delay until a token is refused."""


@dataclass
class SuspensionAwareVerifier:
    """Wraps a verifier, and refuses tokens of suspended and deleted users."""

    verifier: TokenVerifier
    suspensions: Suspensions
    clock: Clock
    _refused: Mapping[str, datetime | None] = field(default_factory=dict, init=False)
    _read_at: datetime | None = field(default=None, init=False)

    def verify(self, token: str) -> Claims:
        """Return the claims of an access token, as the other verifier; raise NotAuthenticated for the refused."""
        return self._admitted(self.verifier.verify(token))

    def identify(self, token: str) -> Claims:
        """Return the claims of a token that may be out of its time; otherwise as `verify`."""
        return self._admitted(self.verifier.identify(token))

    def _admitted(self, claims: Claims) -> Claims:
        now = self.clock()
        if self._read_at is None or now - self._read_at >= READ_AGAIN_AFTER:
            self._refused, self._read_at = self.suspensions.list_refused(now), now
        if claims.username in self._refused and _is_refused(claims, self._refused[claims.username]):
            raise NotAuthenticated
        return claims


def _is_refused(claims: Claims, issued_until: datetime | None) -> bool:
    return issued_until is None or claims.issued_at is None or claims.issued_at <= issued_until

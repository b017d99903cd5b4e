"""Hands the authorization code of a social sign-in from the callback window to the app window: once, within two
minutes.

Neither window is signed in yet, so the id is the only key and must be hard to guess. A client that uses PKCE makes a
stolen code worthless.
"""

from dataclasses import dataclass
from datetime import timedelta

from iotcloud.clock import Clock, utc_now
from iotcloud.errors import InvalidInput, NotFound, Problem
from iotcloud.users.interfaces import IdpCodeStore

MIN_ID_LENGTH = 10
"""The web app draws ten digits."""
KEPT_SECONDS = 120
"""As long as the web app waits."""


@dataclass(frozen=True)
class SocialSignInService:
    """Hand a code from one window to the other."""

    store: IdpCodeStore
    clock: Clock = utc_now

    def store_code(self, code_id: str, code: str) -> None:
        """Store a code under an id. An empty code reports a failed sign-in.

        Raise InvalidInput for an id that can be guessed, AlreadyExists for one in use.
        """
        _require_unguessable(code_id)
        now = self.clock()
        self.store.put(code_id, code, now, now + timedelta(seconds=KEPT_SECONDS))

    def query_code(self, code_id: str) -> str:
        """Return the code of an id, once. Raise NotFound while there is none."""
        _require_unguessable(code_id)
        code = self.store.take(code_id, self.clock())
        if code is None:
            raise NotFound
        return code


def _require_unguessable(code_id: str) -> None:
    if len(code_id) < MIN_ID_LENGTH:
        raise InvalidInput(detail=[Problem("id", f"at least {MIN_ID_LENGTH} characters")])

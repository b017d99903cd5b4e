"""The letter box of a social sign-in: the window at the identity provider leaves its code, the one that waits takes it.

Nobody is signed in yet on either side, so that the id is the only key: it must be long, and holds one code, once, for
two minutes. A client that asks for its code with PKCE makes a stolen one worthless.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from iotcloud.clock import Clock, utc_now
from iotcloud.errors import InvalidInput, NotFound

MIN_ID_LENGTH = 10
"""The web app draws ten digits."""
KEPT_SECONDS = 120
"""As long as the web app waits."""


class IdpCodeStore(Protocol):
    """Keeps codes."""

    def put(self, code_id: str, code: str, now: datetime, expires_at: datetime) -> None:
        """Keep a code; raise AlreadyExists when the id holds one that has not expired."""
        ...

    def take(self, code_id: str, now: datetime) -> str | None:
        """Return the code to one caller only, and forget it; None when there is none, or none any more."""
        ...


@dataclass(frozen=True)
class SocialSignInService:
    """Hand a code from one window to the other."""

    store: IdpCodeStore
    clock: Clock = utc_now

    def store_code(self, code_id: str, code: str) -> None:
        """Keep a code under an id; an empty one says that the sign-in failed.

        Raise InvalidInput for an id that can be guessed, AlreadyExists for one in use.
        """
        _require_unguessable(code_id)
        now = self.clock()
        self.store.put(code_id, code, now, now + timedelta(seconds=KEPT_SECONDS))

    def query_code(self, code_id: str) -> str:
        """Return the code of an id, once; raise NotFound when it is not there, or not yet."""
        _require_unguessable(code_id)
        code = self.store.take(code_id, self.clock())
        if code is None:
            raise NotFound
        return code


def _require_unguessable(code_id: str) -> None:
    if len(code_id) < MIN_ID_LENGTH:
        raise InvalidInput(detail=[f"id: at least {MIN_ID_LENGTH} characters"])

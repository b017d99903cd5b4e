"""The tokens of a sign-in, refreshed once for all calls that find them expired."""

from collections.abc import Callable, Generator
from dataclasses import dataclass
from threading import Lock

import httpx

REFRESH_PATH = "/user/token"
EXPIRED = "Token expired"
"""The message of a 401 after which the API's contract has clients refresh."""


@dataclass(frozen=True)
class Tokens:
    """What signing in gave."""

    access: str
    id: str
    refresh: str


class TokenAuth(httpx.Auth):
    """Sends the access token, and sends a call again with a new one when it has expired.

    Of many calls at once, the first that is refused refreshes; the others wait, and take what it got.
    """

    requires_response_body = True

    def __init__(self, base_url: str, tokens: Tokens, keep: Callable[[Tokens], None]) -> None:
        self._url = base_url + REFRESH_PATH
        self._keep = keep
        self._lock = Lock()
        self.tokens = tokens

    def sync_auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        used = self.tokens
        request.headers["Authorization"] = f"Bearer {used.access}"
        response = yield request
        response.read()
        if not _has_expired(response):
            return
        with self._lock:
            if self.tokens is used:
                refreshed = yield self._refresh(used)
                refreshed.read()
                if refreshed.status_code != httpx.codes.OK:
                    return
                self.tokens = Tokens(**{name: refreshed.json()["token"][name] for name in ("access", "id", "refresh")})
                self._keep(self.tokens)
        request.headers["Authorization"] = f"Bearer {self.tokens.access}"
        yield request

    def _refresh(self, tokens: Tokens) -> httpx.Request:
        body = {"refresh": tokens.refresh, "id": tokens.id}
        return httpx.Request("POST", self._url, json=body, headers={"Authorization": f"Bearer {tokens.access}"})


def _has_expired(response: httpx.Response) -> bool:
    if response.status_code != httpx.codes.UNAUTHORIZED:
        return False
    try:
        return bool(response.json().get("message") == EXPIRED)
    except (ValueError, AttributeError):
        return False

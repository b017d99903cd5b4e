"""The API behind one object: sign-in, calls of generated operations, and lists without end of page."""

from base64 import b64encode
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import httpx

from iotcloud_client.failures import ApiFailure, NoAnswer, NotSignedIn
from iotcloud_client.generated.api.users import answer_login_challenge, log_in
from iotcloud_client.generated.client import AuthenticatedClient, Client
from iotcloud_client.generated.models.challenge_body import ChallengeBody
from iotcloud_client.generated.models.challenge_kind import ChallengeKind
from iotcloud_client.generated.models.failure import Failure
from iotcloud_client.generated.models.log_in_answer import LogInAnswer
from iotcloud_client.generated.types import UNSET, Response
from iotcloud_client.retries import RetryingTransport
from iotcloud_client.tokens import TokenAuth, Tokens

T = TypeVar("T")

TIMEOUT_SECONDS = 30.0
"""Longer than API Gateway waits for an operation."""
EXPORT_CURSOR = "X-Cursor"


class Cloud:
    """The API at one address, for one person.

    `keep` is called with new tokens after a sign-in or a refresh.
    """

    def __init__(
        self,
        api_url: str,
        tokens: Tokens | None = None,
        *,
        keep: Callable[[Tokens], None] = lambda _: None,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self.api_url = api_url.rstrip("/")
        self._keep = keep
        self._transport = transport or RetryingTransport(httpx.HTTPTransport())
        self._client: AuthenticatedClient | None = None
        if tokens is not None:
            self._sign_in(tokens)

    def log_in(self, username: str, password: str, answer: Callable[[ChallengeKind], str] | None = None) -> Tokens:
        """Sign in; `answer` gives the answer to a challenge. Raise ApiFailure, also for one that nobody answers."""
        credentials = b64encode(f"{username}:{password}".encode()).decode()
        with AuthenticatedClient(self.api_url, credentials, prefix="Basic", **self._options()) as client:
            found = self.call(log_in.sync_detailed, client=client)
        while not found.token:
            found = self._answer(found, answer)
        tokens = Tokens(found.token.access, found.token.id, found.token.refresh)
        self._keep(tokens)
        self._sign_in(tokens)
        return tokens

    def ask(self, operation: Callable[..., Response[T | Failure]], *path: Any, **arguments: Any) -> T:
        """Call a generated operation: `cloud.ask(get_status.sync_detailed, "Barn unit")`.

        Raise ApiFailure when it is refused, NoAnswer when no answer comes, NotSignedIn without tokens.
        """
        return self.call(operation, *path, client=self._signed_in(), **arguments)

    def pages(
        self, operation: Callable[..., Response[T | Failure]], member: str, *path: Any, **arguments: Any
    ) -> Iterator[Any]:
        """Go through the items of a list, a page after another; `member` is what the answer calls them."""
        cursor: Any = UNSET
        while True:
            answer: Any = self.ask(operation, *path, cursor=cursor, **arguments)
            yield from getattr(answer, member) or ()
            cursor = answer.cursor
            if not cursor:
                return

    def filtered_pages(self, operation: Callable[..., Response[T | Failure]], member: str, body: Any) -> Iterator[Any]:
        """The same for operations whose body has the cursor."""
        while True:
            answer: Any = self.ask(operation, body=body)
            yield from getattr(answer, member)
            if not answer.cursor:
                return
            body.cursor = answer.cursor

    def files(self, operation: Callable[..., Response[Any]], *path: Any, **arguments: Any) -> Iterator[bytes]:
        """Go through the parts of an exported file, which put one after another are the whole."""
        cursor: Any = UNSET
        while True:
            response = self._sent(operation, *path, client=self._signed_in(), cursor=cursor, **arguments)
            yield response.content
            cursor = response.headers.get(EXPORT_CURSOR)
            if not cursor:
                return

    def close(self) -> None:
        """Close all connections."""
        self._transport.close()

    def call(self, operation: Callable[..., Response[T | Failure]], *path: Any, **arguments: Any) -> T:
        """Call a generated operation with a client that is among the arguments."""
        response = self._sent(operation, *path, **arguments)
        if response.parsed is None or isinstance(response.parsed, Failure):
            raise _failure(response)
        return response.parsed

    @property
    def shared(self) -> dict[str, Any]:
        """Arguments for another client that goes the same way to the API."""
        return {"transport": _Kept(self._transport)}

    def anonymous(self) -> Client:
        """Return a client for operations that need no token, such as sign-up."""
        return Client(self.api_url, **self._options())

    def call_anonymously(self, operation: Callable[..., Response[T | Failure]], *path: Any, **arguments: Any) -> T:
        """Call an operation that needs no token."""
        return self.call(operation, *path, client=self.anonymous(), **arguments)

    def _answer(self, found: LogInAnswer, answer: Callable[[ChallengeKind], str] | None) -> LogInAnswer:
        if answer is None or not found.challenge or not found.session:
            raise ApiFailure(401, "challenge", f"Login asks for {found.challenge or 'nothing'} besides the password")
        body = ChallengeBody(found.challenge, found.session, answer(found.challenge))
        return self.call_anonymously(answer_login_challenge.sync_detailed, body=body)

    def _sign_in(self, tokens: Tokens) -> None:
        auth = TokenAuth(self.api_url, tokens, self._keep)
        options = self._options()
        options["httpx_args"] = {**options["httpx_args"], "auth": auth}
        self._client = AuthenticatedClient(self.api_url, tokens.access, **options)

    def _signed_in(self) -> AuthenticatedClient:
        if self._client is None:
            raise NotSignedIn
        return self._client

    def _options(self) -> dict[str, Any]:
        return {"timeout": httpx.Timeout(TIMEOUT_SECONDS), "httpx_args": self.shared}

    def _sent(self, operation: Callable[..., Response[T]], *path: Any, **arguments: Any) -> Response[T]:
        try:
            response = operation(*path, **arguments)
        except httpx.TransportError as failed:
            raise NoAnswer(str(failed)) from failed
        if response.status_code >= httpx.codes.BAD_REQUEST:
            raise _failure(response)
        return response


class _Kept(httpx.BaseTransport):
    """A transport that several clients share, which outlives each of them."""

    def __init__(self, shared: httpx.BaseTransport) -> None:
        self._shared = shared

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        return self._shared.handle_request(request)


def _failure(response: Response[Any]) -> ApiFailure:
    return ApiFailure.of(httpx.Response(int(response.status_code), content=response.content))

"""Why a call did not succeed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import httpx


@dataclass(frozen=True)
class Detail:
    """What is wrong with one member of a request; `member` is empty for the request as a whole."""

    member: str
    reason: str

    def __str__(self) -> str:
        return f"{self.member}: {self.reason}" if self.member else self.reason


class ApiFailure(Exception):
    """The API refused a call. `code` is for programs (api/enumerations.json lists all), `message` is for people."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        detail: Sequence[Detail] = (),
        value: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.detail = tuple(detail)
        self.value = dict(value or {})

    @classmethod
    def of(cls, response: httpx.Response) -> Self:
        """Read a failure; an answer that is none of the API's has the code `http_` and its status."""
        try:
            body = response.json()
        except ValueError:
            body = None
        known: Mapping[str, Any] = body if isinstance(body, dict) else {}
        listed = known.get("detail")
        detail = [Detail(str(one.get("member", "")), str(one.get("reason", ""))) for one in listed or () if one]
        return cls(
            response.status_code,
            str(known.get("code", f"http_{response.status_code}")),
            str(known.get("message") or response.reason_phrase),
            detail,
            known.get("value"),
        )

    def __str__(self) -> str:
        return "; ".join([self.message, *map(str, self.detail)])


class NoAnswer(Exception):
    """No answer came: the address is wrong, or the network is down."""


class NotSignedIn(Exception):
    """There are no tokens, or they can no longer be refreshed."""

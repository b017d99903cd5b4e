"""Where a person's phones want their push messages, one entry per phone and push service."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from iotcloud.errors import InvalidInput, NotAuthenticated
from iotcloud.notices.addresses import MAX_RECIPIENTS
from iotcloud.notices.dispatch import Phone
from iotcloud.users.tokens import TokenVerifier


class PushPlatform(StrEnum):
    """The service that carries messages to a phone; spelled as in the contract."""

    APNS = "APNS"
    GCM = "GCM"


@dataclass(frozen=True)
class PushToken:
    """One phone's address at a push service, and the sign-in session that gave it."""

    username: str
    platform: PushPlatform
    token: str = field(repr=False)
    session: str


class PushTokenStore(Protocol):
    """Keeps push tokens."""

    def save(self, push_token: PushToken) -> None:
        """Keep a token; the same user, token and service again replaces the session."""
        ...

    def list_all(self, username: str) -> Sequence[PushToken]:
        """Return a user's tokens."""
        ...

    def find_holder(self, platform: PushPlatform, token: str) -> str | None:
        """Return who registered a phone last; None when nobody has it."""
        ...

    def forget(self, push_tokens: Sequence[PushToken]) -> None:
        """Remove tokens; those that are gone already are no error."""
        ...


SHOWN = {PushPlatform.APNS: "iOS", PushPlatform.GCM: "Android"}
"""What is shown of a phone in place of its token (contract, section 7)."""


@dataclass(frozen=True)
class PushEndpointList:
    """A person's phones, for those who push messages to them."""

    store: PushTokenStore

    def list_phones(self, username: str) -> Sequence[Phone]:
        """Each phone: what to show of it, and its address at its push service."""
        return [
            Phone(SHOWN[kept.platform], f"{kept.platform.value}:{kept.token}") for kept in self.store.list_all(username)
        ]

    def forget_phone(self, username: str, target: str) -> None:
        """Forget the phone of that address; it registers again when its app is opened."""
        self.store.forget(
            [kept for kept in self.store.list_all(username) if f"{kept.platform.value}:{kept.token}" == target]
        )


@dataclass(frozen=True)
class PushTokenService:
    """Register and forget phones.

    A token hangs on the sign-in session, not on the access token as in the original, so that a refresh moves nothing.
    """

    store: PushTokenStore
    tokens: TokenVerifier

    def register(self, username: str, session: str, token: str, platform: str) -> None:
        """Keep a phone's token; raise InvalidInput for an unknown service, or for one phone more than an account has.

        A phone that is registered already is taken again. Two at the same instant may both be taken: notices go to the
        first MAX_RECIPIENTS phones in any case. One that another account registered is no longer that account's: who
        signs in on a phone last holds it.
        """
        if platform not in list(PushPlatform):
            raise InvalidInput
        others = [kept for kept in self.store.list_all(username) if (kept.platform, kept.token) != (platform, token)]
        if len(others) >= MAX_RECIPIENTS:
            raise InvalidInput(detail=[f"devicetoken: at most {MAX_RECIPIENTS} phones; log out on one first"])
        holder = self.store.find_holder(PushPlatform(platform), token)
        if holder is not None and holder != username:
            self.store.forget([PushToken(holder, PushPlatform(platform), token, "")])
        self.store.save(PushToken(username, PushPlatform(platform), token, session))

    def forget_session(self, access_token: str) -> None:
        """Forget the tokens of an access token's session, expired or not; one that is not genuine changes nothing."""
        try:
            claims = self.tokens.identify(access_token)
        except NotAuthenticated:
            return
        self.store.forget([kept for kept in self.store.list_all(claims.username) if kept.session == claims.session])

"""Push endpoints: app installations that receive push messages, one entry per installation and service."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from iotcloud.errors import InvalidInput, NotAuthenticated, Problem
from iotcloud.users.interfaces import PushTokenStore, TokenVerifier
from iotcloud.users.model import MAX_RECIPIENTS, PushEndpoint


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


SHOWN = {PushPlatform.APNS: "iOS", PushPlatform.GCM: "Android"}
"""The masked token that is shown to people (contract, section 7)."""


@dataclass(frozen=True)
class PushEndpointList:
    """A user's push endpoints, for senders."""

    store: PushTokenStore

    def list_phones(self, username: str) -> Sequence[PushEndpoint]:
        """Return for each endpoint its masked token and its address at the push service."""
        return [
            PushEndpoint(SHOWN[kept.platform], f"{kept.platform.value}:{kept.token}")
            for kept in self.store.list_all(username)
        ]

    def forget_phone(self, username: str, target: str) -> None:
        """Remove the endpoint of that address. The app registers again when it is opened."""
        self.store.forget(
            [kept for kept in self.store.list_all(username) if f"{kept.platform.value}:{kept.token}" == target]
        )


@dataclass(frozen=True)
class PushTokenService:
    """Register and remove push endpoints.

    A token belongs to the sign-in session, not to the access token as in the original, so a refresh changes nothing.
    """

    store: PushTokenStore
    tokens: TokenVerifier

    def register(self, username: str, session: str, token: str, platform: str) -> None:
        """Store an endpoint's token. Raise InvalidInput for an unknown service, or above the limit per account.

        Registering again is idempotent. Two concurrent calls may exceed the limit by one; notices go to the first
        MAX_RECIPIENTS endpoints in any case. An endpoint belongs to the account that signed in on it last.
        """
        if platform not in list(PushPlatform):
            raise InvalidInput
        others = [kept for kept in self.store.list_all(username) if (kept.platform, kept.token) != (platform, token)]
        if len(others) >= MAX_RECIPIENTS:
            raise InvalidInput(
                detail=[Problem("devicetoken", f"at most {MAX_RECIPIENTS} phones; log out on one first")]
            )
        holder = self.store.find_holder(PushPlatform(platform), token)
        if holder is not None and holder != username:
            self.store.forget([PushToken(holder, PushPlatform(platform), token, "")])
        self.store.save(PushToken(username, PushPlatform(platform), token, session))

    def forget_session(self, access_token: str) -> None:
        """Remove the push tokens of an access token's session, expired or not. An invalid token is ignored."""
        try:
            claims = self.tokens.identify(access_token)
        except NotAuthenticated:
            return
        self.store.forget([kept for kept in self.store.list_all(claims.username) if kept.session == claims.session])

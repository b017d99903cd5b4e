"""Closing an account: it is gone at once, and all that hangs on it soon after, whatever fails on the way."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from iotcloud.clock import Clock
from iotcloud.users.directory import Directory


class PersonalData(Protocol):
    """What a feature keeps of a user."""

    def erase(self, username: str) -> None:
        """Delete all of it, or what names the user where the law asks to keep it; once more changes nothing."""
        ...


@dataclass(frozen=True)
class Erasure:
    """The order to erase what a closed account left."""

    username: str
    closed_at: datetime
    passes: int = 0
    """How often it was done before."""


class Erasures(Protocol):
    """Orders that are carried out later, and again until they succeed."""

    def request(self, erasure: Erasure, delay: timedelta = timedelta()) -> None: ...


class Tokens(Protocol):
    """Keeps whose access tokens are refused."""

    def close(self, username: str, now: datetime, lasts: timedelta) -> None: ...


@dataclass(frozen=True)
class AccountDeletionService:
    """Close accounts on their owners' demand."""

    directory: Directory
    erasures: Erasures
    tokens: Tokens
    access_token_lifetime: timedelta
    clock: Clock

    def delete_user(self, username: str, access_token: str) -> None:
        """Delete the account and order the erasure of its data; raise NotAuthenticated when the token was revoked.

        The order comes first: should deleting fail, it is part of the order too. Its tokens are good for nothing then.
        """
        self.directory.get_account(access_token)
        now = self.clock()
        self.erasures.request(Erasure(username, now))
        self.tokens.close(username, now, self.access_token_lifetime)
        self.directory.delete_account(username)


@dataclass(frozen=True)
class ErasureService:
    """Carry out erasures."""

    directory: Directory
    owned: Mapping[str, PersonalData]
    """By feature, in the order in which they are erased."""
    erasures: Erasures
    access_token_lifetime: timedelta
    clock: Clock

    def erase_account(self, erasure: Erasure) -> None:
        """Erase everything of a closed account; any failure raises, and the order comes again.

        An access token outlives its account for up to its lifetime, and its bearer may have left something more. So
        the order is given again until no token is left. A name at an identity provider may by then be an account anew:
        what is there now belongs to that one.
        """
        account = self.directory.find_account(erasure.username)
        has_returned = account is not None and account.created_at is not None and account.created_at > erasure.closed_at
        if has_returned and erasure.passes:
            return
        for data in self.owned.values():
            data.erase(erasure.username)
        if not has_returned:
            self.directory.delete_account(erasure.username)
        remaining = erasure.closed_at + self.access_token_lifetime - self.clock()
        if remaining > timedelta():
            again = Erasure(erasure.username, erasure.closed_at, erasure.passes + 1)
            self.erasures.request(again, remaining)

"""Account deletion. The Cognito user is deleted at once; a retried background job erases the user's data."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from iotcloud.clock import Clock
from iotcloud.users.interfaces import Directory, Erasures, PersonalData, SuspendedTokens


@dataclass(frozen=True)
class Erasure:
    """A job that erases the data of a deleted account."""

    username: str
    closed_at: datetime
    passes: int = 0
    """Completed runs of this job so far."""


@dataclass(frozen=True)
class AccountDeletionService:
    """Close accounts on their owners' demand."""

    directory: Directory
    erasures: Erasures
    tokens: SuspendedTokens
    access_token_lifetime: timedelta
    clock: Clock

    def delete_user(self, username: str, access_token: str) -> None:
        """Delete the account and queue the erasure of its data. Raise NotAuthenticated when the token was revoked.

        The job is queued first. It deletes the account too, should the call here fail, and voids its tokens.
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
        """Erase all data of a deleted account. Any failure raises, so that the queue retries the job.

        An access token outlives its account, and its bearer may create more data. So the job is queued again until
        the last token has expired. By then the same name at an identity provider may be a new account: its data stays.
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

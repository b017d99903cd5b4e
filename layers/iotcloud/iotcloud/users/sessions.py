"""Signing in, staying signed in and signing out."""

from dataclasses import dataclass
from typing import Protocol

from iotcloud.errors import NotAuthenticated, TokensMissing
from iotcloud.users.credentials import Credentials
from iotcloud.users.directory import Directory
from iotcloud.users.model import Challenge, ChallengeKind, SignedIn, Tokens, normal_username, spellings_of_password
from iotcloud.users.rate_limits import ANSWERS_TO_ONE_ACCOUNT, MESSAGES_TO_ONE_ACCOUNT, SMS_CHALLENGE, Attempts


class SessionPushTokens(Protocol):
    """Forgets where a sign-in session wanted its push messages."""

    def forget_session(self, access_token: str) -> None:
        """Forget the push tokens of the session of a token; one that is not genuine changes nothing."""
        ...


class Texts(Protocol):
    """The text messages of a day, of all accounts together."""

    def spend(self) -> int:
        """Count one; answer 0, or the seconds until the next day when none is left."""
        ...


@dataclass(frozen=True)
class SessionService:
    """Open, renew and close sessions."""

    directory: Directory
    attempts: Attempts
    push_tokens: SessionPushTokens
    texts: Texts

    def log_in(self, credentials: Credentials) -> SignedIn | Challenge:
        """Check a password; raise NotAuthenticated, the same for a wrong password and an unknown name.

        Raise TooManyRequests after five text messages in a quarter of an hour. Only a right password sends one, so
        that no stranger uses them up. They count as text messages of the day, which does not stop them: nobody shall
        be able to keep all others from logging in.
        """
        username = normal_username(credentials.name)
        self.attempts.require_left(SMS_CHALLENGE, username, MESSAGES_TO_ONE_ACCOUNT)
        outcome = self._sign_in(username, credentials)
        if isinstance(outcome, Challenge) and outcome.kind is ChallengeKind.SMS:
            self.attempts.spend(SMS_CHALLENGE, username, MESSAGES_TO_ONE_ACCOUNT)
            self.texts.spend()
        return outcome

    def _sign_in(self, username: str, credentials: Credentials) -> SignedIn | Challenge:
        set_now, *typed = spellings_of_password(credentials.secret)
        try:
            return self.directory.sign_in(username, set_now)
        except NotAuthenticated:
            if not typed:
                raise
        return self.directory.sign_in(username, typed[0])

    def answer_challenge(self, challenge: Challenge, answer: str) -> SignedIn | Challenge:
        """Go on with a sign-in that asked for more; raise InvalidCode, PasswordRefused or NotAuthenticated.

        Answers are counted by the account's one name, in whichever spelling the client hands it back.
        """
        account = self.directory.find_account(challenge.username)
        subject = account.username if account else normal_username(challenge.username)
        self.attempts.spend("answer_challenge", subject, ANSWERS_TO_ONE_ACCOUNT)
        return self.directory.answer_challenge(challenge, answer)

    def refresh_tokens(self, refresh: str, id_token: str) -> Tokens:
        """Make new tokens; raise TokensMissing, RefreshTokenInvalid.

        The id token is asked for because the contract has it; who the caller is comes from the refresh token alone.
        """
        if not refresh or not id_token:
            raise TokensMissing
        return self.directory.refresh(refresh)

    def log_out(self, access_token: str) -> None:
        """Stop push messages to the session's phone. The tokens stay good for their time, as the contract has it."""
        self.push_tokens.forget_session(access_token)

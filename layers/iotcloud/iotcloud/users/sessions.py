"""Signing in, staying signed in and signing out."""

from dataclasses import dataclass

from iotcloud.errors import NotAuthenticated, TokensMissing
from iotcloud.users.credentials import Credentials
from iotcloud.users.interfaces import Attempts, Directory, SessionPushTokens, TextBudget
from iotcloud.users.model import Challenge, ChallengeKind, SignedIn, Tokens, normal_username, spellings_of_password
from iotcloud.users.rate_limits import ANSWERS_TO_ONE_ACCOUNT, MESSAGES_TO_ONE_ACCOUNT, SMS_CHALLENGE


@dataclass(frozen=True)
class SessionService:
    """Open, renew and close sessions."""

    directory: Directory
    attempts: Attempts
    push_tokens: SessionPushTokens
    texts: TextBudget

    def log_in(self, credentials: Credentials) -> SignedIn | Challenge:
        """Check a password. Raise NotAuthenticated for a wrong password and for an unknown name alike.

        Raise TooManyRequests after five text messages in a quarter of an hour. Only a correct password sends one, so
        an attacker cannot use them up. They count towards the day's total but are never blocked by it: otherwise one
        user could lock all others out.
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
        """Answer a challenge of a sign-in. Raise InvalidCode, PasswordRefused or NotAuthenticated.

        Attempts are counted by the account's normalized name, whatever spelling the client sends.
        """
        account = self.directory.find_account(challenge.username)
        subject = account.username if account else normal_username(challenge.username)
        self.attempts.spend("answer_challenge", subject, ANSWERS_TO_ONE_ACCOUNT)
        return self.directory.answer_challenge(challenge, answer)

    def refresh_tokens(self, refresh: str, id_token: str) -> Tokens:
        """Make new tokens; raise TokensMissing, RefreshTokenInvalid.

        The contract requires the id token; only the refresh token identifies the caller.
        """
        if not refresh or not id_token:
            raise TokensMissing
        return self.directory.refresh(refresh)

    def log_out(self, access_token: str) -> None:
        """Stop push messages to the session's endpoint. The tokens stay valid until they expire, as in the contract."""
        self.push_tokens.forget_session(access_token)

"""Changing a password: with the current one, or with a code that went to the account's e-mail address."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from iotcloud.clock import Clock
from iotcloud.errors import RequestRefused
from iotcloud.users.accounts import require_password
from iotcloud.users.credentials import Credentials
from iotcloud.users.interfaces import Attempts, Directory, SuspendedTokens
from iotcloud.users.model import normal_password, normal_username, spellings_of_password
from iotcloud.users.rate_limits import ANSWERS_TO_ONE_ACCOUNT, MESSAGES_TO_ONE_ACCOUNT

TOKEN_CLOCK_STEP = timedelta(seconds=1)
"""Tokens carry whole seconds: a token issued in the second of the password change may belong to the new session."""


@dataclass(frozen=True)
class PasswordService:
    """Set new passwords."""

    directory: Directory
    attempts: Attempts
    tokens: SuspendedTokens
    access_token_lifetime: timedelta
    clock: Clock

    def forgot_password(self, email: str) -> str:
        """Send a code to set a new password with; return the user name to use it with.

        The answer does not reveal whether the account exists.
        """
        username = normal_username(email)
        self.attempts.spend("forgot_password", username, MESSAGES_TO_ONE_ACCOUNT)
        self.directory.send_reset_code(username)
        return username

    def confirm_forgot_password(self, credentials: Credentials, code: str) -> None:
        """Set the new password that the credentials carry, and sign the account out everywhere, access tokens included.

        Raise InvalidCode, PasswordRefused.
        """
        username = normal_username(credentials.name)
        password = normal_password(credentials.secret)
        require_password(password, username)
        self.attempts.spend("confirm_forgot_password", username, ANSWERS_TO_ONE_ACCOUNT)
        now = self.clock()
        self.directory.reset_password(username, code, password)
        self._end_sessions(username, now)

    def change_password(
        self, username: str, access_token: str, passwords: Credentials, *, ends_sessions: bool = False
    ) -> None:
        """Replace the current password by the new one, and sign out everywhere on request, here too.

        Raise RequestRefused, PasswordRefused, TooManyRequests.
        """
        self.attempts.spend("change_password", username, ANSWERS_TO_ONE_ACCOUNT)
        now = self.clock()
        new = normal_password(passwords.secret)
        require_password(new, username="")
        set_now, *typed = spellings_of_password(passwords.name)
        try:
            self.directory.change_password(access_token, set_now, new)
        except RequestRefused:
            if not typed:
                raise
            self.directory.change_password(access_token, typed[0], new)
        if ends_sessions:
            self._end_sessions(username, now)

    def _end_sessions(self, username: str, now: datetime) -> None:
        """Revoke all refresh tokens of an account, and refuse its access tokens issued before `now`."""
        self.directory.sign_out_everywhere(username)
        account = self.directory.find_account(username)
        if account is not None:
            issued_until = now.replace(microsecond=0) - TOKEN_CLOCK_STEP
            self.tokens.close(account.pool_username, issued_until, self.access_token_lifetime + TOKEN_CLOCK_STEP)

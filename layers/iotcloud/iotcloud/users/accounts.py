"""Becoming a user: sign-up, and the code that proves the e-mail address."""

from dataclasses import dataclass

from iotcloud.errors import InvalidInput, IotCloudError, PasswordRefused, UsernameTaken
from iotcloud.users.credentials import Credentials
from iotcloud.users.interfaces import Attempts, Directory
from iotcloud.users.model import MIN_PASSWORD_LENGTH, FullName, is_guessable, normal_password, normal_username
from iotcloud.users.rate_limits import ANSWERS_TO_ONE_ACCOUNT, MESSAGES_TO_ONE_ACCOUNT, SIGN_UP_MESSAGE


def require_password(password: str, username: str) -> None:
    """Raise PasswordRefused for a password that is too short or too easily guessed; the directory may ask for more."""
    if len(password) < MIN_PASSWORD_LENGTH:
        raise PasswordRefused(f"Password must have at least {MIN_PASSWORD_LENGTH} characters")
    if is_guessable(password, username):
        raise PasswordRefused("Password is too easy to guess")


@dataclass(frozen=True)
class AccountService:
    """Make accounts."""

    directory: Directory
    attempts: Attempts

    def sign_up(self, credentials: Credentials, email: str, name: str, phone_number: str | None) -> None:
        """Create an unconfirmed account. It replaces one of the same name that was never confirmed, a few times.

        An unconfirmed account never signed in, so it owns no data.
        Raise InvalidInput when the two addresses differ, PasswordRefused, UsernameTaken, TooManyRequests.
        """
        username = normal_username(credentials.name)
        if normal_username(email) != username:
            raise InvalidInput
        password = normal_password(credentials.secret)
        require_password(password, username)
        full_name = FullName.split(name)
        self.attempts.spend(SIGN_UP_MESSAGE, username, MESSAGES_TO_ONE_ACCOUNT)
        try:
            self.directory.sign_up(username, password, full_name, phone_number)
        except UsernameTaken:
            if self._is_confirmed(username):
                raise
            self._delete_unconfirmed(username)
            self.directory.sign_up(username, password, full_name, phone_number)

    def confirm_sign_up(self, username: str, code: str | None) -> None:
        """Confirm an account with its code; raise InvalidCode. An empty code requests a new one.

        The old web app's button for a new code calls this operation with the user name alone.
        """
        if code is None:
            self.resend_code(username)
        else:
            name = normal_username(username)
            self.attempts.spend("confirm_sign_up", name, ANSWERS_TO_ONE_ACCOUNT)
            self.directory.confirm_sign_up(name, code)

    def resend_code(self, username: str) -> None:
        """Send the code again. The answer does not reveal whether the account exists or is confirmed."""
        name = normal_username(username)
        self.attempts.spend(SIGN_UP_MESSAGE, name, MESSAGES_TO_ONE_ACCOUNT)
        self.directory.resend_code(name)

    def _is_confirmed(self, username: str) -> bool:
        account = self.directory.find_account(username)
        return account is not None and account.is_confirmed

    def _delete_unconfirmed(self, username: str) -> None:
        """Delete an unconfirmed account. Raise UsernameTaken when its owner confirms it meanwhile.

        The account is disabled first and then read again, so a concurrent confirmation is either seen here or refused.
        """
        self.directory.disable_account(username)
        try:
            is_confirmed = self._is_confirmed(username)
        except IotCloudError:
            self.directory.enable_account(username)
            raise
        if is_confirmed:
            self.directory.enable_account(username)
            raise UsernameTaken
        self.directory.delete_account(username)

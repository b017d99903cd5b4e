"""Becoming a user: sign-up, and the code that proves the e-mail address."""

from dataclasses import dataclass

from iotcloud.errors import InvalidInput, PasswordRefused, UsernameTaken
from iotcloud.users.attempts import ANSWERS_TO_ONE_ACCOUNT, MESSAGES_TO_ONE_ACCOUNT, Attempts
from iotcloud.users.credentials import Credentials
from iotcloud.users.directory import Directory
from iotcloud.users.model import MIN_PASSWORD_LENGTH, FullName, is_guessable, normal_password, normal_username


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
        """Create an account that waits for its code; one that was never confirmed is replaced.

        An account without a confirmed address never signed in, so that nothing can hang on it.
        Raise InvalidInput when the two addresses differ, PasswordRefused, UsernameTaken.
        """
        username = normal_username(credentials.name)
        if normal_username(email) != username:
            raise InvalidInput
        password = normal_password(credentials.secret)
        require_password(password, username)
        full_name = FullName.split(name)
        try:
            self.directory.sign_up(username, password, full_name, phone_number)
        except UsernameTaken:
            kept = self.directory.find_account(username)
            if kept is not None and kept.is_confirmed:
                raise
            self.directory.delete_account(username)
            self.directory.sign_up(username, password, full_name, phone_number)

    def confirm_sign_up(self, username: str, code: str | None) -> None:
        """Confirm an account with its code; raise InvalidCode. Without a code it is sent again.

        The old web app's button for a new code calls this operation with the user name alone.
        """
        if code is None:
            self.resend_code(username)
        else:
            name = normal_username(username)
            self.attempts.spend("confirm_sign_up", name, ANSWERS_TO_ONE_ACCOUNT)
            self.directory.confirm_sign_up(name, code)

    def resend_code(self, username: str) -> None:
        """Send the code again; whether there is such an account, or a need, stays untold."""
        name = normal_username(username)
        self.attempts.spend("resend_code", name, MESSAGES_TO_ONE_ACCOUNT)
        self.directory.resend_code(name)

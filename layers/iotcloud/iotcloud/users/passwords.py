"""Changing a password: with the current one, or with a code that went to the account's e-mail address."""

from dataclasses import dataclass

from iotcloud.errors import RequestRefused
from iotcloud.users.accounts import require_password
from iotcloud.users.attempts import ANSWERS_TO_ONE_ACCOUNT, MESSAGES_TO_ONE_ACCOUNT, Attempts
from iotcloud.users.credentials import Credentials
from iotcloud.users.directory import Directory
from iotcloud.users.model import normal_password, normal_username, spellings_of_password


@dataclass(frozen=True)
class PasswordService:
    """Set new passwords."""

    directory: Directory
    attempts: Attempts

    def forgot_password(self, email: str) -> str:
        """Send a code to set a new password with; return the user name to use it with.

        Whether there is such an account stays untold.
        """
        username = normal_username(email)
        self.attempts.spend("forgot_password", username, MESSAGES_TO_ONE_ACCOUNT)
        self.directory.send_reset_code(username)
        return username

    def confirm_forgot_password(self, credentials: Credentials, code: str) -> None:
        """Set the new password that the credentials carry, and sign the account out everywhere.

        Raise InvalidCode, PasswordRefused.
        """
        username = normal_username(credentials.name)
        password = normal_password(credentials.secret)
        require_password(password, username)
        self.attempts.spend("confirm_forgot_password", username, ANSWERS_TO_ONE_ACCOUNT)
        self.directory.reset_password(username, code, password)
        self.directory.sign_out_everywhere(username)

    def change_password(self, access_token: str, passwords: Credentials) -> None:
        """Replace the current password by the new one; raise RequestRefused, PasswordRefused."""
        new = normal_password(passwords.secret)
        require_password(new, username="")
        set_now, *typed = spellings_of_password(passwords.name)
        try:
            self.directory.change_password(access_token, set_now, new)
        except RequestRefused:
            if not typed:
                raise
            self.directory.change_password(access_token, typed[0], new)

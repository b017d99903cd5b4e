"""Changing a password: with the current one, or with a code that went to the account's e-mail address."""

from dataclasses import dataclass

from iotcloud.users.accounts import require_password
from iotcloud.users.attempts import ANSWERS_TO_ONE_ACCOUNT, MESSAGES_TO_ONE_ACCOUNT, Attempts
from iotcloud.users.credentials import Credentials
from iotcloud.users.directory import Directory
from iotcloud.users.model import normal_username


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
        require_password(credentials.secret, username)
        self.attempts.spend("confirm_forgot_password", username, ANSWERS_TO_ONE_ACCOUNT)
        self.directory.reset_password(username, code, credentials.secret)
        self.directory.sign_out_everywhere(username)

    def change_password(self, access_token: str, passwords: Credentials) -> None:
        """Replace the current password by the new one; raise RequestRefused, PasswordRefused."""
        require_password(passwords.secret, username="")
        self.directory.change_password(access_token, passwords.name, passwords.secret)

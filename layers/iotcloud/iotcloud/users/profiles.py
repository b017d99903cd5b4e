"""The user's profile: name and telephone number."""

from dataclasses import dataclass

from iotcloud.errors import RequestRefused, TextCeilingReached
from iotcloud.telephone import find_number, objection_to
from iotcloud.users.interfaces import Attempts, Directory, TextBudget, VerifiedNumbers
from iotcloud.users.model import Account, FullName, MfaMethod
from iotcloud.users.rate_limits import ANSWERS_TO_ONE_ACCOUNT, MESSAGES_TO_ONE_ACCOUNT


@dataclass(frozen=True)
class ProfileService:
    """Show and change an account."""

    directory: Directory
    attempts: Attempts
    phones: VerifiedNumbers
    texts: TextBudget

    def get_user(self, access_token: str) -> Account:
        """Return the account of a token."""
        return self.directory.get_account(access_token)

    def update_user(self, access_token: str, name: str, phone_number: str | None) -> None:
        """Change the name, and the phone number unless None: an empty one removes it, a new one is unverified.

        Raise RequestRefused for another number while login sends codes to the one that is kept.
        """
        if phone_number is not None:
            account = self.directory.get_account(access_token)
            if MfaMethod.SMS in account.mfa_methods and phone_number != account.phone_number:
                raise RequestRefused("Switch off codes by SMS before you change the phone number")
        self.directory.update_account(access_token, FullName.split(name), phone_number)

    def verify_phone_number(self, username: str, access_token: str) -> None:
        """Send a code to the account's phone.

        Raise RequestRefused when it has none, or one to which no text messages go, TooManyRequests after some, and
        TextCeilingReached.
        """
        number = self.directory.get_account(access_token).phone_number
        objection = objection_to(number, self.texts.countries) if number and find_number(number) else ""
        if objection:
            raise RequestRefused(objection)
        self.attempts.spend("verify_phone_number", username, MESSAGES_TO_ONE_ACCOUNT)
        seconds = self.texts.spend()
        if seconds:
            raise TextCeilingReached(retry_after_seconds=seconds)
        self.directory.send_phone_code(access_token)

    def confirm_verify_phone_number(self, username: str, access_token: str, code: str) -> None:
        """Take the phone for verified, and have the user's devices write to it; raise RequestRefused."""
        self.attempts.spend("confirm_verify_phone_number", username, ANSWERS_TO_ONE_ACCOUNT)
        self.directory.verify_phone(access_token, code)
        phone_number = self.directory.get_account(access_token).phone_number
        if phone_number:
            self.phones.adopt_number(username, phone_number)

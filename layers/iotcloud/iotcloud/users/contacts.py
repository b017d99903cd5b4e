"""Contact addresses of an account, for notices."""

from dataclasses import dataclass

from iotcloud.users.interfaces import Accounts
from iotcloud.users.model import Contact


@dataclass(frozen=True)
class AccountContacts:
    """Contacts from the directory of accounts."""

    accounts: Accounts

    def find_contact(self, username: str) -> Contact:
        """Return the addresses of an account and which of them are verified. A deleted account has none."""
        account = self.accounts.find_account(username)
        if account is None:
            return Contact()
        return Contact(
            email=account.email,
            is_email_verified=account.email_verified,
            phone_number=account.phone_number or "",
            is_phone_number_verified=account.phone_number_verified,
        )

"""How an account can be reached, for those who write to it."""

from dataclasses import dataclass
from typing import Protocol

from iotcloud.notices.model import Contact
from iotcloud.users.model import Account


class Accounts(Protocol):
    """The directory, as far as contacts need it."""

    def find_account(self, username: str) -> Account | None: ...


@dataclass(frozen=True)
class AccountContacts:
    """Contacts from the directory of accounts."""

    accounts: Accounts

    def find_contact(self, username: str) -> Contact:
        """The addresses of an account, and which of them it verified; an account that is gone has none."""
        account = self.accounts.find_account(username)
        if account is None:
            return Contact()
        return Contact(
            email=account.email,
            is_email_verified=account.email_verified,
            phone_number=account.phone_number or "",
            is_phone_number_verified=account.phone_number_verified,
        )

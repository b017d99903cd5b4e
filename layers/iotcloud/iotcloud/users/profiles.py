"""What a person may see and change of their own account."""

from dataclasses import dataclass

from iotcloud.users.directory import Directory
from iotcloud.users.model import Account, FullName


@dataclass(frozen=True)
class ProfileService:
    """Show and change an account."""

    directory: Directory

    def get_user(self, access_token: str) -> Account:
        """Return the account of a token."""
        return self.directory.get_account(access_token)

    def update_user(self, access_token: str, name: str, phone_number: str | None) -> None:
        """Change the name, and the phone number unless None: an empty one removes it, a new one is unverified."""
        self.directory.update_account(access_token, FullName.split(name), phone_number)

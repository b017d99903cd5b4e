"""The account and its push endpoints as personal data."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from iotcloud.users.interfaces import Directory, PushTokenStore
from iotcloud.users.preferences import PreferenceService


@dataclass(frozen=True)
class AccountData:
    """Exports a user's record in the directory."""

    directory: Directory

    def export(self, username: str) -> Iterable[Mapping[str, object]]:
        """Return the account."""
        account = self.directory.find_account(username)
        if account is not None:
            yield {
                "email": account.email,
                "email_verified": account.email_verified,
                "name": account.display_name,
                "phone_number": account.phone_number,
                "phone_number_verified": account.phone_number_verified,
                "identity": vars(account.identity) if account.identity else None,
                "second_factors": [method.value for method in account.mfa_methods],
                "created_at": account.created_at.isoformat() if account.created_at else None,
            }


@dataclass(frozen=True)
class PushTokensData:
    """Exports a user's push endpoints."""

    store: PushTokenStore

    def export(self, username: str) -> Iterable[Mapping[str, object]]:
        """Return each phone's token."""
        for kept in self.store.list_all(username):
            yield {"service": kept.platform.value, "token": kept.token}


@dataclass(frozen=True)
class PreferencesData:
    """Show what a user's apps keep."""

    preferences: PreferenceService

    def export(self, username: str) -> Iterable[Mapping[str, object]]:
        """Return the preferences, if any were set."""
        kept = self.preferences.get_preferences(username)
        if kept:
            yield kept

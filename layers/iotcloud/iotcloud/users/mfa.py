"""Multi-factor authentication (MFA): set up, confirm, switch off. It is optional per user."""

from dataclasses import dataclass
from urllib.parse import quote, urlencode

from iotcloud.errors import MissingParameter, Problem, RequestRefused
from iotcloud.users.interfaces import Attempts, Directory
from iotcloud.users.model import MfaMethod, TotpSecret, spellings_of_password
from iotcloud.users.rate_limits import ANSWERS_TO_ONE_ACCOUNT

ISSUER = "iotcloud"
"""The label that an authenticator application shows beside the code."""


@dataclass(frozen=True)
class MfaService:
    """Set up the second proof."""

    directory: Directory
    attempts: Attempts

    def get_methods(self, access_token: str) -> tuple[MfaMethod, ...]:
        """Return the second factor of sign-in."""
        return self.directory.get_account(access_token).mfa_methods

    def enrol_totp(self, username: str, access_token: str, current_password: str | None) -> TotpSecret:
        """Make a secret for an authenticator application. It takes effect once a code of it is confirmed.

        Raise MissingParameter without the current password, RequestRefused for a wrong one, TooManyRequests.
        """
        self._require_password(username, access_token, current_password)
        account = self.directory.get_account(access_token)
        secret = self.directory.begin_totp(access_token)
        label = quote(f"{ISSUER}:{account.username}")
        return TotpSecret(secret, f"otpauth://totp/{label}?{urlencode({'secret': secret, 'issuer': ISSUER})}")

    def confirm_totp(self, username: str, access_token: str, code: str) -> None:
        """Ask for the application's codes from now on, now that it showed a right one; raise InvalidCode."""
        self.attempts.spend("confirm_totp", username, ANSWERS_TO_ONE_ACCOUNT)
        self.directory.confirm_totp(access_token, code)
        self.directory.prefer_mfa(access_token, MfaMethod.TOTP)

    def switch_on_sms(self, username: str, access_token: str, current_password: str | None) -> None:
        """Ask for a code by SMS from now on; raise RequestRefused unless the phone number was verified.

        Raise MissingParameter without the current password, RequestRefused for a wrong one, TooManyRequests.
        """
        if not self.directory.get_account(access_token).phone_number_verified:
            raise RequestRefused("Phone number is not verified")
        self._require_password(username, access_token, current_password)
        self.directory.prefer_mfa(access_token, MfaMethod.SMS)

    def switch_off(self, username: str, access_token: str, current_password: str | None) -> None:
        """Switch MFA off. Without MFA this does nothing and needs no proof.

        Raise MissingParameter without the current password, RequestRefused for a wrong one, TooManyRequests.
        """
        if self.directory.get_account(access_token).mfa_methods:
            self._require_password(username, access_token, current_password)
            self.directory.prefer_mfa(access_token, None)

    def _require_password(self, username: str, access_token: str, current_password: str | None) -> None:
        """Ask for more than the access token, which may have been copied: who has it may not lock its owner out."""
        if not current_password:
            raise MissingParameter("Current password is needed", detail=[Problem("current_password", "missing")])
        self.attempts.spend("prove_password", username, ANSWERS_TO_ONE_ACCOUNT)
        if not any(self._is_password(access_token, one) for one in spellings_of_password(current_password)):
            raise RequestRefused("Current password is wrong")

    def _is_password(self, access_token: str, password: str) -> bool:
        """Check the password by changing it to itself: this needs no second factor and opens no session."""
        try:
            self.directory.change_password(access_token, password, password)
        except RequestRefused:
            return False
        return True

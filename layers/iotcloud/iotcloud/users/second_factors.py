"""The second proof at sign-in: set up, confirmed, switched off. A person chooses it; nobody must have one."""

from dataclasses import dataclass
from urllib.parse import quote, urlencode

from iotcloud.errors import RequestRefused
from iotcloud.users.attempts import ANSWERS_TO_ONE_ACCOUNT, Attempts
from iotcloud.users.directory import Directory
from iotcloud.users.model import MfaMethod, TotpSecret

ISSUER = "iotcloud"
"""What an authenticator application shows beside the code."""


@dataclass(frozen=True)
class SecondFactorService:
    """Set up the second proof."""

    directory: Directory
    attempts: Attempts

    def get_methods(self, access_token: str) -> tuple[MfaMethod, ...]:
        """Return what is asked for at sign-in, besides the password."""
        return self.directory.get_account(access_token).mfa_methods

    def enrol_totp(self, access_token: str) -> TotpSecret:
        """Make a secret for an authenticator application; nothing is asked for until a code of it came back."""
        account = self.directory.get_account(access_token)
        secret = self.directory.begin_totp(access_token)
        label = quote(f"{ISSUER}:{account.username}")
        return TotpSecret(secret, f"otpauth://totp/{label}?{urlencode({'secret': secret, 'issuer': ISSUER})}")

    def confirm_totp(self, username: str, access_token: str, code: str) -> None:
        """Ask for the application's codes from now on, now that it showed a right one; raise InvalidCode."""
        self.attempts.spend("confirm_totp", username, ANSWERS_TO_ONE_ACCOUNT)
        self.directory.confirm_totp(access_token, code)
        self.directory.prefer_mfa(access_token, MfaMethod.TOTP)

    def switch_on_sms(self, access_token: str) -> None:
        """Ask for a code by SMS from now on; raise RequestRefused unless the phone number was verified."""
        if not self.directory.get_account(access_token).phone_number_verified:
            raise RequestRefused("Phone number is not verified")
        self.directory.prefer_mfa(access_token, MfaMethod.SMS)

    def switch_off(self, access_token: str) -> None:
        """Ask for the password alone from now on."""
        self.directory.prefer_mfa(access_token, None)

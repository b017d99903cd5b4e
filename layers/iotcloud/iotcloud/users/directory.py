"""The port behind which accounts and passwords are kept. No password ever reaches one of our tables."""

from typing import Protocol

from iotcloud.users.model import Account, Challenge, FullName, MfaMethod, SignedIn, Tokens


class Directory(Protocol):
    """The user directory. All methods may raise TooManyRequests and DependencyFailed.

    Those with an access token raise NotAuthenticated when the token was revoked or its account is gone.
    """

    def sign_up(self, email: str, password: str, name: FullName, phone_number: str | None) -> None:
        """Create an unconfirmed account and send its code by e-mail; raise UsernameTaken or PasswordRefused."""
        ...

    def find_account(self, username: str) -> Account | None:
        """Return the account of a name or address with its state and age, or None."""
        ...

    def delete_account(self, username: str) -> None:
        """Delete an account; one that is gone already is no error."""
        ...

    def disable_account(self, username: str) -> None:
        """Disable sign-in for an account. A missing account is no error."""
        ...

    def enable_account(self, username: str) -> None:
        """Enable sign-in for an account. A missing account is no error."""
        ...

    def confirm_sign_up(self, email: str, code: str) -> None:
        """Confirm an account with the code sent to its address; raise InvalidCode."""
        ...

    def resend_code(self, email: str) -> None:
        """Send the sign-up code again. The answer is the same for unknown and confirmed accounts."""
        ...

    def send_reset_code(self, email: str) -> None:
        """Send a password reset code. The answer is the same for unknown accounts."""
        ...

    def reset_password(self, email: str, code: str, password: str) -> None:
        """Set a new password with a code; raise InvalidCode or PasswordRefused."""
        ...

    def sign_out_everywhere(self, username: str) -> None:
        """Make all refresh tokens of an account void."""
        ...

    def sign_in(self, username: str, password: str) -> SignedIn | Challenge:
        """Check a password; raise NotAuthenticated, the same for a wrong password and an unknown name."""
        ...

    def answer_challenge(self, challenge: Challenge, answer: str) -> SignedIn | Challenge:
        """Go on with a sign-in; raise InvalidCode, PasswordRefused, or NotAuthenticated for a session that is over."""
        ...

    def refresh(self, refresh_token: str) -> Tokens:
        """Make new access and id tokens; raise RefreshTokenInvalid."""
        ...

    def get_account(self, access_token: str) -> Account:
        """Return the account of a token."""
        ...

    def update_account(self, access_token: str, name: FullName, phone_number: str | None) -> None:
        """Change the name, and the phone number unless None. An empty number removes it; a new number starts
        unverified.
        """
        ...

    def change_password(self, access_token: str, current: str, new: str) -> None:
        """Change the password; raise RequestRefused for a wrong current one, PasswordRefused for a bad new one."""
        ...

    def send_phone_code(self, access_token: str) -> None:
        """Send a code to the account's phone by SMS; raise RequestRefused when it has none."""
        ...

    def verify_phone(self, access_token: str, code: str) -> None:
        """Take the phone for verified; raise RequestRefused for a wrong code."""
        ...

    def begin_totp(self, access_token: str) -> str:
        """Make a secret for an authenticator application, in base32."""
        ...

    def confirm_totp(self, access_token: str, code: str) -> None:
        """Take the application for enrolled; raise InvalidCode."""
        ...

    def prefer_mfa(self, access_token: str, method: MfaMethod | None) -> None:
        """Set the one second factor of sign-in, or none. Raise RequestRefused when it is not set up."""
        ...

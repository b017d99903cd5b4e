"""What the services of users need from stores, adapters and other features."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import IO, TYPE_CHECKING, Protocol

from iotcloud.users.model import (
    Account,
    Challenge,
    Contact,
    FullName,
    MfaMethod,
    SignedIn,
    Tokens,
)

if TYPE_CHECKING:
    from iotcloud.users.account_deletion import Erasure
    from iotcloud.users.exports import Export, Records
    from iotcloud.users.push_tokens import PushPlatform, PushToken
    from iotcloud.users.rate_limits import Limit
    from iotcloud.users.tokens import Claims


class Accounts(Protocol):
    """The part of the directory that contacts need."""

    def find_account(self, username: str) -> Account | None: ...


class Archives(Protocol):
    """Keeps archives for a day."""

    def put(self, name: str, content: IO[bytes]) -> None: ...

    def link(self, name: str, seconds: int) -> str:
        """Return a bearer link to an archive, valid for the given time."""
        ...


class Attempts(Protocol):
    """Counts attempts."""

    def spend(self, purpose: str, subject: str, limit: Limit) -> None:
        """Count one attempt. Raise TooManyRequests above the limit."""
        ...

    def require_left(self, purpose: str, subject: str, limit: Limit) -> None:
        """Raise TooManyRequests when no attempt is left. Counts nothing."""
        ...


class CallStore(Protocol):
    """Counters that all environments share."""

    def add(self, purpose: str, subject: str, limit: Limit, amount: int) -> int:
        """Count more in the window that is open now; return how many it has by then."""
        ...


class Contacts(Protocol):
    """How an account can be reached."""

    def find_contact(self, username: str) -> Contact: ...


class Directory(Protocol):
    """The user directory. All methods may raise TooManyRequests and DependencyFailed.

    Those with an access token raise NotAuthenticated when the token was revoked or its account is gone."""

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


class Erasures(Protocol):
    """Queue of background jobs, retried until they succeed."""

    def request(self, erasure: Erasure, delay: timedelta = timedelta()) -> None: ...


class ExportStore(Protocol):
    """Keeps the newest export of each user."""

    def find(self, username: str) -> Export | None: ...
    def save(self, export: Export) -> None: ...


class ExportedData(Protocol):
    """A user's data in one feature, readable by the user."""

    def export(self, username: str) -> Records:
        """Return it record by record, in values that JSON has."""
        ...


class Exports(Protocol):
    """Orders that are carried out later."""

    def request(self, export: Export) -> None: ...


class IdpCodeStore(Protocol):
    """Keeps codes."""

    def put(self, code_id: str, code: str, now: datetime, expires_at: datetime) -> None:
        """Store a code. Raise AlreadyExists when the id holds a code that has not expired."""
        ...

    def take(self, code_id: str, now: datetime) -> str | None:
        """Return the code to one caller only and delete it. None when there is no valid code."""
        ...


class PersonalData(Protocol):
    """A user's data in one feature."""

    def erase(self, username: str) -> None:
        """Delete all of it, or only what names the user where the law requires the rest. Idempotent."""
        ...


class PreferenceRows(Protocol):
    """Keeps each user's preferences as text."""

    def find(self, username: str) -> str | None: ...
    def save(self, username: str, text: str) -> None: ...


class PushTokenStore(Protocol):
    """Keeps push tokens."""

    def save(self, push_token: PushToken) -> None:
        """Store a token. Storing the same user, token and service again replaces the session."""
        ...

    def list_all(self, username: str) -> Sequence[PushToken]:
        """Return a user's tokens."""
        ...

    def find_holder(self, platform: PushPlatform, token: str) -> str | None:
        """Return the user who registered an endpoint last, or None."""
        ...

    def forget(self, push_tokens: Sequence[PushToken]) -> None:
        """Remove tokens. Idempotent."""
        ...


class RateLimitStore(Protocol):
    """Keeps the counters."""

    def count(self, bucket: str, expires_at: datetime, amount: int = 1) -> int:
        """Add to a counter and return its value. A counter starts at zero and expires at `expires_at`."""
        ...

    def read(self, bucket: str) -> int:
        """Return the value of a counter, 0 when it does not exist."""
        ...


class SessionPushTokens(Protocol):
    """Removes the push tokens of a session."""

    def forget_session(self, access_token: str) -> None:
        """Remove the push tokens of a token's session. An invalid token is ignored."""
        ...


class SuspendedTokens(Protocol):
    """Store of users whose access tokens are refused."""

    def close(self, username: str, now: datetime, lasts: timedelta) -> None:
        """Refuse the tokens that were issued to a user of the pool until now, for as long as they may last."""
        ...


class TextBudget(Protocol):
    """Platform-wide count of text messages per day."""

    @property
    def countries(self) -> frozenset[str]:
        """Countries to which text messages go (ISO 3166); empty: all."""
        ...

    def spend(self) -> int:
        """Count one message. Return 0, or the seconds until the next day once the limit is reached."""
        ...


class TokenVerifier(Protocol):
    """Verifies access tokens."""

    def verify(self, token: str) -> Claims:
        """Return the token's claims.

        Raise TokenExpired when it is unreadable, not signed by the user pool or out of its time; NotAuthenticated
        when it is genuine and of another kind, client or pool.
        """
        ...

    def identify(self, token: str) -> Claims:
        """Return the claims of a token that may be out of its time; otherwise as `verify`."""
        ...


class VerifiedNumbers(Protocol):
    """Passes a verified telephone number on to the user's devices."""

    def adopt_number(self, username: str, phone_number: str) -> None:
        """Queue the number as the recipient of text messages from the user's devices."""
        ...

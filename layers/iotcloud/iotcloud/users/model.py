"""Accounts, and the rules of user names and passwords."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from unicodedata import normalize

from iotcloud.errors import InvalidInput
from iotcloud.names import normal_name

_TICKET_SEPARATOR = ":"
MAX_RECIPIENTS = 20
"""Recipients per channel, and push endpoints per account. Bounds the writes of one trigger."""
NO_FAMILY_NAME = "NONE"
"""The family name stored for a person with a single name, by the contract. Never shown."""
WITHOUT_FAMILY_NAME = frozenset({"LoginWithAmazon"})
"""Identity providers that hand over the whole name as the given name."""
MIN_PASSWORD_LENGTH = 6
"""The contract's least. The user pool's own policy may ask for more, and then refuses by itself."""
GUESSED_FIRST = frozenset(
    {"123456", "1234567", "12345678", "123456789", "1234567890", "654321", "87654321", "987654321", "11223344"}
    | {"password", "password1", "password123", "passw0rd", "qwerty", "qwerty123", "qwertyuiop", "asdfghjkl"}
    | {"abc123", "abcdef", "abcdefg", "abcdefgh", "1q2w3e4r", "iloveyou", "letmein", "welcome", "changeme", "trustno1"}
    | {"admin123", "administrator", "monkey", "dragon", "football", "baseball", "sunshine", "princess", "superman"}
)
"""Passwords that every guesser tries first, and that no length rule keeps out."""


def normal_username(text: str) -> str:
    """Normalize a user name, which is an e-mail address: names are case-insensitive."""
    return normal_name(text).lower()


def normal_password(text: str) -> str:
    """Normalize a new password to Unicode NFC (RFC 8265, "OpaqueString")."""
    return normalize("NFC", text)


def spellings_of_password(text: str) -> tuple[str, ...]:
    """Return the candidates for a typed password: its normalized form first, then the text as typed."""
    return tuple(dict.fromkeys((normal_password(text), text)))


def is_guessable(password: str, username: str) -> bool:
    """Whether a password is easy to guess: common, one character repeated, or the user's own name."""
    lowered = password.lower()
    own = {username, username.partition("@")[0]}
    return lowered in GUESSED_FIRST or lowered in own or len(set(lowered)) == 1


@dataclass(frozen=True)
class FullName:
    """A person's name as the user pool keeps it."""

    given: str
    family: str

    @classmethod
    def split(cls, text: str) -> "FullName":
        """Take the last word for the family name and the rest for the given name; a single word has no family name."""
        *given, family = text.split()
        return cls(" ".join(given), family) if given else cls(family, NO_FAMILY_NAME)

    def display(self, provider: str | None = None) -> str:
        """Return the name as people read it; `provider` is the identity provider it came from, if any."""
        if self.family == NO_FAMILY_NAME or provider in WITHOUT_FAMILY_NAME:
            return self.given
        return f"{self.given} {self.family}".strip()


@dataclass(frozen=True)
class Identity:
    """Who a person is at an identity provider."""

    provider: str
    userid: str


class MfaMethod(StrEnum):
    """How a person proves, besides the password, to be themselves; spelled as Cognito's challenges."""

    TOTP = "SOFTWARE_TOKEN_MFA"
    SMS = "SMS_MFA"


@dataclass(frozen=True)
class Account:
    """A person's account, as its owner may see it."""

    username: str
    """The e-mail address, or the pool's own name of the user where a provider gave no address."""
    email: str
    email_verified: bool
    name: FullName
    phone_number: str | None = None
    phone_number_verified: bool = False
    identity: Identity | None = None
    mfa_methods: tuple[MfaMethod, ...] = ()
    is_confirmed: bool = True
    created_at: datetime | None = None
    """Known where the account was looked up by name, not by its token."""
    pool_username: str = ""
    """The pool's own name of the user, as access tokens and the rows of our tables have it."""

    @property
    def display_name(self) -> str:
        """The name as people read it."""
        return self.name.display(self.identity.provider if self.identity else None)


@dataclass(frozen=True)
class Tokens:
    """The tokens of a session."""

    access: str = field(repr=False)
    id: str = field(repr=False)
    refresh: str = field(repr=False)


@dataclass(frozen=True)
class SignedIn:
    """A sign-in that is complete."""

    tokens: Tokens
    display_name: str | None = None


class ChallengeKind(StrEnum):
    """Challenges that may follow the password, by Cognito's names."""

    TOTP = "SOFTWARE_TOKEN_MFA"
    SMS = "SMS_MFA"
    NEW_PASSWORD = "NEW_PASSWORD_REQUIRED"  # noqa: S105 a challenge's name


@dataclass(frozen=True)
class Challenge:
    """A sign-in that needs one more answer. `session` is opaque and valid for a few minutes."""

    kind: ChallengeKind
    username: str
    """The pool's own name of the user: the e-mail address does not do to answer with."""
    session: str = field(repr=False)

    @property
    def ticket(self) -> str:
        """The opaque text that the client returns with its answer."""
        return f"{self.username}{_TICKET_SEPARATOR}{self.session}"

    @classmethod
    def of_ticket(cls, kind: ChallengeKind, ticket: str) -> "Challenge":
        """Read a ticket; raise InvalidInput."""
        username, _, session = ticket.partition(_TICKET_SEPARATOR)
        if not (username and session):
            raise InvalidInput
        return cls(kind, username, session)


@dataclass(frozen=True)
class TotpSecret:
    """The secret of an authenticator application."""

    secret: str = field(repr=False)
    uri: str = field(repr=False)
    """The same as an `otpauth://` link, to be shown as a QR code."""


@dataclass(frozen=True)
class Contact:
    """How the account that owns a device can be reached, and which of it was verified."""

    email: str = ""
    is_email_verified: bool = False
    phone_number: str = ""
    is_phone_number_verified: bool = False


@dataclass(frozen=True)
class PushEndpoint:
    """A push endpoint: its masked token and its address at the push service."""

    shown: str
    """`Android` or `iOS`."""
    target: str

"""Request and response bodies of groups 1 and 10."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, StringConstraints

from iotcloud.email_address import EMAIL_PATTERN
from iotcloud.errors import InvalidInput
from iotcloud.schema import Answer, Body, Shape, kept_name
from iotcloud.telephone import checked_number
from iotcloud.users.exports import Export, ExportState
from iotcloud.users.model import Account, Challenge, ChallengeKind, MfaMethod, SignedIn, Tokens

MAX_TOKEN = 8192
"""Characters of a token or of a challenge's session."""
MAX_PERSON_NAME = 256

Email = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=128, pattern=EMAIL_PATTERN),
    Field(examples=["user@example.com"]),
]
"""At most 128 characters, as a Cognito user name."""
Username = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=128, pattern=r"^[^\s\x00-\x1f\x7f]+$"),
    Field(examples=["user@example.com"]),
]


PersonName = Annotated[
    str,
    StringConstraints(min_length=1, max_length=MAX_PERSON_NAME),
    kept_name(MAX_PERSON_NAME),
    Field(examples=["Sample User"]),
]


def _kept_number(text: str) -> str:
    try:
        return checked_number(text)
    except InvalidInput as refused:
        raise ValueError(refused.message) from None


PhoneNumber = Annotated[
    str,
    StringConstraints(min_length=1, pattern=r"^\s*\+"),
    AfterValidator(_kept_number),
    Field(examples=["+6500000000"]),
]
"""A plus sign, the country code and the number, with or without separators. Stored as E.164."""
ConfirmationCode = Annotated[str, StringConstraints(min_length=1, max_length=64), Field(examples=["123456"])]
Password = Annotated[str, StringConstraints(min_length=1, max_length=256)]
"""At most 256 characters, as Cognito takes."""
Token = Annotated[str, StringConstraints(min_length=1, max_length=MAX_TOKEN), Field(examples=["eyJraWQiOi..."])]


class SignUpBody(Body):
    email: Email
    name: PersonName
    phone_number: PhoneNumber | None = None


class ConfirmSignUpBody(Body):
    username: Username
    confirmationcode: (
        Annotated[str, StringConstraints(min_length=6, max_length=6), Field(examples=["123456"])] | None
    ) = None


class UsernameBody(Body):
    username: Username


class ForgotPasswordBody(Body):
    email: Email


class ConfirmationBody(Body):
    confirmationcode: ConfirmationCode


class ChangePasswordBody(Body):
    """The credential JWT of the old apps (current password, new password), or the two passwords themselves."""

    token: Token | None = Field(default=None, repr=False)
    current_password: Password | None = Field(default=None, repr=False)
    new_password: Password | None = Field(default=None, repr=False)
    sign_out_everywhere: bool = Field(default=False, description="End every session of the account, this one too.")


class CurrentPasswordBody(Body):
    """Proves that it is the account's owner who asks, and not only someone with an access token."""

    current_password: Password | None = Field(
        default=None, repr=False, description="Needed to change what login asks for besides the password."
    )


class PushTokenBody(Body):
    """The credential JWT of the old apps (device token, service), or the two themselves."""

    token: Token | None = Field(default=None, repr=False)
    devicetoken: Annotated[str, StringConstraints(min_length=1, max_length=4096)] | None = Field(
        default=None, repr=False
    )
    service: Annotated[str, StringConstraints(min_length=1, max_length=8)] | None = None


class UpdateUserBody(Body):
    """An empty phone number removes it."""

    name: PersonName
    phone_number: PhoneNumber | Literal[""] | None = None


class ChallengeBody(Body):
    """The answer to a login challenge: a code, or the new password."""

    challenge: ChallengeKind
    session: Token = Field(repr=False)
    answer: Password = Field(repr=False)

    def read(self) -> Challenge:
        """Return the answered challenge. Raise InvalidInput for a session of other origin."""
        return Challenge.of_ticket(self.challenge, self.session)


class PreferencesBody(Body):
    preferences: dict[str, Any] = Field(
        description="One JSON object of at most 16 KB. It replaces the one before.",
        examples=[{"theme": "dark", "language": "de"}],
    )


class PreferencesAnswer(Answer):
    """What the caller's apps keep."""

    preferences: dict[str, Any] = Field(
        description="The object that was set last; empty when none was.",
        examples=[{"theme": "dark", "language": "de"}],
    )


class TotpCodeBody(Body):
    code: Annotated[str, StringConstraints(min_length=1, pattern=r"^[0-9]{6}$"), Field(examples=["123456"])]


class IdpCodeBody(Body):
    """An empty code reports a failed sign-in."""

    code: str = Field(max_length=2048, repr=False)


class RefreshBody(Body):
    refresh: str = Field(default="", max_length=MAX_TOKEN, examples=["eyJjdHkiOi..."])
    id: str = Field(default="", max_length=MAX_TOKEN, examples=["eyJraWQiOi..."])


class TokenSet(Shape):
    """The three tokens of a session."""

    access: str = Field(repr=False, examples=["eyJraWQiOi..."])
    id: str = Field(repr=False, examples=["eyJraWQiOi..."])
    refresh: str = Field(repr=False, examples=["eyJjdHkiOi..."])

    @classmethod
    def of(cls, tokens: Tokens) -> "TokenSet":
        return cls(access=tokens.access, id=tokens.id, refresh=tokens.refresh)


class LogInAnswer(Answer):
    """Tokens, or a challenge to be answered first."""

    token: TokenSet | None = None
    name: str | None = Field(default=None, examples=["Sample User"])
    challenge: ChallengeKind | None = None
    session: str | None = Field(default=None, repr=False)

    @classmethod
    def of(cls, outcome: SignedIn | Challenge) -> "LogInAnswer":
        if isinstance(outcome, Challenge):
            return cls(message="Answer the challenge", challenge=outcome.kind, session=outcome.ticket)
        return cls(token=TokenSet.of(outcome.tokens), name=outcome.display_name)


class TokenAnswer(Answer):
    token: TokenSet


class IdentityShape(Shape):
    providerName: str = Field(examples=["Facebook"])  # noqa: N815 the contract's word
    userId: str = Field(examples=["1029384756"])  # noqa: N815 the contract's word


class UserInfo(Shape):
    email: str = Field(examples=["user@example.com"])
    email_verified: bool
    name: str = Field(examples=["Sample User"])
    phone_number: str | None = Field(default=None, examples=["+6500000000"])
    phone_number_verified: bool | None = Field(default=None, examples=[False])
    username: str = Field(examples=["user@example.com"])
    identity: IdentityShape | None = None


class UserAnswer(Answer):
    info: UserInfo

    @classmethod
    def of(cls, account: Account) -> "UserAnswer":
        return cls(
            info=UserInfo(
                email=account.email,
                email_verified=account.email_verified,
                name=account.display_name,
                phone_number=account.phone_number,
                phone_number_verified=account.phone_number_verified if account.phone_number else None,
                username=account.username,
                identity=IdentityShape(providerName=account.identity.provider, userId=account.identity.userid)
                if account.identity
                else None,
            )
        )


class ForgotPasswordAnswer(Answer):
    username: str


class IdpCodeAnswer(Answer):
    code: str = Field(repr=False)


class MfaAnswer(Answer):
    methods: tuple[MfaMethod, ...]


class TotpAnswer(Answer):
    """The secret of an authenticator application, as text and as the link of a QR code."""

    secret: str = Field(repr=False)
    uri: str = Field(repr=False)


class ExportAnswer(Answer):
    state: ExportState
    requested_at: int
    """Epoch seconds."""
    expires_at: int
    """Epoch seconds; the archive is deleted then."""
    url: str | None = Field(default=None, repr=False)

    @classmethod
    def of(cls, export: Export, url: str | None = None) -> "ExportAnswer":
        return cls(
            state=export.state,
            requested_at=int(export.requested_at.timestamp()),
            expires_at=int(export.expires_at.timestamp()),
            url=url,
        )

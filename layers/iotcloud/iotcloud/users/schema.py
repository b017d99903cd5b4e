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
    """Who signs up."""

    email: Email = Field(description="The address to which codes go; the user name.")
    name: PersonName = Field(description="What the person is called.")
    phone_number: PhoneNumber | None = Field(default=None, description="With `+` and the country code.")


class ConfirmSignUpBody(Body):
    """The code that confirms an account."""

    username: Username = Field(description="The e-mail address.")
    confirmationcode: (
        Annotated[str, StringConstraints(min_length=6, max_length=6), Field(examples=["123456"])] | None
    ) = Field(default=None, description="The code that was sent; left out, another is sent.")


class UsernameBody(Body):
    """Whose account it is."""

    username: Username = Field(description="The e-mail address.")


class ForgotPasswordBody(Body):
    """Whose password was forgotten."""

    email: Email = Field(description="The e-mail address.")


class ConfirmationBody(Body):
    """A code that was sent."""

    confirmationcode: ConfirmationCode = Field(description="The code that was sent.")


class ChangePasswordBody(Body):
    """The credential JWT of the old apps (current password, new password), or the two passwords themselves."""

    token: Token | None = Field(
        default=None, repr=False, description="Of the old apps: both passwords in a credential JWT."
    )
    current_password: Password | None = Field(default=None, repr=False, description="The password until now.")
    new_password: Password | None = Field(default=None, repr=False, description="The password from now on.")
    sign_out_everywhere: bool = Field(default=False, description="End every session of the account, this one too.")


class CurrentPasswordBody(Body):
    """Proves that it is the account's owner who asks, and not only someone with an access token."""

    current_password: Password | None = Field(
        default=None, repr=False, description="Needed to change what login asks for besides the password."
    )


class PushTokenBody(Body):
    """The credential JWT of the old apps (device token, service), or the two themselves."""

    token: Token | None = Field(
        default=None, repr=False, description="Of the old apps: the other two in a credential JWT."
    )
    devicetoken: Annotated[str, StringConstraints(min_length=1, max_length=4096)] | None = Field(
        default=None, repr=False, description="The phone's token."
    )
    service: Annotated[str, StringConstraints(min_length=1, max_length=8)] | None = Field(
        default=None, description="`APNS` or `GCM`."
    )


class UpdateUserBody(Body):
    """An empty phone number removes it."""

    name: PersonName = Field(description="What the person is called.")
    phone_number: PhoneNumber | Literal[""] | None = Field(
        default=None, description="With `+` and the country code; empty removes it."
    )


class ChallengeBody(Body):
    """The answer to a login challenge: a code, or the new password."""

    challenge: ChallengeKind = Field(description="What login asked for.")
    session: Token = Field(repr=False, description="What login answered as `session`.")
    answer: Password = Field(repr=False, description="The code, or the new password.")

    def read(self) -> Challenge:
        """Return the answered challenge. Raise InvalidInput for a session of other origin."""
        return Challenge.of_ticket(self.challenge, self.session)


class PreferencesBody(Body):
    """What the caller's apps shall keep."""

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
    """A code of an authenticator application."""

    code: Annotated[str, StringConstraints(min_length=1, pattern=r"^[0-9]{6}$"), Field(examples=["123456"])] = Field(
        description="The code that the application shows."
    )


class IdpCodeBody(Body):
    """An empty code reports a failed sign-in."""

    code: str = Field(
        max_length=2048, repr=False, description="The identity provider's code; empty when the sign-in failed."
    )


class RefreshBody(Body):
    """The tokens of the session."""

    refresh: str = Field(default="", max_length=MAX_TOKEN, examples=["eyJjdHkiOi..."], description="The refresh token.")
    id: str = Field(default="", max_length=MAX_TOKEN, examples=["eyJraWQiOi..."], description="The id token.")


class TokenSet(Shape):
    """The three tokens of a session."""

    access: str = Field(
        repr=False, examples=["eyJraWQiOi..."], description="Goes into the header of every call; short-lived."
    )
    id: str = Field(repr=False, examples=["eyJraWQiOi..."], description="Says who the person is.")
    refresh: str = Field(repr=False, examples=["eyJjdHkiOi..."], description="Gets new tokens.")

    @classmethod
    def of(cls, tokens: Tokens) -> "TokenSet":
        return cls(access=tokens.access, id=tokens.id, refresh=tokens.refresh)


class LogInAnswer(Answer):
    """Tokens, or a challenge to be answered first."""

    token: TokenSet | None = Field(default=None, description="The tokens; absent while a challenge is to be answered.")
    name: str | None = Field(default=None, examples=["Sample User"], description="What the person is called.")
    challenge: ChallengeKind | None = Field(default=None, description="What is asked besides the password.")
    session: str | None = Field(default=None, repr=False, description="Goes with the answer to the challenge.")

    @classmethod
    def of(cls, outcome: SignedIn | Challenge) -> "LogInAnswer":
        if isinstance(outcome, Challenge):
            return cls(message="Answer the challenge", challenge=outcome.kind, session=outcome.ticket)
        return cls(token=TokenSet.of(outcome.tokens), name=outcome.display_name)


class TokenAnswer(Answer):
    """New tokens."""

    token: TokenSet = Field(description="The tokens.")


class IdentityShape(Shape):
    """Where a person signs in."""

    providerName: str = Field(examples=["Facebook"], description="The provider.")  # noqa: N815 the contract's word
    userId: str = Field(examples=["1029384756"], description="The provider's id of the person.")  # noqa: N815 the contract's word


class UserInfo(Shape):
    """A person's account."""

    email: str = Field(examples=["user@example.com"], description="The e-mail address.")
    email_verified: bool = Field(description="Whether a code sent there came back.")
    name: str = Field(examples=["Sample User"], description="What the person is called.")
    phone_number: str | None = Field(default=None, examples=["+6500000000"], description="In E.164.")
    phone_number_verified: bool | None = Field(
        default=None, examples=[False], description="Whether a code sent there came back."
    )
    username: str = Field(examples=["user@example.com"], description="The e-mail address, or the pool's own name.")
    identity: IdentityShape | None = Field(default=None, description="Only of those who sign in at a provider.")


class UserAnswer(Answer):
    """The caller's account."""

    info: UserInfo = Field(description="The account.")

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
    """A code was sent."""

    username: str = Field(description="The e-mail address.")


class IdpCodeAnswer(Answer):
    """The code of a social sign-in."""

    code: str = Field(repr=False, description="The identity provider's code; empty when the sign-in failed.")


class MfaAnswer(Answer):
    """The second factors in use."""

    methods: tuple[MfaMethod, ...] = Field(description="What login asks for besides the password.")


class TotpAnswer(Answer):
    """The secret of an authenticator application, as text and as the link of a QR code."""

    secret: str = Field(repr=False, description="The secret, in base 32.")
    uri: str = Field(repr=False, description="The same as `otpauth://`.")


class ExportAnswer(Answer):
    """An archive of all data of the caller."""

    state: ExportState = Field(description="Whether it is ready.")
    requested_at: int = Field(description="Epoch seconds.")
    """Epoch seconds."""
    expires_at: int = Field(description="Epoch seconds; the archive is deleted then.")
    """Epoch seconds; the archive is deleted then."""
    url: str | None = Field(default=None, repr=False, description="Where it can be fetched; absent until it is ready.")

    @classmethod
    def of(cls, export: Export, url: str | None = None) -> "ExportAnswer":
        return cls(
            state=export.state,
            requested_at=int(export.requested_at.timestamp()),
            expires_at=int(export.expires_at.timestamp()),
            url=url,
        )

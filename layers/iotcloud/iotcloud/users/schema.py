"""What crosses the wire about users: request bodies and answers of groups 1 and 10."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from iotcloud.schema import Answer, Body
from iotcloud.users.model import Account, Challenge, ChallengeKind, SignedIn, Tokens

MAX_TOKEN = 8192
"""Characters of a token or of a challenge's session."""

Email = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True, min_length=1, max_length=128, pattern=r"^[^@\s\x00-\x1f]+@[^@\s\x00-\x1f]+$"
    ),
]
"""At most 128 characters, as a Cognito user name."""
Username = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=128)]
PersonName = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=256)]
PhoneNumber = Annotated[str, StringConstraints(min_length=1, pattern=r"^\+[0-9]{5,15}$")]
"""E.164: a plus sign and up to fifteen digits."""
ConfirmationCode = Annotated[str, StringConstraints(min_length=1, max_length=64)]
Token = Annotated[str, StringConstraints(min_length=1, max_length=MAX_TOKEN)]


class SignUpBody(Body):
    email: Email
    name: PersonName
    phone_number: PhoneNumber | None = None


class ConfirmSignUpBody(Body):
    username: Username
    confirmationcode: Annotated[str, StringConstraints(min_length=6, max_length=6)] | None = None


class UsernameBody(Body):
    username: Username


class RefreshBody(Body):
    refresh: str = Field(default="", max_length=MAX_TOKEN)
    id: str = Field(default="", max_length=MAX_TOKEN)


class TokenSet(BaseModel):
    """The three tokens of a session."""

    model_config = ConfigDict(frozen=True)

    access: str = Field(repr=False)
    id: str = Field(repr=False)
    refresh: str = Field(repr=False)

    @classmethod
    def of(cls, tokens: Tokens) -> "TokenSet":
        return cls(access=tokens.access, id=tokens.id, refresh=tokens.refresh)


class LogInAnswer(Answer):
    """Tokens, or a challenge to be answered first."""

    token: TokenSet | None = None
    name: str | None = None
    challenge: ChallengeKind | None = None
    session: str | None = Field(default=None, repr=False)

    @classmethod
    def of(cls, outcome: SignedIn | Challenge) -> "LogInAnswer":
        if isinstance(outcome, Challenge):
            return cls(message="Answer the challenge", challenge=outcome.kind, session=outcome.session)
        return cls(token=TokenSet.of(outcome.tokens), name=outcome.display_name)


class TokenAnswer(Answer):
    token: TokenSet


class IdentityShape(BaseModel):
    model_config = ConfigDict(frozen=True)

    providerName: str  # noqa: N815 the contract's word
    userId: str  # noqa: N815 the contract's word


class UserInfo(BaseModel):
    model_config = ConfigDict(frozen=True)

    email: str
    email_verified: bool
    name: str
    phone_number: str | None = None
    phone_number_verified: bool | None = None
    username: str
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

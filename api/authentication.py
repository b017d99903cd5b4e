"""Identifies the caller from the `Authorization` header, by the operation's kind of authentication."""

from api.operations import ANONYMOUS, Authentication, Caller
from iotcloud.errors import InvalidAuthorizationHeader
from iotcloud.wiring import wiring

SCHEME = "Bearer"


def identify(authentication: Authentication, authorization: str) -> Caller:
    """Return the caller; raise InvalidAuthorizationHeader, or the token verifier's errors.

    Operations with credentials, a signature or no authentication have an anonymous caller; their views read the header.
    """
    match authentication:
        case Authentication.ACCESS_TOKEN:
            token = bearer_token(authorization)
            claims = wiring().users.tokens.verify(token)
            return Caller(claims.username, token, claims.groups, claims.session)
        case Authentication.UNVERIFIED_ACCESS_TOKEN:
            return Caller(username="", access_token=bearer_token(authorization))
        case Authentication.CREDENTIALS | Authentication.SIGNATURE | Authentication.OPTIONAL | Authentication.NONE:
            return ANONYMOUS


def bearer_token(authorization: str) -> str:
    """Return the token of a header `Bearer TOKEN`; other forms are rejected."""
    match authorization.split():
        case [scheme, token] if scheme == SCHEME:
            return token
        case _:
            raise InvalidAuthorizationHeader

"""Who asks: the `Authorization` header, read as the operation's kind of authentication requires."""

from api.operations import ANONYMOUS, Authentication, Caller
from iotcloud.errors import InvalidAuthorizationHeader
from iotcloud.wiring import wiring

SCHEME = "Bearer"


def identify(authentication: Authentication, authorization: str) -> Caller:
    """Tell who asks; raise InvalidAuthorizationHeader, or what the verifier of tokens raises.

    An operation that takes credentials, a signature or nothing, has an anonymous caller and reads the header by itself.
    """
    match authentication:
        case Authentication.ACCESS_TOKEN:
            token = bearer_token(authorization)
            claims = wiring().users.tokens.verify(token)
            return Caller(claims.username, token, claims.groups, claims.session)
        case Authentication.UNVERIFIED_ACCESS_TOKEN:
            return Caller(username="", access_token=bearer_token(authorization))
        case Authentication.CREDENTIALS | Authentication.SIGNATURE | Authentication.NONE:
            return ANONYMOUS


def bearer_token(authorization: str) -> str:
    """Take the token out of a header of exactly two words, the first of them `Bearer`."""
    match authorization.split():
        case [scheme, token] if scheme == SCHEME:
            return token
        case _:
            raise InvalidAuthorizationHeader

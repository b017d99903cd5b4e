"""A token verifier that accepts only the tokens that it issued."""

from iotcloud.errors import TokenExpired
from iotcloud.users.tokens import Claims

PREFIX = "access-token-of-"


class FakeTokens:
    """Replaces CognitoTokens. Its tokens are readable in a failing test."""

    @staticmethod
    def issue(username: str, *groups: str) -> str:
        """Make an access token of a user."""
        return PREFIX + ",".join((username, *groups))

    def verify(self, token: str) -> Claims:
        """See iotcloud.users.tokens.TokenVerifier."""
        if not token.startswith(PREFIX):
            raise TokenExpired
        username, *groups = token.removeprefix(PREFIX).split(",")
        return Claims(username, frozenset(groups), f"session-of-{username}")

    def identify(self, token: str) -> Claims:
        """See iotcloud.users.tokens.TokenVerifier."""
        return self.verify(token)

"""Issues tokens like Cognito, with its own keys."""

import json
import time
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

ISSUER = "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Testing01"
CLIENT_ID = "testclient"


class TokenIssuer:
    """Issues tokens signed with its own key, under a key id."""

    def __init__(self, kid: str = "first") -> None:
        self.kid = kid
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)

    def published_keys(self) -> list[dict[str, Any]]:
        """The public keys, as the pool publishes them."""
        published = json.loads(RSAAlgorithm.to_jwk(self.key.public_key()))
        return [published | {"kid": self.kid, "alg": "RS256", "use": "sig"}]

    def claims(self, **changes: object) -> dict[str, Any]:
        """The claims of an access token; a change to None leaves the claim out."""
        now = int(time.time())
        claims = {
            "sub": "5b6f8c1e-0000-4000-8000-000000000001",
            "iss": ISSUER,
            "client_id": CLIENT_ID,
            "origin_jti": "5b6f8c1e-0000-4000-8000-000000000002",
            "token_use": "access",
            "scope": "aws.cognito.signin.user.admin",
            "auth_time": now,
            "iat": now,
            "exp": now + 3600,
            "jti": "5b6f8c1e-0000-4000-8000-000000000003",
            "username": "ann@example.com",
        } | changes
        return {name: value for name, value in claims.items() if value is not None}

    def issue(self, headers: dict[str, Any] | None = None, algorithm: str = "RS256", **changes: object) -> str:
        """Sign an access token."""
        return jwt.encode(self.claims(**changes), self.key, algorithm, headers={"kid": self.kid} | (headers or {}))

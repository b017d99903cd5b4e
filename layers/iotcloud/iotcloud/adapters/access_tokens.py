"""Access tokens of the Cognito user pool, verified with the pool's published keys."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import boto3
import jwt
from botocore import UNSIGNED
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.exceptions import BotoCoreError
from botocore.httpsession import URLLib3Session
from jwt.algorithms import RSAAlgorithm

from iotcloud.errors import DependencyFailed, NotAuthenticated, TokenExpired
from iotcloud.users.tokens import Claims

LEEWAY_SECONDS = 10
"""How far the clocks of Cognito and of the function may be apart."""
REFETCH_SECONDS = 60
"""Least time between two readings of the pool's keys, so that made-up key ids cannot make us hammer it."""
TIMEOUT_SECONDS = 2
"""Timeout in seconds, to connect and to read."""

Json = dict[str, Any]


class CognitoTokens:
    """Verifies access tokens. The pool's keys are cached, and read again for a new key id."""

    def __init__(
        self,
        fetch_keys: Callable[[], list[Json]],
        issuer: str,
        client_id: str,
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        self._fetch_keys = fetch_keys
        self._issuer = issuer
        self._client_id = client_id
        self._seconds = seconds
        self._keys: dict[str, Any] = {}
        self._fetched_at: float | None = None

    def verify(self, token: str) -> Claims:
        """Return the token's claims; see iotcloud.users.tokens.TokenVerifier. DependencyFailed: no keys to be had."""
        return self._claims(self._decode(token))

    def identify(self, token: str) -> Claims:
        """Return the claims of a token that may be out of its time; see iotcloud.users.tokens.TokenVerifier."""
        return self._claims(self._decode(token, is_time_checked=False))

    def _claims(self, claims: Json) -> Claims:
        username = claims.get("username")
        if (
            claims.get("token_use") != "access"
            or claims.get("client_id") != self._client_id
            or claims.get("iss") != self._issuer
            or not isinstance(username, str)
            or username == ""
        ):
            raise NotAuthenticated
        groups = claims.get("cognito:groups")
        return Claims(
            username,
            frozenset(map(str, groups)) if isinstance(groups, list) else frozenset(),
            str(claims.get("origin_jti", "")),
            datetime.fromtimestamp(claims["iat"], UTC),
        )

    def _decode(self, token: str, *, is_time_checked: bool = True) -> Json:
        try:
            kid = jwt.get_unverified_header(token).get("kid")
            claims: Json = jwt.decode(
                token,
                self._key(kid),
                algorithms=["RS256"],
                leeway=LEEWAY_SECONDS,
                options={
                    "require": ["exp", "iat"],
                    "verify_exp": is_time_checked,
                    "verify_aud": False,
                    "verify_iss": False,
                },
            )
        except (jwt.PyJWTError, ValueError, TypeError, OverflowError, RecursionError):
            raise TokenExpired from None
        return claims

    def _key(self, kid: object) -> Any:
        """Return the public key of a key id. The id is untrusted text."""
        if not isinstance(kid, str):
            raise TokenExpired
        if kid not in self._keys and self._may_fetch():
            self._fetch()
        try:
            return self._keys[kid]
        except KeyError:
            raise TokenExpired from None

    def _may_fetch(self) -> bool:
        return self._fetched_at is None or self._seconds() - self._fetched_at >= REFETCH_SECONDS

    def _fetch(self) -> None:
        keys = self._fetch_keys()
        self._fetched_at = self._seconds()
        self._keys = {
            key["kid"]: RSAAlgorithm.from_jwk(key)
            for key in keys
            if key.get("kty") == "RSA" and key.get("use", "sig") == "sig"
        }


@dataclass(frozen=True)
class PoolKeys:
    """Reads a pool's keys where Cognito publishes them, at the endpoint that the SDK is set to."""

    region: str
    user_pool_id: str

    def __call__(self) -> list[Json]:
        """Read the keys (RFC 7517); raise DependencyFailed."""
        client = boto3.client("cognito-idp", region_name=self.region, config=Config(signature_version=UNSIGNED))
        url = f"{client.meta.endpoint_url}/{self.user_pool_id}/.well-known/jwks.json"
        try:
            answer = URLLib3Session(timeout=TIMEOUT_SECONDS).send(AWSRequest("GET", url).prepare())
            keys: list[Json] = json.loads(answer.content)["keys"]
        except (BotoCoreError, ValueError, KeyError, TypeError) as failed:
            raise DependencyFailed from failed
        return keys

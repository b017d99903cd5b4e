"""The two forms in which clients hand over credentials: HTTP Basic, and the JWT of the old apps.

The JWT is signed with a key that ships inside the apps, so its signature proves nothing about the sender. It is an
encoding that old clients need, accepted only while a key is configured. Its contents are checked like any password.
"""

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from iotcloud.clock import Clock, utc_now
from iotcloud.errors import (
    EmptyParameter,
    InvalidAuthorizationHeader,
    InvalidCredentialToken,
    MissingParameter,
    NotAuthenticated,
)

LIFETIME_SECONDS = 10
"""The required `exp - iat`, in seconds."""
TOLERANCE_SECONDS = 60
"""How far the clocks of a client and of the server may be apart, either way."""


@dataclass(frozen=True)
class Credentials:
    """A pair of values that one token carries. Their meaning depends on the operation.

    Sign-up and sign-in: user name and password. Change of password: current and new password. Push token: the token
    and its service.
    """

    name: str = field(repr=False)
    secret: str = field(repr=False)


@dataclass(frozen=True)
class CredentialReader:
    """Read credentials out of a header or out of a body."""

    legacy_key: Callable[[], str | None]
    """The shared key of the old apps, or None when their tokens are refused."""
    clock: Clock = utc_now

    def read_header(self, authorization: str) -> Credentials:
        """Read an `Authorization` header, `Basic` or `Bearer`.

        Raise InvalidAuthorizationHeader, NotAuthenticated with the reason, or EmptyParameter.
        """
        match authorization.split():
            case [scheme, encoded] if scheme.lower() == "basic":
                return _read_basic(encoded)
            case ["Bearer", token]:
                try:
                    return self.read_token(token)
                except InvalidCredentialToken as invalid:
                    raise NotAuthenticated(invalid.message) from None
            case _:
                raise InvalidAuthorizationHeader

    def read_token(self, token: str) -> Credentials:
        """Read a credential JWT; raise InvalidCredentialToken with the reason."""
        key = self.legacy_key()
        if not key:
            raise InvalidCredentialToken("Credential tokens are not accepted")
        return _carried(_signed_claims(token, key), self.clock().timestamp())

    def read_body(self, token: str | None, name: str | None, secret: str | None) -> Credentials:
        """Read the two values from a body: from the old apps' token, or from two plain members.

        Raise InvalidCredentialToken with the reason, MissingParameter.
        """
        if token is not None:
            return self.read_token(token)
        if name is None or secret is None:
            raise MissingParameter
        return Credentials(name, secret)


def _read_basic(encoded: str) -> Credentials:
    try:
        name, colon, secret = _text(base64.b64decode(encoded, validate=True)).partition(":")
    except (binascii.Error, ValueError):
        raise InvalidAuthorizationHeader from None
    if not colon:
        raise InvalidAuthorizationHeader
    if not name or not secret:
        raise EmptyParameter
    return Credentials(name, secret)


def _signed_claims(token: str, key: str) -> dict[str, Any]:
    try:
        signed, _, signature = token.rpartition(".")
        header, payload = (json.loads(_text(_unpadded(part))) for part in signed.split("."))
        given = _unpadded(signature)
    except (ValueError, RecursionError):
        raise InvalidCredentialToken("Credential token cannot be read") from None
    if not isinstance(header, dict) or header.get("alg") != "HS256" or not isinstance(payload, dict):
        raise InvalidCredentialToken("Credential token cannot be read")
    expected = hmac.new(key.encode(), signed.encode(), hashlib.sha256).digest()
    if not hmac.compare_digest(given, expected):
        raise InvalidCredentialToken("Credential token has a wrong signature")
    return payload


def _carried(claims: dict[str, Any], now: float) -> Credentials:
    name, secret = _claimed_text(claims, "username"), _claimed_text(claims, "password")
    issued_at, expires_at = _claimed_number(claims, "iat"), _claimed_number(claims, "exp")
    if expires_at - issued_at != LIFETIME_SECONDS:
        raise InvalidCredentialToken("Credential token has a wrong lifetime")
    if now < issued_at - TOLERANCE_SECONDS:
        raise InvalidCredentialToken("Credential token is not valid yet")
    if now > expires_at + TOLERANCE_SECONDS:
        raise InvalidCredentialToken("Credential token has expired")
    return Credentials(name, secret)


def _unpadded(part: str) -> bytes:
    return base64.b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True)


def _text(octets: bytes) -> str:
    """Decode UTF-8, or else Latin-1, in which the old web app encodes the claims."""
    try:
        return octets.decode()
    except UnicodeDecodeError:
        return octets.decode("latin-1")


def _claimed_text(claims: dict[str, Any], claim: str) -> str:
    """Return a claim that is text, not empty, and free of half surrogate pairs, which no service takes."""
    text = claims.get(claim)
    if not isinstance(text, str) or not text or any("\ud800" <= character <= "\udfff" for character in text):
        raise InvalidCredentialToken("Credential token lacks a claim")
    return text


def _claimed_number(claims: dict[str, Any], claim: str) -> float:
    number = claims.get(claim)
    if not isinstance(number, int | float) or isinstance(number, bool):
        raise InvalidCredentialToken("Credential token lacks a claim")
    return number

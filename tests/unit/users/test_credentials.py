"""Credentials in a header or a body: HTTP Basic, and the JWT of the old apps."""

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime
from typing import Any

import jwt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iotcloud.errors import EmptyParameter, InvalidAuthorizationHeader, InvalidCredentialToken, NotAuthenticated
from iotcloud.users.credentials import CredentialReader, Credentials

KEY = "0123456789abcdef0123456789abcdef"
NOW = 1_700_000_000
READER = CredentialReader(lambda: KEY, lambda: datetime.fromtimestamp(NOW, UTC))


def credential_token(
    claims: dict[str, Any] | None = None,
    *,
    key: str = KEY,
    header: dict[str, Any] | None = None,
    encoding: str = "utf-8",
    **changed: Any,
) -> str:
    """Build a token as the old web app does; a claim changed to None is left out."""
    payload = {"username": "ada@example.com", "password": "s3cret-pass", "iat": NOW, "exp": NOW + 10} | changed
    payload = {name: value for name, value in payload.items() if value is not None} if claims is None else claims
    parts = [json.dumps(header or {"alg": "HS256", "typ": "JWT"}), json.dumps(payload, ensure_ascii=False)]
    signed = ".".join(base64.urlsafe_b64encode(part.encode(encoding)).decode().rstrip("=") for part in parts)
    signature = hmac.new(key.encode(), signed.encode(), hashlib.sha256).digest()
    return f"{signed}.{base64.urlsafe_b64encode(signature).decode().rstrip('=')}"


def basic(text: str, encoding: str = "utf-8") -> str:
    return "Basic " + base64.b64encode(text.encode(encoding)).decode()


def test_read_header_takes_basic_credentials() -> None:
    assert READER.read_header(basic("ada@example.com:pass:word")) == Credentials("ada@example.com", "pass:word")


def test_read_header_takes_basic_in_latin_1() -> None:
    assert READER.read_header(basic("ada@example.com:pässwörd", "latin-1")).secret == "pässwörd"


def test_read_header_takes_basic_in_any_case() -> None:
    assert READER.read_header(basic("a:b").replace("Basic", "basic")) == Credentials("a", "b")


@pytest.mark.parametrize("text", [":password", "ada@example.com:", ":"])
def test_read_header_refuses_empty_basic_credentials(text: str) -> None:
    with pytest.raises(EmptyParameter):
        READER.read_header(basic(text))


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Basic",
        "Bearer",
        "Basic !!!",
        "Basic YWRh",
        "Digest abc",
        "Bearer a b",
        "bearer " + credential_token(),
        "äöü ß",
    ],
)
def test_read_header_refuses_what_is_no_credentials_header(header: str) -> None:
    with pytest.raises(InvalidAuthorizationHeader):
        READER.read_header(header)


def test_read_header_takes_the_old_apps_token() -> None:
    header = f"Bearer {credential_token()}"

    assert READER.read_header(header) == Credentials("ada@example.com", "s3cret-pass")


def test_read_header_takes_a_token_made_by_a_jwt_library() -> None:
    claims = {"username": "ada@example.com", "password": "pässwörd ✓", "iat": NOW, "exp": NOW + 10}

    assert READER.read_header(f"Bearer {jwt.encode(claims, KEY, 'HS256')}").secret == "pässwörd ✓"


def test_read_header_takes_a_token_whose_claims_are_latin_1() -> None:
    token = credential_token(password="pässwörd", encoding="latin-1")

    assert READER.read_header(f"Bearer {token}").secret == "pässwörd"


def test_read_header_refuses_every_token_without_a_key() -> None:
    with pytest.raises(NotAuthenticated, match="not accepted"):
        CredentialReader(lambda: None).read_header(f"Bearer {credential_token()}")


@pytest.mark.parametrize("late", [-60, 0, 10 + 60])
def test_read_token_tolerates_clocks_a_minute_apart(late: int) -> None:
    assert READER.read_token(credential_token(iat=NOW - late, exp=NOW - late + 10)).name == "ada@example.com"


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"iat": NOW + 61, "exp": NOW + 71}, "not valid yet"),
        ({"iat": NOW - 71, "exp": NOW - 61}, "expired"),
        ({"exp": NOW + 11}, "lifetime"),
        ({"exp": NOW + 9}, "lifetime"),
        ({"exp": NOW + 3600}, "lifetime"),
        ({"username": None}, "claim"),
        ({"password": None}, "claim"),
        ({"iat": None}, "claim"),
        ({"exp": None}, "claim"),
        ({"username": ""}, "claim"),
        ({"password": ""}, "claim"),
        ({"password": 12345678}, "claim"),
        ({"username": ["ada@example.com"]}, "claim"),
        ({"iat": str(NOW), "exp": str(NOW + 10)}, "claim"),
        ({"iat": True, "exp": 11}, "claim"),
        ({"iat": float("nan"), "exp": float("nan")}, "lifetime"),
        ({"iat": float("inf"), "exp": float("inf")}, "lifetime"),
    ],
)
def test_read_token_refuses_claims_out_of_bounds(changed: dict[str, Any], reason: str) -> None:
    with pytest.raises(InvalidCredentialToken, match=reason):
        READER.read_token(credential_token(**changed))


def test_read_token_refuses_half_a_surrogate_pair() -> None:
    payload = {"username": "ada@example.com", "password": "x", "iat": NOW, "exp": NOW + 10}
    token = jwt.encode(payload, KEY, "HS256", json_encoder=_HalfPair)

    with pytest.raises(InvalidCredentialToken, match="claim"):
        READER.read_token(token)


class _HalfPair(json.JSONEncoder):
    def encode(self, o: Any) -> str:
        return super().encode(o).replace('"x"', r'"\ud800"')


@pytest.mark.parametrize("algorithm", ["none", "HS384", "RS256", "hs256", None, ["HS256"]])
def test_read_token_refuses_other_algorithms(algorithm: object) -> None:
    with pytest.raises(InvalidCredentialToken, match="read"):
        READER.read_token(credential_token(header={"alg": algorithm, "typ": "JWT"}))


def test_read_token_refuses_another_key() -> None:
    with pytest.raises(InvalidCredentialToken, match="signature"):
        READER.read_token(credential_token(key="x" * 32))


def test_read_token_refuses_an_absent_signature() -> None:
    with pytest.raises(InvalidCredentialToken, match="signature"):
        READER.read_token(credential_token().rpartition(".")[0] + ".")


@pytest.mark.parametrize("token", ["", ".", "..", "a.b", "a.b.c", "e30.W10.", "....", "é.é.é", "[" * 100_000 + ".x.y"])
def test_read_token_refuses_what_is_no_token(token: str) -> None:
    with pytest.raises(InvalidCredentialToken):
        READER.read_token(token)


def test_read_token_refuses_nesting_without_end() -> None:
    deep = base64.urlsafe_b64encode(b"[" * 100_000).decode().rstrip("=")

    with pytest.raises(InvalidCredentialToken):
        READER.read_token(f"{deep}.{deep}.{deep}")


@settings(max_examples=300)
@given(st.integers(min_value=0), st.characters(codec="utf-8"))
def test_read_token_refuses_every_change_of_one_character(position: int, character: str) -> None:
    token = credential_token()
    position %= len(token)
    changed = token[:position] + character + token[position + 1 :]
    if _octets(changed) != _octets(token):
        with pytest.raises(InvalidCredentialToken):
            READER.read_token(changed)


def _octets(token: str) -> object:
    """The content of a token: its last characters contain unused bits."""
    signed, _, signature = token.rpartition(".")
    try:
        return signed, base64.b64decode(signature + "=" * (-len(signature) % 4), altchars=b"-_", validate=True)
    except ValueError:
        return signed, signature


def test_credentials_do_not_show_in_a_representation() -> None:
    assert "s3cret-pass" not in repr(READER.read_token(credential_token()))

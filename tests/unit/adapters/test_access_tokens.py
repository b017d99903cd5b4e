"""Only what the user pool signed, for our client, as an access token and in its time, is believed."""

import base64
import json
import random
import time
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from iotcloud.adapters.access_tokens import LEEWAY_SECONDS, REFETCH_SECONDS, CognitoTokens
from iotcloud.errors import NotAuthenticated, TokenExpired
from iotcloud.users.tokens import Claims
from tests.fakes.token_issuer import CLIENT_ID, ISSUER, TokenIssuer

POOL = TokenIssuer()
STRANGER = TokenIssuer(kid=POOL.kid)
TOKENS = CognitoTokens(POOL.published_keys, ISSUER, CLIENT_ID)
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
MUTATIONS = 3000


class CountedKeys:
    """Publishes keys, and counts how often they are read."""

    def __init__(self, *issuers: TokenIssuer) -> None:
        self.issuers = list(issuers)
        self.readings = 0

    def __call__(self) -> list[dict[str, Any]]:
        self.readings += 1
        return [key for issuer in self.issuers for key in issuer.published_keys()]


def encoded(part: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()


def decoded(part: str) -> Any:
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def test_verify_returns_the_claims_of_a_genuine_token() -> None:
    claims = TOKENS.verify(POOL.issue(**{"cognito:groups": ["operators"]}))

    assert claims == Claims("ann@example.com", frozenset({"operators"}), POOL.claims()["origin_jti"])


@pytest.mark.parametrize(
    "changes",
    [
        {"token_use": "id"},
        {"token_use": None},
        {"client_id": "another"},
        {"client_id": None},
        {"iss": ISSUER + "x"},
        {"iss": None},
        {"username": None},
        {"username": ""},
        {"username": 5},
    ],
)
def test_verify_refuses_a_genuine_token_of_another_kind(changes: dict[str, object]) -> None:
    with pytest.raises(NotAuthenticated) as refused:
        TOKENS.verify(POOL.issue(**changes))

    assert refused.value.message == "Unauthorized access"


@pytest.mark.parametrize(
    "changes",
    [
        {"exp": int(time.time()) - LEEWAY_SECONDS - 5},
        {"exp": None},
        {"exp": "soon"},
        {"exp": float("inf")},
        {"iat": int(time.time()) + LEEWAY_SECONDS + 3600},
        {"iat": None},
        {"iat": [1]},
        {"nbf": int(time.time()) + 3600},
    ],
)
def test_verify_refuses_a_token_out_of_its_time(changes: dict[str, object]) -> None:
    with pytest.raises(TokenExpired):
        TOKENS.verify(POOL.issue(**changes))


def test_verify_allows_for_clocks_that_differ_a_little() -> None:
    now = int(time.time())

    assert TOKENS.verify(POOL.issue(exp=now - LEEWAY_SECONDS + 5, iat=now + LEEWAY_SECONDS - 5))


def test_identify_accepts_a_token_that_has_expired() -> None:
    assert TOKENS.identify(POOL.issue(exp=int(time.time()) - 86400)).username == "ann@example.com"


def test_identify_refuses_a_signature_of_a_stranger() -> None:
    with pytest.raises(TokenExpired):
        TOKENS.identify(STRANGER.issue())


@pytest.mark.parametrize(
    "token", ["", ".", "..", "...", "a.b.c", "eyJ9.e30.", "Bearer", "\x00", "é.é.é", "=.=.=", "a" * 9000]
)
def test_verify_refuses_what_is_no_token(token: str) -> None:
    with pytest.raises(TokenExpired):
        TOKENS.verify(token)


def unsigned(header: dict[str, Any]) -> str:
    return f"{encoded(header)}.{encoded(POOL.claims())}."


def signed_with_the_public_key(algorithm: str) -> str:
    """Sign with HMAC and the text that everybody can read, as against a verifier that lets the header choose."""
    secret = POOL.key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    signer = jwt.get_algorithm_by_name(algorithm)
    head = f"{encoded({'alg': algorithm, 'typ': 'JWT', 'kid': POOL.kid})}.{encoded(POOL.claims())}"
    signature = signer.sign(head.encode(), secret)
    return f"{head}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


@pytest.mark.parametrize(
    "forge",
    [
        lambda: unsigned({"alg": "none", "kid": POOL.kid}),
        lambda: unsigned({"alg": "None", "kid": POOL.kid}),
        lambda: unsigned({"alg": "", "kid": POOL.kid}),
        lambda: unsigned({"alg": "RS256", "kid": POOL.kid}),
        lambda: unsigned({"kid": POOL.kid}),
        lambda: unsigned({"alg": ["RS256"], "kid": POOL.kid}),
        lambda: signed_with_the_public_key("HS256"),
        lambda: signed_with_the_public_key("HS512"),
        lambda: POOL.issue(algorithm="RS384"),
        lambda: POOL.issue(algorithm="RS512"),
        lambda: POOL.issue(algorithm="PS256"),
        lambda: POOL.issue(headers={"kid": "second"}),
        lambda: POOL.issue(headers={"kid": ""}),
        lambda: POOL.issue(headers={"crit": ["exp"]}),
        lambda: STRANGER.issue(),
        lambda: STRANGER.issue(headers={"jwk": STRANGER.published_keys()[0]}),
        lambda: STRANGER.issue(headers={"jku": "https://stranger.example/jwks.json"}),
    ],
    ids=lambda forge: None,
)
def test_verify_refuses_a_forged_token(forge: Callable[[], str]) -> None:
    with pytest.raises(TokenExpired):
        TOKENS.verify(forge())


def mutated(chance: random.Random, genuine: str) -> str:
    """Change a genuine token somewhere: a character, its length, its order, its claims or its header."""
    head, payload, signature = genuine.split(".")
    place = chance.randrange(len(genuine))
    match chance.randrange(8):
        case 0:
            return genuine[:place] + chance.choice(ALPHABET) + genuine[place + 1 :]
        case 1:
            return genuine[:place] + chance.choice(ALPHABET + ".=+/ \n%\x00é") + genuine[place:]
        case 2:
            return genuine[:place] + genuine[place + 1 + chance.randrange(3) :]
        case 3:
            end = list(signature)
            end[-1] = chance.choice(ALPHABET)
            return ".".join((head, payload, "".join(end)))
        case 4:
            name = chance.choice(list(POOL.claims()))
            value = chance.choice(["eve@example.com", 0, 2**40, None, [], {}, True])
            return ".".join((head, encoded(decoded(payload) | {name: value}), signature))
        case 5:
            changes = {
                chance.choice(["alg", "kid", "typ", "jku", "crit", "b64"]): chance.choice(
                    ["none", "HS256", None, 7, [], {}]
                )
            }
            return ".".join((encoded(decoded(head) | changes), payload, signature))
        case 6:
            parts = [head, payload, signature]
            chance.shuffle(parts)
            return ".".join(parts)
        case _:
            return genuine + chance.choice([".", "=", "==", " ", "\n", "." + signature, "A", "AAAA"])


def test_verify_accepts_none_of_thousands_of_changed_tokens() -> None:
    chance = random.Random(20261123)
    genuine = POOL.issue()
    accepted = []
    tried = 0
    while tried < MUTATIONS:
        token = mutated(chance, genuine)
        if token == genuine:
            continue
        tried += 1
        try:
            accepted.append((token, TOKENS.verify(token)))
        except NotAuthenticated:
            continue

    assert accepted == []


@given(st.text(max_size=400))
def test_verify_refuses_any_text(text: str) -> None:
    with pytest.raises(TokenExpired):
        TOKENS.verify(text)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@given(JSON, JSON)
def test_verify_refuses_any_header_and_payload(header: object, payload: object) -> None:
    with pytest.raises(TokenExpired):
        TOKENS.verify(f"{encoded(header)}.{encoded(payload)}.{'A' * 342}")


@given(st.dictionaries(st.sampled_from(["alg", "kid", "typ", "crit", "b64"]), JSON))
def test_verify_refuses_any_header_over_a_genuine_signature(header: dict[str, object]) -> None:
    _, payload, signature = POOL.issue().split(".")
    with pytest.raises(TokenExpired):
        TOKENS.verify(f"{encoded({'kid': POOL.kid, 'alg': 'RS256', 'x': 1} | header)}.{payload}.{signature}")


def test_keys_are_read_once() -> None:
    keys = CountedKeys(POOL)
    tokens = CognitoTokens(keys, ISSUER, CLIENT_ID)

    for _ in range(3):
        tokens.verify(POOL.issue())

    assert keys.readings == 1


def test_a_key_that_the_pool_adds_later_is_found() -> None:
    keys = CountedKeys(POOL)
    now = [0.0]
    tokens = CognitoTokens(keys, ISSUER, CLIENT_ID, seconds=lambda: now[0])
    tokens.verify(POOL.issue())
    later = TokenIssuer(kid="later")
    keys.issuers.append(later)

    now[0] = REFETCH_SECONDS

    assert tokens.verify(later.issue()).username == "ann@example.com"


def test_unknown_key_ids_do_not_read_the_keys_again_within_a_minute() -> None:
    keys = CountedKeys(POOL)
    now = [0.0]
    tokens = CognitoTokens(keys, ISSUER, CLIENT_ID, seconds=lambda: now[0])
    tokens.verify(POOL.issue())

    for second in range(REFETCH_SECONDS):
        now[0] = float(second)
        with pytest.raises(TokenExpired):
            tokens.verify(STRANGER.issue(headers={"kid": f"unknown-{second}"}))

    assert keys.readings == 1


def test_a_published_key_of_another_kind_is_left_out() -> None:
    keys = [
        *POOL.published_keys(),
        {"kty": "EC", "kid": "curve", "crv": "P-256"},
        POOL.published_keys()[0] | {"kid": "enc", "use": "enc"},
    ]
    tokens = CognitoTokens(lambda: keys, ISSUER, CLIENT_ID)

    assert tokens.verify(POOL.issue())
    with pytest.raises(TokenExpired):
        tokens.verify(POOL.issue(headers={"kid": "enc"}))

"""The header is parsed first, by the operation's kind of authentication."""

import pytest

from api.authentication import bearer_token, identify
from api.operations import ANONYMOUS, Authentication, Caller
from iotcloud.errors import InvalidAuthorizationHeader, TokenExpired
from iotcloud.wiring import Wiring
from tests.fakes.access_tokens import FakeTokens
from tests.parts import restore_part

UNREADABLE = ["", "Bearer", "Bearer ", "Bearer a b", "bearer abc", "Basic YTpi", "abc", "Token abc", "Bearer\x00abc"]


@pytest.mark.parametrize("header", UNREADABLE)
def test_bearer_token_refuses_what_is_not_two_words_of_the_scheme(header: str) -> None:
    with pytest.raises(InvalidAuthorizationHeader) as refused:
        bearer_token(header)

    assert refused.value.message == "Invalid authorization header"


@pytest.mark.parametrize("authentication", [Authentication.ACCESS_TOKEN, Authentication.UNVERIFIED_ACCESS_TOKEN])
@pytest.mark.parametrize("header", UNREADABLE)
@pytest.mark.usefixtures("wired")
def test_identify_refuses_a_bad_header(authentication: Authentication, header: str) -> None:
    with pytest.raises(InvalidAuthorizationHeader):
        identify(authentication, header)


@pytest.mark.usefixtures("wired")
def test_identify_names_the_caller_of_a_verified_token() -> None:
    token = FakeTokens.issue("ann@example.com", "operators")

    caller = identify(Authentication.ACCESS_TOKEN, f"Bearer {token}")

    assert (caller.username, caller.access_token, caller.groups) == ("ann@example.com", token, {"operators"})


@pytest.mark.usefixtures("wired")
def test_identify_refuses_a_token_that_the_verifier_refuses() -> None:
    with pytest.raises(TokenExpired):
        identify(Authentication.ACCESS_TOKEN, "Bearer forged")


def test_identify_verifies_nothing_where_the_token_may_have_expired(wired: Wiring) -> None:
    restore_part(wired, "users.tokens")

    assert identify(Authentication.UNVERIFIED_ACCESS_TOKEN, "Bearer old") == Caller("", "old")


@pytest.mark.parametrize("authentication", [Authentication.CREDENTIALS, Authentication.NONE])
@pytest.mark.parametrize("header", ["", "Basic YTpi", "Bearer x", "nonsense"])
def test_identify_leaves_other_headers_to_the_operation(authentication: Authentication, header: str) -> None:
    assert identify(authentication, header) is ANONYMOUS


def test_a_caller_does_not_show_the_token() -> None:
    assert "secret" not in repr(Caller("ann@example.com", "secret"))

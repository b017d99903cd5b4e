"""One rule for the addresses of accounts and invited users."""

from contextlib import suppress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from iotcloud.errors import InvalidInput
from iotcloud.sharing.model import checked_email
from iotcloud.users.schema import Email

ACCOUNTS: TypeAdapter[str] = TypeAdapter(Email)


def is_account(text: str) -> bool:
    with suppress(ValidationError):
        return bool(ACCOUNTS.validate_python(text))
    return False


def can_be_invited(text: str) -> bool:
    with suppress(InvalidInput):
        return bool(checked_email(text))
    return False


@pytest.mark.parametrize("text", ["user@example.com", " User@Example.com ", "a/b@example.com", "bär@exämple.de"])
def test_an_address_is_taken(text: str) -> None:
    assert is_account(text)
    assert can_be_invited(text)


@pytest.mark.parametrize(
    "text", ["", "@", "a@b", "a@b/c.de", "a@/b.de", "a b@c.de", "a@b@c.de", "a\x7f@b.de", "a@b\x85c.de"]
)
def test_what_is_no_address_is_refused(text: str) -> None:
    assert not is_account(text)
    assert not can_be_invited(text)


@given(st.text("aä@./ -+\x00\x7f\x85\u2028", max_size=12))
@example("a@b.")
def test_accounts_and_invitations_take_the_same(text: str) -> None:
    assert is_account(text) == can_be_invited(text)

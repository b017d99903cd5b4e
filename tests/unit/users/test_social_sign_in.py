"""Codes of social sign-ins."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from iotcloud.errors import AlreadyExists, InvalidInput, NotFound
from iotcloud.users.social_sign_in import KEPT_SECONDS, SocialSignInService
from tests.fakes.idp_codes import FakeIdpCodes

STATE = "1029384756"


@dataclass
class Hand:
    """A clock that tests set."""

    now: datetime = datetime(2026, 1, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Hand:
    return Hand()


@pytest.fixture
def codes(clock: Hand) -> SocialSignInService:
    return SocialSignInService(FakeIdpCodes(), clock)


@pytest.mark.parametrize("code", ["the-code", ""])
def test_a_code_is_handed_over_once(codes: SocialSignInService, code: str) -> None:
    codes.store_code(STATE, code)

    assert codes.query_code(STATE) == code
    with pytest.raises(NotFound):
        codes.query_code(STATE)


def test_query_code_finds_nothing_before_it_was_stored(codes: SocialSignInService) -> None:
    with pytest.raises(NotFound):
        codes.query_code(STATE)


def test_query_code_finds_nothing_after_two_minutes(codes: SocialSignInService, clock: Hand) -> None:
    codes.store_code(STATE, "the-code")
    clock.now += timedelta(seconds=KEPT_SECONDS)

    with pytest.raises(NotFound):
        codes.query_code(STATE)


def test_store_code_does_not_replace_one_that_waits(codes: SocialSignInService) -> None:
    codes.store_code(STATE, "the-code")

    with pytest.raises(AlreadyExists):
        codes.store_code(STATE, "planted")

    assert codes.query_code(STATE) == "the-code"


def test_store_code_replaces_one_that_was_never_fetched(codes: SocialSignInService, clock: Hand) -> None:
    codes.store_code(STATE, "first")
    clock.now += timedelta(seconds=KEPT_SECONDS)

    codes.store_code(STATE, "second")

    assert codes.query_code(STATE) == "second"


@pytest.mark.parametrize("code_id", ["", "1", "123456789"])
def test_an_id_that_can_be_guessed_is_refused(codes: SocialSignInService, code_id: str) -> None:
    with pytest.raises(InvalidInput):
        codes.store_code(code_id, "the-code")
    with pytest.raises(InvalidInput):
        codes.query_code(code_id)

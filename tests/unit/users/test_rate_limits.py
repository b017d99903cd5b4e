"""Rate limits."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from iotcloud.errors import TooManyRequests
from iotcloud.users.rate_limits import Limit, RateLimiter, caller_of
from tests.fakes.attempts import FakeAttemptStore

LIMIT = Limit(3, 60)


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
def store() -> FakeAttemptStore:
    return FakeAttemptStore()


@pytest.fixture
def attempts(store: FakeAttemptStore, clock: Hand) -> RateLimiter:
    return RateLimiter(store, clock)


def spend_all(attempts: RateLimiter) -> None:
    for _ in range(LIMIT.attempts):
        attempts.spend("log_in", "192.0.2.1", LIMIT)


def test_spend_refuses_the_first_attempt_above_the_limit(attempts: RateLimiter) -> None:
    spend_all(attempts)

    with pytest.raises(TooManyRequests):
        attempts.spend("log_in", "192.0.2.1", LIMIT)


def test_spend_begins_anew_with_the_next_window(attempts: RateLimiter, clock: Hand) -> None:
    spend_all(attempts)
    clock.now += timedelta(seconds=60)

    attempts.spend("log_in", "192.0.2.1", LIMIT)


@pytest.mark.parametrize(("purpose", "subject"), [("log_in", "192.0.2.2"), ("sign_up", "192.0.2.1")])
def test_spend_counts_each_subject_and_purpose_by_itself(attempts: RateLimiter, purpose: str, subject: str) -> None:
    spend_all(attempts)

    attempts.spend(purpose, subject, LIMIT)


def test_spend_keeps_no_address(attempts: RateLimiter, store: FakeAttemptStore) -> None:
    spend_all(attempts)

    assert not [bucket for bucket in store.counts if "192.0.2.1" in bucket]


@pytest.mark.parametrize(
    ("source_ip", "caller"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("2001:db8:1:2::9", "2001:db8:1:2::"),
        ("2001:db8:1:3::9", "2001:db8:1:3::"),
        ("", ""),
        ("somewhere", "somewhere"),
    ],
)
def test_caller_of_takes_a_subscribers_addresses_together(source_ip: str, caller: str) -> None:
    assert caller_of(source_ip) == caller


def test_a_refusal_says_when_the_window_ends(attempts: RateLimiter, clock: Hand) -> None:
    clock.now += timedelta(seconds=18)
    spend_all(attempts)

    for refuse in (attempts.spend, attempts.require_left):
        with pytest.raises(TooManyRequests) as refused:
            refuse("log_in", "192.0.2.1", LIMIT)
        assert refused.value.retry_after_seconds == 42


def test_require_left_counts_nothing(attempts: RateLimiter, store: FakeAttemptStore) -> None:
    for _ in range(10):
        attempts.require_left("log_in", "192.0.2.1", LIMIT)

    spend_all(attempts)
    assert sum(store.counts.values()) == LIMIT.attempts

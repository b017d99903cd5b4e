"""Signed-in users' calls are counted in memory, and in the table only for frequent callers."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iotcloud.errors import TooManyRequests
from iotcloud.users.call_limits import SHARES, CallLimits
from iotcloud.users.rate_limits import Limit, RateLimiter
from tests.fakes.attempts import FakeAttemptStore

NOON = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
LIMIT = Limit(100, 60)


class Environments:
    """Some execution environments that share a table, and one clock."""

    def __init__(self, count: int = 1) -> None:
        self.now = NOON
        self.table = FakeAttemptStore()
        attempts = RateLimiter(self.table, lambda: self.now)
        self.limits = [CallLimits(attempts, lambda: self.now) for _ in range(count)]

    def passed(self, calls: int, username: str = "ann", limit: Limit = LIMIT) -> int:
        """Make calls, to one environment after the other, and return how many were let through."""
        passed, waits = 0, list[int]()
        for number in range(calls):
            try:
                self.limits[number % len(self.limits)].spend("user_calls", username, limit)
            except TooManyRequests as refused:
                waits.append(refused.retry_after_seconds)
            else:
                passed += 1
        assert all(0 < wait <= limit.seconds for wait in waits)
        return passed


def test_who_calls_now_and_then_costs_no_write() -> None:
    environments = Environments()

    assert environments.passed(LIMIT.attempts // SHARES - 1) == LIMIT.attempts // SHARES - 1
    assert environments.table.counts == {}


def test_who_calls_too_often_is_refused_until_the_minute_is_over() -> None:
    environments = Environments()

    assert environments.passed(1000) == LIMIT.attempts + LIMIT.attempts // SHARES - 1
    assert environments.passed(1000) == 0
    environments.now += timedelta(seconds=60)
    assert environments.passed(10) == 10


def test_a_flood_costs_few_writes() -> None:
    environments = Environments()
    environments.passed(100_000)

    assert sum(environments.table.counts.values()) == LIMIT.attempts + LIMIT.attempts // SHARES


def test_nobody_is_held_back_by_another() -> None:
    environments = Environments()
    environments.passed(1000, "mallory")

    assert environments.passed(50, "ann") == 50


def test_kinds_of_calls_are_counted_apart() -> None:
    environments = Environments()
    environments.passed(1000)

    environments.limits[0].spend("device_calls", "ann", LIMIT)


@given(st.integers(1, 30), st.integers(1, 300))
def test_all_environments_together_let_little_more_pass(count: int, attempts: int) -> None:
    environments, limit = Environments(count), Limit(attempts, 60)

    passed = environments.passed(5 * (attempts + 30 * count), limit=limit)

    share = max(1, attempts // SHARES)
    assert attempts <= passed <= attempts + count * share


def test_a_new_environment_learns_of_the_others() -> None:
    environments = Environments(2)
    environments.limits, other = environments.limits[:1], environments.limits[1]
    environments.passed(1000)

    for _ in range(LIMIT.attempts // SHARES - 1):
        other.spend("user_calls", "ann", LIMIT)
    with pytest.raises(TooManyRequests):
        other.spend("user_calls", "ann", LIMIT)

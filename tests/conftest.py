"""Fixtures of all tests: an environment that reaches no real account, and a separate wiring per test."""

import io
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from iotcloud.observability import logger
from iotcloud.users.call_limits import CallLimits
from iotcloud.wiring import Wiring, wiring
from tests.fakes.access_tokens import FakeTokens
from tests.fakes.attempts import FakeAttempts
from tests.parts import replace_part
from tests.recorded_calls import RecordedCalls

ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_REGION": "eu-west-1",
    "AWS_DEFAULT_REGION": "eu-west-1",
    "TABLE_PREFIX": "test-",
    "USER_POOL_ID": "eu-west-1_Testing01",
    "USER_POOL_CLIENT_ID": "testclient",
}

# The duration of an example depends on the machine and is no fault.
settings.register_profile("default_examples", deadline=None, suppress_health_check=[HealthCheck.too_slow])
# For each commit; `make test` tries four times as many examples.
settings.register_profile("check", settings.get_profile("default_examples"), max_examples=25)
settings.load_profile("default_examples")


def pytest_configure(config: Any) -> None:
    """Record the code's AWS calls."""
    config.pluginmanager.register(RecordedCalls(config), "recorded_calls")


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Set the environment that a function would be deployed with."""
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    return ENVIRONMENT


@pytest.fixture
def wired(environment: dict[str, str]) -> Iterator[Wiring]:
    """Give the wiring that the app under test uses, fresh, with FakeTokens for the verifier of tokens.

    Callers may call as often as they like. A test puts its own objects in place with `replace_part`.
    """
    wiring.cache_clear()
    wired = wiring()
    replace_part(wired, "users.tokens", FakeTokens())
    replace_part(wired, "users.call_limits", CallLimits(FakeAttempts()))
    yield wired
    wiring.cache_clear()


@pytest.fixture
def logged(monkeypatch: pytest.MonkeyPatch) -> Callable[[], str]:
    """Return a function that returns the log entries as in CloudWatch."""
    written = io.StringIO()
    monkeypatch.setattr(logger.registered_handler, "stream", written)
    return written.getvalue

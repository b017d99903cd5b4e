"""What tests of every kind share: an environment that reaches no real account, and a wiring of its own per test."""

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

# How long an example takes is the machine's affair, and not a fault of what is tested.
settings.register_profile("default_examples", deadline=None, suppress_health_check=[HealthCheck.too_slow])
# What each commit must pass; `make test` tries four times as many examples.
settings.register_profile("check", settings.get_profile("default_examples"), max_examples=25)
settings.load_profile("default_examples")


def pytest_configure(config: Any) -> None:
    """Have what the code asks of AWS recorded."""
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
    """Give a function that returns what was logged, as CloudWatch would show it."""
    written = io.StringIO()
    monkeypatch.setattr(logger.registered_handler, "stream", written)
    return written.getvalue

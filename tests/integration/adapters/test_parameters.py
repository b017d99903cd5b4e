"""Secrets in Parameter Store (moto)."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import boto3
import pytest
from moto import mock_aws

from iotcloud.adapters.parameters import KEEP_SECONDS, SecretParameter
from iotcloud.errors import DependencyFailed

NAME = "/iotcloud/legacy-jwt-key"


@dataclass
class Seconds:
    """A clock that tests set."""

    now: float = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def ssm(environment: dict[str, str]) -> Iterator[Any]:
    with mock_aws():
        yield boto3.client("ssm", region_name="eu-west-1")


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


def put(ssm: Any, value: str) -> None:
    ssm.put_parameter(Name=NAME, Value=value, Type="SecureString", Overwrite=True)


def test_a_secret_is_read_decrypted(ssm: Any) -> None:
    put(ssm, "the-secret")

    assert SecretParameter(lambda: ssm, NAME)() == "the-secret"


def test_a_secret_without_a_name_is_none_and_asks_nobody() -> None:
    assert SecretParameter(_no_client, "")() is None


def _no_client() -> Any:
    raise AssertionError("nobody may be asked")


def test_a_changed_secret_takes_effect_after_a_while(ssm: Any, seconds: Seconds) -> None:
    secret = SecretParameter(lambda: ssm, NAME, seconds)
    put(ssm, "first")
    read = [secret()]
    put(ssm, "second")

    seconds.now += KEEP_SECONDS - 1
    read.append(secret())
    seconds.now += 1
    read.append(secret())

    assert read == ["first", "first", "second"]


def test_a_secret_that_is_not_there_is_a_failed_dependency(ssm: Any) -> None:
    with pytest.raises(DependencyFailed):
        SecretParameter(lambda: ssm, NAME)()

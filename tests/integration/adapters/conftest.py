"""moto with the clients of senders."""

from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from iotcloud.adapters.aws import SEND_CONFIG


@pytest.fixture
def client(environment: dict[str, str]) -> Iterator[Callable[[str], Any]]:
    """Give a function that makes the client of a service."""
    with mock_aws():
        yield lambda service: boto3.client(service, region_name="eu-west-1", config=SEND_CONFIG)

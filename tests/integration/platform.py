"""A complete platform in moto: tables, user pool, queues, buckets, thing registry, and the wiring.

What moto has not is played here: that the connection of a device is ended, and that certificates begin inactive.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import fields
from functools import cache
from importlib import import_module
from pkgutil import walk_packages
from typing import Any

import boto3
import pytest
from botocore.client import BaseClient
from moto import mock_aws
from moto.core import DEFAULT_ACCOUNT_ID
from moto.iot.models import iot_backends

import iotcloud
from iotcloud.dynamodb import Row, bind
from iotcloud.settings import Settings
from iotcloud.wiring import Wiring, wiring
from tests.conftest import ENVIRONMENT
from tests.fakes.access_tokens import FakeTokens
from tests.parts import replace_part

REGION = ENVIRONMENT["AWS_REGION"]
POLICY = "test-device"
LIVE_ROLE = f"arn:aws:iam::{DEFAULT_ACCOUNT_ID}:role/test/live/LiveRole"
UNLIMITED = {"DEVICES_PER_USER": "1000000"}
ABSENT = ("DeleteConnection",)
"""Operations that moto lacks, with empty responses."""

Request = Callable[[], Any]
Around = Callable[[str, Request], Any]
"""A wrapper of each AWS request: it gets the operation's name and the request."""


@cache
def all_rows() -> list[type[Row]]:
    """Every table of every feature, also of those that are yet to come."""
    for module in walk_packages(iotcloud.__path__, "iotcloud."):
        if module.name.endswith(".store"):
            import_module(module.name)
    return Row.__subclasses__()


@contextmanager
def running_platform() -> Iterator[Wiring]:
    """Give the wiring to a platform where nothing was kept yet, which takes FakeTokens for tokens."""
    with pytest.MonkeyPatch.context() as patch, mock_aws():
        patch.delenv("AWS_ENDPOINT_URL", raising=False)
        for name, value in (
            ENVIRONMENT
            | _make_pool()
            | _make_places()
            | {"DEVICE_POLICY_NAME": POLICY, "LIVE_ROLE_ARN": LIVE_ROLE}
            | UNLIMITED
        ).items():
            patch.setenv(name, value)
        policy = '{"Version": "2012-10-17", "Statement": []}'
        boto3.client("iot", region_name=REGION).create_policy(policyName=POLICY, policyDocument=policy)
        for row in all_rows():
            bind(row, ENVIRONMENT["TABLE_PREFIX"], REGION)
            row.create_table(billing_mode="PAY_PER_REQUEST")
        wiring.cache_clear()
        wired = wiring()
        replace_part(wired, "users.tokens", FakeTokens())
        with around_requests(lambda _, request: request()):
            yield wired
        wiring.cache_clear()


def make_user(wired: Wiring, username: str) -> None:
    """Make an account whose verified address is `username@example.com`."""
    attributes = [
        {"Name": "email", "Value": f"{username}@example.com"},
        {"Name": "email_verified", "Value": "true"},
        {"Name": "given_name", "Value": username},
        {"Name": "family_name", "Value": "Tester"},
    ]
    boto3.client("cognito-idp", region_name=REGION).admin_create_user(
        UserPoolId=wired.settings.user_pool_id, Username=username, UserAttributes=attributes
    )


@contextmanager
def around_requests(around: Around) -> Iterator[None]:
    """Have every request to AWS made by `around`, of whichever client and however long that has been there."""
    make = BaseClient._make_api_call  # type: ignore[attr-defined]

    def play(client: BaseClient, operation: str, members: dict[str, Any]) -> Any:
        if operation in ABSENT:
            return {}
        answer = make(client, operation, members)
        if operation == "CreateCertificateFromCsr" and not members.get("setAsActive", False):
            registry = iot_backends[DEFAULT_ACCOUNT_ID][client.meta.region_name]
            registry.update_certificate(answer["certificateId"], "INACTIVE")
        return answer

    def ask(client: BaseClient, operation: str, members: dict[str, Any]) -> Any:
        return around(operation, lambda: play(client, operation, members))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BaseClient, "_make_api_call", ask)
        yield


def _make_pool() -> dict[str, str]:
    cognito = boto3.client("cognito-idp", region_name=REGION)
    pool_id = cognito.create_user_pool(PoolName="test")["UserPool"]["Id"]
    client_id = cognito.create_user_pool_client(UserPoolId=pool_id, ClientName="test")["UserPoolClient"]["ClientId"]
    return {"USER_POOL_ID": pool_id, "USER_POOL_CLIENT_ID": client_id}


def _make_places() -> dict[str, str]:
    """Make a queue and a bucket for each setting that wants one."""
    sqs, s3 = boto3.client("sqs", region_name=REGION), boto3.client("s3", region_name=REGION)
    names = [field.name for field in fields(Settings)]
    queues = {name: sqs.create_queue(QueueName=name)["QueueUrl"] for name in names if name.endswith("_queue_url")}
    buckets = {name: name.replace("_", "-") for name in names if name.endswith("_bucket")}
    for bucket in buckets.values():
        s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    return {name.upper(): value for name, value in (queues | buckets).items()}

"""Sessions of the live role: credentials under a policy, and the URL that they sign."""

import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import boto3
import pytest
from botocore.stub import ANY, Stubber
from moto import mock_aws

from iotcloud.adapters.live_sessions import LiveSessions
from iotcloud.errors import DependencyFailed
from iotcloud.live.model import session_policy

ROLE = "arn:aws:iam::123456789012:role/iotcloud/live/iotcloud-LiveRole-1"
HOST = "a1b2c3-ats.iot.eu-west-1.amazonaws.com"


def sessions(client: Any, sdk_url: str = "https://data-ats.iot.eu-west-1.amazonaws.com") -> LiveSessions:
    return LiveSessions(lambda: client, ROLE, "eu-west-1", lambda: HOST, lambda: sdk_url)


@pytest.fixture
def sts(environment: dict[str, str]) -> Any:
    return boto3.client("sts", region_name="eu-west-1")


def test_the_url_is_signed_for_a_minute_with_the_sessions_credentials(sts: Any) -> None:
    with mock_aws():
        url = urlsplit(sessions(sts).open_session("live-ann", session_policy("ann", "arn:aws:iot:x:1"), 3600))

    asked = parse_qs(url.query)
    assert (url.scheme, url.netloc, url.path) == ("wss", HOST, "/mqtt")
    assert (asked["X-Amz-Expires"], asked["X-Amz-Algorithm"]) == (["60"], ["AWS4-HMAC-SHA256"])
    assert asked["X-Amz-Credential"][0].startswith("ASIA")
    assert asked["X-Amz-Security-Token"][0]


def test_a_stand_in_without_tls_is_reached_without(sts: Any) -> None:
    with mock_aws():
        url = sessions(sts, "http://127.0.0.1:4566").open_session("live-ann", {}, 3600)
    assert url.startswith(f"ws://{HOST}/mqtt?")


def test_the_session_is_under_the_policy_and_as_long_as_was_asked(sts: Any) -> None:
    stub, policy = Stubber(sts), session_policy("ann", sessions(sts).arn_prefix)
    keys = {
        "AccessKeyId": "ASIAEXAMPLEEXAMPLE",
        "SecretAccessKey": "s",
        "SessionToken": "t",
        "Expiration": "2030-01-01",
    }
    asked = {"RoleArn": ROLE, "RoleSessionName": "live-ann", "Policy": ANY, "DurationSeconds": 3600}
    stub.add_response("assume_role", {"Credentials": keys}, asked)
    seen: list[str] = []
    sts.meta.events.register("provide-client-params.sts.AssumeRole", lambda params, **_: seen.append(params["Policy"]))

    with stub:
        sessions(sts).open_session("live-ann", policy, 3600)

    assert [json.loads(text) for text in seen] == [policy]
    assert policy["Statement"][0]["Resource"] == "arn:aws:iot:eu-west-1:123456789012:client/app.ann.*"  # type: ignore[index]


def test_a_role_that_cannot_be_assumed_is_a_failure_of_ours(sts: Any) -> None:
    stub = Stubber(sts)
    stub.add_client_error("assume_role", "AccessDenied")
    with stub, pytest.raises(DependencyFailed):
        sessions(sts).open_session("live-ann", {}, 3600)

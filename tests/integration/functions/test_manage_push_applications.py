"""Push applications as CloudFormation asks for them: Amazon SNS and parameters in moto, each answer read back."""

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from functions.manage_push_applications import handler
from iotcloud.wiring import Wiring

EVENTS = Path(__file__).parents[2] / "events" / "cloudformation"
REGION = "eu-west-1"
ARN = "arn:aws:sns:eu-west-1:123456789012:app/GCM/iotcloud"
SANDBOX = "arn:aws:sns:eu-west-1:123456789012:app/APNS_SANDBOX/iotcloud"
SECRET = "/iotcloud/push/firebase"
FIREBASE = {
    "type": "service_account",
    "project_id": "demo",
    "client_email": "push@demo.example.com",
    "private_key": "a-secret",
}
APPLE = {"key": "-----BEGIN PRIVATE KEY-----", "key_id": "KEY1", "team_id": "TEAM1", "bundle_id": "com.example.app"}


@dataclass
class CloudFormation:
    """Where answers are put; each refusal turns one down."""

    url: str = ""
    answers: list[dict[str, Any]] = field(default_factory=list)
    content_types: list[str | None] = field(default_factory=list)
    refusals: int = 0

    def ask(self, kind: str, **changed: str) -> dict[str, Any]:
        """Send the request of an event file, and return the answer."""
        event = json.loads((EVENTS / f"push_application_{kind}.json").read_text())
        event |= {"ResponseURL": self.url}
        event["ResourceProperties"] |= changed
        handler(event, None)
        return self.answers[-1]


@pytest.fixture
def cloudformation() -> Iterator[CloudFormation]:
    asked = CloudFormation()

    class Handler(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status = 503 if asked.refusals else 200
            if asked.refusals:
                asked.refusals -= 1
            else:
                asked.answers.append(json.loads(body))
                asked.content_types.append(self.headers["Content-Type"])
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 the base class's name
            """Log nothing."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        asked.url = f"http://127.0.0.1:{server.server_address[1]}/answer"
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        yield asked
        server.shutdown()
        thread.join()


@pytest.fixture
def sns(wired: Wiring) -> Iterator[Any]:
    with mock_aws():
        ssm = boto3.client("ssm", region_name=REGION)
        for version in (1, 2):
            secret = json.dumps({**FIREBASE, "private_key": f"secret-{version}"})
            ssm.put_parameter(Name=SECRET, Value=secret, Type="SecureString", Overwrite=version > 1)
        ssm.put_parameter(Name="/iotcloud/push/apple", Value=json.dumps(APPLE), Type="SecureString")
        ssm.put_parameter(Name="/iotcloud/push/broken", Value="a-secret", Type="SecureString")
        ssm.put_parameter(Name="/iotcloud/push/partly", Value='{"type": "service_account"}', Type="SecureString")
        yield boto3.client("sns", region_name=REGION)


def applications(sns: Any) -> dict[str, dict[str, str]]:
    """Return the attributes of each application by its ARN."""
    listed = sns.list_platform_applications()["PlatformApplications"]
    return {one["PlatformApplicationArn"]: one["Attributes"] for one in listed}


def test_an_application_is_made_with_its_secret_its_log_and_the_topic_of_its_failures(
    sns: Any, cloudformation: CloudFormation
) -> None:
    answer = cloudformation.ask("create")

    assert answer == {
        "Status": "SUCCESS",
        "PhysicalResourceId": ARN,
        "StackId": "arn:aws:cloudformation:eu-west-1:123456789012:stack/iotcloud/5d6e7f80-1111-2222-3333-444444444444",
        "RequestId": "11111111-2222-3333-4444-555555555555",
        "LogicalResourceId": "PushGcm",
    }
    made = applications(sns)[ARN]
    assert json.loads(made["PlatformCredential"])["private_key"] == "secret-1"
    assert made["FailureFeedbackRoleArn"].endswith(":role/iotcloud-Notices-PushLogRole-1ABCDEFGHIJKL")
    assert made["EventDeliveryFailure"].endswith(":iotcloud-push-failures")


def test_the_answer_has_no_type_as_its_address_is_signed_for(sns: Any, cloudformation: CloudFormation) -> None:
    cloudformation.ask("create")

    assert cloudformation.content_types in ([""], [None])


def test_a_request_that_comes_again_changes_nothing(sns: Any, cloudformation: CloudFormation) -> None:
    first = cloudformation.ask("create")
    made = applications(sns)

    assert cloudformation.ask("create") == first
    assert applications(sns) == made


def test_a_new_version_of_the_secret_takes_effect(sns: Any, cloudformation: CloudFormation) -> None:
    cloudformation.ask("create")

    assert cloudformation.ask("update")["PhysicalResourceId"] == ARN
    assert json.loads(applications(sns)[ARN]["PlatformCredential"])["private_key"] == "secret-2"


def test_apples_token_key_goes_in_its_parts_and_under_another_arn(sns: Any, cloudformation: CloudFormation) -> None:
    answer = cloudformation.ask("create", Arn=SANDBOX, SecretParameter="/iotcloud/push/apple")

    assert answer["PhysicalResourceId"] == SANDBOX
    made = applications(sns)[SANDBOX]
    assert {name: made[name] for name in made if name.startswith(("Platform", "Apple"))} == {
        "PlatformCredential": APPLE["key"],
        "PlatformPrincipal": "KEY1",
        "ApplePlatformTeamID": "TEAM1",
        "ApplePlatformBundleID": "com.example.app",
    }


def test_what_is_removed_is_gone(sns: Any, cloudformation: CloudFormation) -> None:
    cloudformation.ask("create")

    assert cloudformation.ask("delete")["Status"] == "SUCCESS"
    assert applications(sns) == {}


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"SecretParameter": "/iotcloud/push/none"}, "ParameterNotFound"),
        ({"SecretParameter": "/iotcloud/push/broken"}, "not a JSON object"),
        ({"SecretParameter": "/iotcloud/push/partly"}, "lack project_id, client_email, private_key"),
        ({"Arn": "arn:aws:sns:eu-west-1:123456789012:app/ADM/iotcloud"}, "ValueError"),
    ],
)
def test_each_failure_is_answered_with_its_reason_and_without_the_secret(
    sns: Any, cloudformation: CloudFormation, changed: dict[str, str], reason: str
) -> None:
    answer = cloudformation.ask("create", **changed)

    assert (answer["Status"], answer["PhysicalResourceId"]) == ("FAILED", "none")
    assert reason in answer["Reason"]
    assert "a-secret" not in answer["Reason"]
    assert applications(sns) == {}


def test_a_request_without_its_members_is_answered_too(sns: Any, cloudformation: CloudFormation) -> None:
    event = json.loads((EVENTS / "push_application_create.json").read_text())
    handler({**event, "ResponseURL": cloudformation.url, "ResourceProperties": {}}, None)

    assert cloudformation.answers[-1]["Status"] == "FAILED"


def test_what_could_not_be_made_is_removed_without_asking_anybody(sns: Any, cloudformation: CloudFormation) -> None:
    event = json.loads((EVENTS / "push_application_delete.json").read_text())
    handler({**event, "ResponseURL": cloudformation.url, "PhysicalResourceId": "none"}, None)

    assert (
        cloudformation.answers[-1] | {"Status": "SUCCESS", "PhysicalResourceId": "none"} == cloudformation.answers[-1]
    )


def test_an_answer_that_is_not_taken_is_given_again(sns: Any, cloudformation: CloudFormation) -> None:
    cloudformation.refusals = 2

    assert cloudformation.ask("create")["Status"] == "SUCCESS"

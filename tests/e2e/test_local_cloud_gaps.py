"""The patched emulator behaves like AWS; one test for each gap, against an emulator without a deployment."""

import io
import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
import urllib.request
import zipfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import uuid4

import boto3
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from iotcloud.clock import utc_now
from simulators.cloud import outbox
from simulators.cloud.deployment import client
from simulators.cloud.emulator import Emulator
from simulators.cloud.instance import HOST, REGION, ROOT, Place
from simulators.cloud.processes import group_exists
from simulators.providers.stand_in import Fault, StandIn
from tests.e2e.local_cloud import new_place
from tests.e2e.patience import PATIENCE_SECONDS, eventually

ROLE_TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
        ],
    }
)
ALL_OF_IOT = json.dumps(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "iot:*", "Resource": "*"}]}
)
MQTT_CONNECT = b"\x10\x0d\x00\x04MQTT\x04\x02\x00\x3c\x00\x01a"
CONNECTED = b"\x20\x02\x00\x00"
AwsClient = Callable[[str], Any]
Function = Callable[..., Any]


@pytest.fixture(scope="module")
def aws_at(place: Place) -> AwsClient:
    """Give a function that makes boto3 clients of it."""
    return lambda service: client(place, service)


@pytest.fixture(scope="module")
def function(aws_at: AwsClient) -> Function:
    """Give a function that creates a Lambda function from Python source and returns a function that invokes it."""
    return lambda name, source, **settings: create_function(aws_at, name, source, **settings)


def create_function(aws: AwsClient, name: str, source: str, **settings: Any) -> Callable[[], Any]:
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr("index.py", source)
    role = aws("iam").create_role(RoleName=name, AssumeRolePolicyDocument=ROLE_TRUST)["Role"]["Arn"]
    aws("lambda").create_function(
        FunctionName=name,
        Runtime="python3.13",
        Role=role,
        Handler="index.handler",
        Code={"ZipFile": package.getvalue()},
        **settings,
    )
    return lambda: json.loads(aws("lambda").invoke(FunctionName=name)["Payload"].read())


def device_context(place: Place, certificate: Path | None = None, key: Path | None = None) -> ssl.SSLContext:
    """TLS as a device does it; 1.2, where the server's verdict on the certificate is part of the handshake."""
    context = ssl.create_default_context(cafile=str(place.mqtt_ca))
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    if certificate:
        context.load_cert_chain(certificate, key)
    return context


def connect_device(place: Place, context: ssl.SSLContext) -> bytes:
    """Connect as a device, and return the broker's response."""
    with (
        socket.create_connection((HOST, place.mqtt_port), timeout=PATIENCE_SECONDS) as plain,
        context.wrap_socket(plain, server_hostname="localhost") as device,
    ):
        device.sendall(MQTT_CONNECT)
        return device.recv(4)


def test_both_ports_listen_on_the_loopback_address_only(place: Place) -> None:
    for port in (place.port, place.mqtt_port):
        socket.create_connection((HOST, port), timeout=5).close()
        with pytest.raises(OSError, match=r"refused|unreachable|assign"):
            socket.create_connection(("127.0.0.2", port), timeout=5)


def test_a_device_with_a_registered_certificate_connects(place: Place, aws_at: AwsClient, tmp_path: Path) -> None:
    iot = aws_at("iot")
    issued = iot.create_keys_and_certificate(setAsActive=True)
    iot.create_policy(policyName="all", policyDocument=ALL_OF_IOT)
    iot.attach_policy(policyName="all", target=issued["certificateArn"])
    certificate, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    certificate.write_text(issued["certificatePem"])
    key.write_text(issued["keyPair"]["PrivateKey"])
    assert connect_device(place, device_context(place, certificate, key)) == CONNECTED


@pytest.mark.parametrize("protocol", [MQTTProtocolVersion.MQTTv311, MQTTProtocolVersion.MQTTv5])
def test_a_connection_with_more_than_fifty_subscriptions_is_ended(
    place: Place, aws_at: AwsClient, tmp_path: Path, protocol: MQTTProtocolVersion
) -> None:
    iot, name = aws_at("iot"), f"quota-{protocol}"
    issued = iot.create_keys_and_certificate(setAsActive=True)
    iot.create_policy(policyName=name, policyDocument=ALL_OF_IOT)
    iot.attach_policy(policyName=name, target=issued["certificateArn"])
    certificate, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    certificate.write_text(issued["certificatePem"])
    key.write_text(issued["keyPair"]["PrivateKey"])
    acknowledged, ended = list[int](), threading.Event()
    device = Client(CallbackAPIVersion.VERSION2, name, protocol=protocol, reconnect_on_failure=False)
    device.tls_set_context(device_context(place, certificate, key))
    device.on_subscribe = lambda *about: acknowledged.append(about[2])
    device.on_disconnect = lambda *_: ended.set()
    device.connect(HOST, place.mqtt_port)
    device.loop_start()

    # The first once more: it takes no second place.
    for number in (0, *range(50)):
        device.subscribe(f"quota/{number}")
    eventually(lambda: len(acknowledged), lambda count: count == 51)
    assert not ended.is_set()
    device.subscribe("quota/50")

    assert ended.wait(30)
    assert len(acknowledged) == 51
    device.loop_stop()


def test_a_device_without_a_certificate_is_refused(place: Place) -> None:
    with pytest.raises(ssl.SSLError):
        connect_device(place, device_context(place))


def test_a_device_with_a_certificate_of_its_own_making_is_refused(place: Place, tmp_path: Path) -> None:
    certificate, key = self_signed(tmp_path)
    with pytest.raises(ssl.SSLError):
        connect_device(place, device_context(place, certificate, key))


def self_signed(folder: Path) -> tuple[Path, Path]:
    private = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "nobody")])
    today = utc_now()
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(1)
        .not_valid_before(today.replace(year=today.year - 1))
        .not_valid_after(today.replace(year=today.year + 1))
        .sign(private, hashes.SHA256())
    )
    certificate, key = folder / "own.pem", folder / "own.key"
    certificate.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    key.write_bytes(
        private.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return certificate, key


def test_an_unsigned_mqtt_session_over_websocket_is_refused(place: Place, aws_at: AwsClient) -> None:
    host = aws_at("iot").describe_endpoint(endpointType="iot:Data-ATS")["endpointAddress"]
    request = (
        f"GET /mqtt HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Protocol: mqtt\r\n\r\n"
    )
    with socket.create_connection((HOST, place.port), timeout=PATIENCE_SECONDS) as caller:
        caller.sendall(request.encode())
        assert caller.recv(64).split()[1] == b"403"


def test_a_function_sees_no_package_that_it_does_not_bring(function: Function) -> None:
    invoke = function(
        "packages",
        "from importlib.util import find_spec\n"
        "def handler(event, context): return [n for n in ('boto3', 'ministack', 'simulators') if find_spec(n)]",
    )
    assert invoke() == []


def test_a_function_sees_its_own_environment_and_the_runtimes(place: Place, function: Function) -> None:
    own = {"GREETING": "hello", "AUTH": "true"}  # AUTH=true is a variable of the emulator, too
    invoke = function(
        "environment",
        "import os\ndef handler(event, context): return dict(os.environ)",
        Environment={"Variables": own},
    )
    seen = invoke()
    assert own.items() <= seen.items()
    assert seen["TZ"] == ":UTC"
    assert seen["AWS_LAMBDA_FUNCTION_NAME"] == "environment"
    assert seen["AWS_ENDPOINT_URL"] == place.endpoint_url
    private = ("STATE_DIR", "S3_DATA_DIR", "PERSIST_STATE", "IOTCLOUD_FUNCTION_LOG", "DOCKER_HOST", "HOME", "TMPDIR")
    assert [name for name in private if name in seen] == []


def test_a_function_has_the_rights_of_its_role_and_no_more(function: Function) -> None:
    invoke = function(
        "rights",
        "import os\ndef handler(event, context): return os.environ['AWS_ACCESS_KEY_ID']",
    )
    assert invoke().startswith("ASIA")


MEETING = """
import os, time
def handler(event, context):
    open(os.path.join(os.environ["PLACE"], str(os.getpid())), "w").close()
    while len(os.listdir(os.environ["PLACE"])) < 3:
        time.sleep(0.01)
    return [os.getpid(), os.path.realpath(__file__)]
"""
"""No invocation ends before three processes have started."""


def test_environments_of_a_function_share_its_package(function: Function, tmp_path: Path) -> None:
    invoke = function("shared", MEETING, Timeout=120, Environment={"Variables": {"PLACE": str(tmp_path)}})
    with ThreadPoolExecutor(3) as pool:
        processes, files = zip(*pool.map(lambda _: invoke(), range(3)), strict=True)
    assert len(set(processes)) == 3
    assert len(set(files)) == 1


def test_an_environment_outlives_what_its_handler_raises_and_not_its_timeout(function: Function) -> None:
    invoke = function(
        "failing",
        "import os, time\nnumber = 0\ndef handler(event, context):\n"
        " global number; number += 1\n if number == 3: time.sleep(60)\n raise ValueError(f'{number} of {os.getpid()}')",
        Timeout=5,
    )
    (first, process), (second, same_process) = (invoke()["errorMessage"].split(" of ") for _ in range(2))
    assert (first, second, process) == ("1", "2", same_process)
    assert "timed out" in invoke()["errorMessage"]
    number, another_process = invoke()["errorMessage"].split(" of ")
    assert number == "1"
    assert another_process != process


def test_a_queue_starts_five_environments_at_most(place: Place, function: Function, aws_at: AwsClient) -> None:
    function("reader", "import os, time\ndef handler(event, context): time.sleep(0.5); print(os.getpid())")
    sqs = aws_at("sqs")
    url = sqs.create_queue(QueueName="read")["QueueUrl"]
    for _ in range(6):
        sqs.send_message_batch(
            QueueUrl=url, Entries=[{"Id": str(number), "MessageBody": "message"} for number in range(10)]
        )
    aws_at("lambda").create_event_source_mapping(
        FunctionName="reader",
        EventSourceArn=sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"],
        BatchSize=1,
        ScalingConfig={"MaximumConcurrency": 10},
    )

    def read() -> list[str]:
        logged = [json.loads(entry) for entry in place.function_log.read_text().splitlines()]
        return [entry["line"] for entry in logged if entry["function"] == "reader"]

    readers = eventually(read, lambda lines: len(lines) == 60)
    assert 1 < len(set(readers)) <= 5


def test_what_functions_log_goes_to_one_file_and_groups_keep_their_newest_streams(
    place: Place, function: Function, aws_at: AwsClient
) -> None:
    invoke = function(
        "talker", "count = 0\ndef handler(event, context):\n global count; count += 1; print('line', count)"
    )
    for _ in range(55):
        invoke()
    logged = [json.loads(entry) for entry in place.function_log.read_text().splitlines()]
    assert [entry["line"] for entry in logged if entry["function"] == "talker"] == [f"line {n}" for n in range(1, 56)]
    pages = aws_at("logs").get_paginator("describe_log_streams").paginate(logGroupName="/aws/lambda/talker")
    assert sum(len(page["logStreams"]) for page in pages) == 50


def test_a_nested_stack_keeps_the_attributes_of_what_an_update_leaves_alone(aws_at: AwsClient) -> None:
    aws_at("s3").create_bucket(Bucket="templates")
    formation = aws_at("cloudformation")
    outputs = []
    for delay in (0, 1, 2):
        child = {
            "Resources": {
                "Steady": {"Type": "AWS::SQS::Queue"},
                "Changing": {
                    "Type": "AWS::SQS::Queue",
                    "Properties": {
                        "DelaySeconds": delay,
                        "RedrivePolicy": {
                            "deadLetterTargetArn": {"Fn::GetAtt": ["Steady", "Arn"]},
                            "maxReceiveCount": 3,
                        },
                    },
                },
            },
            "Outputs": {"SteadyArn": {"Value": {"Fn::GetAtt": ["Steady", "Arn"]}}},
        }
        aws_at("s3").put_object(Bucket="templates", Key=f"{delay}.json", Body=json.dumps(child).encode())
        parent = {
            "Resources": {
                "Child": {
                    "Type": "AWS::CloudFormation::Stack",
                    "Properties": {"TemplateURL": f"https://s3.us-east-1.amazonaws.com/templates/{delay}.json"},
                }
            },
            "Outputs": {"SteadyArn": {"Value": {"Fn::GetAtt": ["Child", "Outputs.SteadyArn"]}}},
        }
        act, done = (
            (formation.create_stack, "stack_create_complete")
            if delay == 0
            else (formation.update_stack, "stack_update_complete")
        )
        act(StackName="nesting", TemplateBody=json.dumps(parent))
        formation.get_waiter(done).wait(StackName="nesting", WaiterConfig={"Delay": 1, "MaxAttempts": 30})
        outputs.append(formation.describe_stacks(StackName="nesting")["Stacks"][0]["Outputs"][0]["OutputValue"])
    assert len(set(outputs)) == 1


def test_a_number_from_a_parameter_is_a_number_in_cognito(aws_at: AwsClient) -> None:
    template = {
        "Parameters": {"Length": {"Type": "Number", "Default": 10}},
        "Resources": {
            "Pool": {
                "Type": "AWS::Cognito::UserPool",
                "Properties": {"Policies": {"PasswordPolicy": {"MinimumLength": {"Ref": "Length"}}}},
            },
            "Client": {"Type": "AWS::Cognito::UserPoolClient", "Properties": {"UserPoolId": {"Ref": "Pool"}}},
        },
        "Outputs": {"Client": {"Value": {"Ref": "Client"}}},
    }
    formation, cognito = aws_at("cloudformation"), aws_at("cognito-idp")
    formation.create_stack(StackName="people", TemplateBody=json.dumps(template))
    formation.get_waiter("stack_create_complete").wait(StackName="people", WaiterConfig={"Delay": 1, "MaxAttempts": 30})
    pool_client = formation.describe_stacks(StackName="people")["Stacks"][0]["Outputs"][0]["OutputValue"]
    with pytest.raises(cognito.exceptions.InvalidPasswordException):
        cognito.sign_up(ClientId=pool_client, Username="somebody", Password="Too-sh0rt")
    cognito.sign_up(ClientId=pool_client, Username="somebody", Password="Long-en0ugh")


def test_a_push_goes_through_its_service_and_one_in_vain_disables_the_endpoint_and_is_told(
    place: Place, aws_at: AwsClient
) -> None:
    sns, sqs = aws_at("sns"), aws_at("sqs")
    topic = sns.create_topic(Name="push-failures")["TopicArn"]
    queue = sqs.create_queue(QueueName="push-failures")["QueueUrl"]
    queue_arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    allowed = {"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage"}
    policy = {"Version": "2012-10-17", "Statement": [{**allowed, "Resource": queue_arn}]}
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": json.dumps(policy)})
    raw = {"RawMessageDelivery": "true"}
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue_arn, Attributes=raw)
    credentials = {"PlatformCredential": "local", "EventDeliveryFailure": topic}
    application = sns.create_platform_application(Name="phones", Platform="APNS", Attributes=credentials)
    endpoint = sns.create_platform_endpoint(
        PlatformApplicationArn=application["PlatformApplicationArn"], Token="token-1"
    )["EndpointArn"]
    push = json.dumps({"default": "", "APNS": json.dumps({"aps": {"alert": {"title": "Notice", "body": "Hello"}}})})

    def publish() -> None:
        sns.publish(TargetArn=endpoint, MessageStructure="json", Message=push)

    assert ":endpoint/APNS/phones/" in endpoint
    with StandIn(place.providers) as apple:
        publish()
        shown = eventually(lambda: outbox.read(place.endpoint_url), lambda sent: len(sent) == 1)
        assert [one.recipient for one in apple.received] == ["token-1"]
        apple.faults.append(Fault.REFUSE)
        publish()
        (message,) = sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=20)["Messages"]
    assert (shown[0].recipient, shown[0].text) == ("APNS:token-1", "Notice: Hello")
    failure = json.loads(message["Body"])
    assert (failure["EventType"], failure["FailureType"]) == ("DeliveryFailure", "InvalidPlatformToken")
    assert failure["EndpointArn"] == endpoint
    with pytest.raises(sns.exceptions.EndpointDisabledException):
        publish()


def test_messages_are_moved_out_of_a_dead_letter_queue(aws_at: AwsClient) -> None:
    sqs = aws_at("sqs")

    def make(name: str, **attributes: str) -> tuple[str, str]:
        url = sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
        return url, sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]

    dead, dead_arn = make("moved-dead")
    redrive = json.dumps({"deadLetterTargetArn": dead_arn, "maxReceiveCount": 1})
    source, source_arn = make("moved", RedrivePolicy=redrive)
    for body in ("one", "two"):
        sqs.send_message(QueueUrl=dead, MessageBody=body)

    handle = sqs.start_message_move_task(SourceArn=dead_arn, DestinationArn=source_arn)["TaskHandle"]

    (task,) = sqs.list_message_move_tasks(SourceArn=dead_arn)["Results"]
    assert (task["Status"], task["ApproximateNumberOfMessagesMoved"]) == ("COMPLETED", 2)
    assert handle
    moved = sqs.receive_message(QueueUrl=source, MaxNumberOfMessages=10)["Messages"]
    assert sorted(one["Body"] for one in moved) == ["one", "two"]
    assert "Messages" not in sqs.receive_message(QueueUrl=dead)
    with pytest.raises(sqs.exceptions.ClientError, match="dead-letter"):
        sqs.start_message_move_task(SourceArn=source_arn)


def test_stopping_ends_busy_functions_and_keeps_the_state() -> None:
    with new_place() as place:
        emulator = Emulator(place)
        emulator.start()
        create_function(
            lambda service: client(place, service), "sleeper", "import time\ndef handler(e, c): time.sleep(600)"
        )
        client(place, "lambda").invoke(FunctionName="sleeper", InvocationType="Event")
        group = wait_for_worker(place)
        emulator.stop()
        assert not group_exists(group)
        assert not place.scratch.exists()
        emulator.start()
        try:
            functions = client(place, "lambda").list_functions()["Functions"]
            assert [function["FunctionName"] for function in functions] == ["sleeper"]
        finally:
            emulator.stop()


def wait_for_worker(place: Place) -> int:
    """Return the process group of the emulator once a function of it runs."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                command = (entry / "cmdline").read_text()
            except OSError:
                continue
            if str(place.scratch) in command and "_worker.py" in command:
                return os.getpgid(int(entry.name))
        time.sleep(0.05)
    raise AssertionError("no function was started")


def test_the_emulator_ends_when_the_process_that_started_it_is_killed() -> None:
    with new_place() as place:
        starter = subprocess.Popen(
            [sys.executable, "-c", STARTER], cwd=ROOT, env={**os.environ, **place.environment}, stdout=subprocess.PIPE
        )
        assert starter.stdout
        group = int(starter.stdout.readline())
        assert group_exists(group)
        starter.send_signal(signal.SIGKILL)
        starter.wait()
        starter.stdout.close()
        eventually(lambda: group_exists(group), lambda is_there: not is_there)
        assert any(place.state.glob("*.json"))


STARTER = """
import time
from simulators.cloud.emulator import Emulator
from simulators.cloud.instance import Place
emulator = Emulator(Place.from_environment())
emulator.start()
print(emulator.pid, flush=True)
time.sleep(600)
"""


def test_fleet_provisioning_asks_for_all_rights_of_its_calls() -> None:
    """Run the patch in a separate process, and return the rights that it checks."""
    script = """
import json
from ministack.services import iot
asked = []
iot._provisioning_role_allows = lambda role, requests: asked.extend(requests) or True
from simulators.cloud.gaps import provisioning_rights
provisioning_rights.apply()
iot._provisioning_role_allows("role", [("iot:AttachPolicy", "cert"), ("iot:AttachThingPrincipal", "thing")])
print(json.dumps(asked))
"""
    python = ROOT / ".local/tools/emulator/bin/python"
    run = subprocess.run([python, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60)

    asked = {tuple(one) for one in json.loads(run.stdout)}

    assert {("iot:AttachPolicy", "cert"), ("iot:RegisterThing", "*"), ("iot:DescribeThing", "thing")} <= asked
    assert {("iot:RegisterCertificate", "*"), ("iot:ListPrincipalPolicies", "*")} <= asked


def test_what_no_reader_can_parse_reaches_rules_as_it_is() -> None:
    """Run the patch in a separate process, and return a rule's selection; unpatched code raises."""
    script = """
import base64
from ministack.services import iot
from simulators.cloud.gaps import rule_payloads
rule_payloads.apply()
for payload in (b'{"a":' * 20_000, b'{"a":' * 20_000 + b'1' + b'}' * 20_000, b'{"a":%s}' % (b"9" * 5000), b'{"a": 1}'):
    message = iot._rule_message(payload)
    event = iot._rule_event("SELECT encode(*, 'base64') AS payload FROM 'a/b'", "a/b", payload, "a", message=message)
    assert base64.b64decode(event["payload"]) == payload
assert message == {"a": 1}
print("done")
"""
    python = ROOT / ".local/tools/emulator/bin/python"
    run = subprocess.run([python, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
    assert (run.returncode, run.stdout) == (0, "done\n"), run.stderr


def test_rights_to_push_applications_are_asked_where_aws_asks_for_them(place: Place, aws_at: AwsClient) -> None:
    """To make one on `app/` without a name, and to change an endpoint on its application."""
    phones = "arn:aws:sns:us-east-1:000000000000:{}/APNS/guarded"

    def make(sns: Any) -> str:
        made = sns.create_platform_application(
            Name="guarded", Platform="APNS", Attributes={"PlatformCredential": "local"}
        )
        return str(made["PlatformApplicationArn"])

    def enable(sns: Any) -> None:
        sns.set_endpoint_attributes(EndpointArn=endpoint, Attributes={"Enabled": "true"})

    named = member(place, aws_at, "sns:CreatePlatformApplication", phones.format("app"))
    with pytest.raises(named.exceptions.ClientError, match=r"AccessDenied|AuthorizationError"):
        make(named)
    application = make(member(place, aws_at, "sns:CreatePlatformApplication", "*"))
    endpoint = aws_at("sns").create_platform_endpoint(PlatformApplicationArn=application, Token="t")["EndpointArn"]
    on_endpoint = member(place, aws_at, "sns:SetEndpointAttributes", phones.format("endpoint") + "/*")
    with pytest.raises(on_endpoint.exceptions.ClientError, match=r"AccessDenied|AuthorizationError"):
        enable(on_endpoint)
    enable(member(place, aws_at, "sns:SetEndpointAttributes", phones.format("app")))


def member(place: Place, aws_at: AwsClient, action: str, resource: str) -> Any:
    """Create an IAM user with one right, and return its client of Amazon SNS."""
    iam, name = aws_at("iam"), f"member-{uuid4().hex[:8]}"
    iam.create_user(UserName=name)
    policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, "Resource": resource}]}
    iam.put_user_policy(UserName=name, PolicyName="one", PolicyDocument=json.dumps(policy))
    key = iam.create_access_key(UserName=name)["AccessKey"]
    make: Any = boto3.session.Session().client
    return make(
        "sns",
        region_name=REGION,
        endpoint_url=place.endpoint_url,
        aws_access_key_id=key["AccessKeyId"],
        aws_secret_access_key=key["SecretAccessKey"],
    )


def test_what_was_just_detached_cannot_be_deleted_yet(aws_at: AwsClient) -> None:
    iot = aws_at("iot")
    made = iot.create_keys_and_certificate(setAsActive=False)
    iot.create_thing(thingName="detached")
    iot.attach_thing_principal(thingName="detached", principal=made["certificateArn"])

    iot.detach_thing_principal(thingName="detached", principal=made["certificateArn"])

    with pytest.raises(iot.exceptions.DeleteConflictException):
        iot.delete_certificate(certificateId=made["certificateId"])
    with pytest.raises(iot.exceptions.InvalidRequestException, match="still attached"):
        iot.delete_thing(thingName="detached")

    def delete() -> bool:
        try:
            iot.delete_certificate(certificateId=made["certificateId"])
            iot.delete_thing(thingName="detached")
        except iot.exceptions.ClientError:
            return False
        return True

    eventually(delete, bool)


def test_protected_tables_and_pools_and_full_buckets_outlive_the_deletion_of_their_stack(aws_at: AwsClient) -> None:
    formation, cognito, s3 = aws_at("cloudformation"), aws_at("cognito-idp"), aws_at("s3")
    name = f"protected-{uuid4().hex[:8]}"
    table = {
        "TableName": name,
        "BillingMode": "PAY_PER_REQUEST",
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        "DeletionProtectionEnabled": True,
    }
    pool = {"UserPoolName": name, "DeletionProtection": "ACTIVE"}
    resources = {
        "Table": {"Type": "AWS::DynamoDB::Table", "Properties": table},
        "Pool": {"Type": "AWS::Cognito::UserPool", "Properties": pool},
        "Bucket": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": name}},
    }

    def status() -> str:
        return str(formation.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"])

    formation.create_stack(StackName=name, TemplateBody=json.dumps({"Resources": resources}))
    eventually(status, lambda seen: seen == "CREATE_COMPLETE")
    pool_id = formation.describe_stack_resource(StackName=name, LogicalResourceId="Pool")["StackResourceDetail"][
        "PhysicalResourceId"
    ]
    s3.put_object(Bucket=name, Key="kept", Body=b"")

    formation.delete_stack(StackName=name)
    eventually(status, lambda seen: seen == "DELETE_FAILED")
    listed = formation.list_stack_resources(StackName=name)["StackResourceSummaries"]
    assert {one["LogicalResourceId"]: one["ResourceStatus"] for one in listed} == dict.fromkeys(
        resources, "DELETE_FAILED"
    )
    with pytest.raises(cognito.exceptions.InvalidParameterException):
        cognito.delete_user_pool(UserPoolId=pool_id)


def test_a_rest_api_takes_the_callers_address_from_the_connection_and_tells_its_own(
    place: Place, aws_at: AwsClient, function: Function
) -> None:
    function(
        "caller",
        "import json\n"
        "def handler(event, context):\n"
        "    seen = [event['requestContext']['identity']['sourceIp'], event['headers']['x-forwarded-for']]\n"
        "    address = event['headers']['X-Forwarded-Proto'] + '://' + event['requestContext']['domainName']\n"
        "    seen = address if event['queryStringParameters'] else seen\n"
        "    return {'statusCode': 200, 'body': json.dumps(seen)}\n",
    )
    gateway = aws_at("apigateway")
    api_id = gateway.create_rest_api(name="caller")["id"]
    (root,) = gateway.get_resources(restApiId=api_id)["items"]
    method = {"restApiId": api_id, "resourceId": root["id"], "httpMethod": "GET"}
    arn = aws_at("lambda").get_function(FunctionName="caller")["Configuration"]["FunctionArn"]
    aws_at("lambda").add_permission(
        FunctionName="caller", StatementId="api", Action="lambda:InvokeFunction", Principal="apigateway.amazonaws.com"
    )
    gateway.put_method(**method, authorizationType="NONE")
    gateway.put_integration(
        **method,
        type="AWS_PROXY",
        integrationHttpMethod="POST",
        uri=f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/{arn}/invocations",
    )
    gateway.create_deployment(restApiId=api_id, stageName="live")

    def call(query: str = "", **headers: str) -> Any:
        url = f"{place.endpoint_url}/_aws/execute-api/{api_id}/live/{query}"
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(urllib.request.Request(url, headers=headers), timeout=30) as answer:
            return json.loads(answer.read())

    assert call() == [HOST, HOST]
    assert call(**{"X-Forwarded-For": "192.0.2.7"}) == [HOST, f"192.0.2.7, {HOST}"]
    assert call("?address=1") == f"{place.endpoint_url}/_aws/execute-api/{api_id}"
    assert call(**{"x-forwarded-for": "192.0.2.7, 198.51.100.1"}) == [HOST, f"192.0.2.7, 198.51.100.1, {HOST}"]


def test_nobody_else_reads_what_a_local_cloud_keeps(place: Place, aws_at: AwsClient) -> None:
    """The key that signs tokens is there, too."""
    pool = aws_at("cognito-idp").create_user_pool(PoolName="keys")["UserPool"]["Id"]
    aws_at("cognito-idp").create_user_pool_client(UserPoolId=pool, ClientName="keys")
    aws_at("s3").create_bucket(Bucket="private")
    aws_at("s3").put_object(Bucket="private", Key="a/b", Body=b"")
    kept = [path for folder in (place.state, place.buckets, place.logs) for path in (folder, *folder.rglob("*"))]

    open_to_others = [str(path) for path in kept if path.exists() and path.stat().st_mode & 0o077]
    # Files in a private folder are not accessible either; the test's own process created these.
    made_here = {str(place.function_log), str(place.logs / "emulator.log")}
    assert set(open_to_others) <= made_here
    assert all(folder.stat().st_mode & 0o777 == 0o700 for folder in (place.state, place.buckets, place.logs))
    assert any("cognito" in path.name for path in kept)

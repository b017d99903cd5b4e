"""The local cloud starts, reports errors, and leaves nothing behind; with a small template."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import IO

import pytest

from simulators.cloud.deployment import client
from simulators.cloud.instance import HOST, ROOT, Place
from tests.e2e.local_cloud import new_place, run_command
from tests.e2e.patience import PATIENCE_SECONDS, eventually

QUEUE = """
Transform: AWS::Serverless-2016-10-31
Resources:
  Letters:
    Type: AWS::SQS::Queue
    Properties:
      DelaySeconds: {delay}
Outputs:
  QueueUrl:
    Value: !Ref Letters
"""
WITH_PARAMETERS = """
Transform: AWS::Serverless-2016-10-31
Parameters:
  MqttPort: {Type: Number, Default: 8883}
  LegacyJwtKeyParameter: {Type: String, Default: ""}
Conditions:
  HasKey: !Not [!Equals [!Ref LegacyJwtKeyParameter, ""]]
Resources:
  Letters:
    Type: AWS::SQS::Queue
    Properties:
      DelaySeconds: !If [HasKey, 7, 1]
Outputs:
  Port:
    Value: !Ref MqttPort
  Key:
    Value: !If [HasKey, !Ref LegacyJwtKeyParameter, none]
"""
FAILING = """
Transform: AWS::Serverless-2016-10-31
Resources:
  Letters:
    Type: AWS::SQS::Queue
  Reader:
    Type: AWS::Lambda::EventSourceMapping
    Properties:
      EventSourceArn: !GetAtt Letters.Nonsense
      FunctionName: nobody
"""
UNBUILDABLE = """
Transform: AWS::Serverless-2016-10-31
Resources:
  LostFunction:
    Type: AWS::Serverless::Function
    Metadata: {BuildMethod: makefile}
    Properties: {CodeUri: ., Handler: lost.handler, Runtime: python3.13}
"""
MAKEFILE = """
build-%:
\t@echo "there is no source for $*" >&2; exit 1
"""


@pytest.fixture
def place() -> Iterator[Place]:
    """Give a place with a template that makes one queue; whatever still runs there afterwards is stopped."""
    with new_place() as place:
        own = replace(place, template=place.folder / "project" / "template.yaml")
        own.template.parent.mkdir()
        own.template.write_text(QUEUE.format(delay=1))
        yield own
        run_command(own, "down")


class Foreground:
    """`make run` at a console."""

    def __init__(self, place: Place) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "simulators.cloud", "run"],
            cwd=ROOT,
            env={**os.environ, **place.environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        assert self._process.stdout
        self._output: IO[str] = self._process.stdout

    def wait_until_ready(self) -> None:
        """Read the console up to the line `ready`."""
        seen = ""
        for line in self._output:
            seen += line
            if line == "ready\n":
                return
        raise AssertionError(seen)

    def interrupt(self) -> None:
        """Press Ctrl-C: everything in the foreground gets the signal."""
        os.killpg(self._process.pid, signal.SIGINT)

    def wait(self) -> tuple[int, str]:
        """Wait for the end, and return the exit code and the rest of the console."""
        rest, _ = self._process.communicate(timeout=PATIENCE_SECONDS)
        return self._process.returncode, rest


def processes_of(place: Place) -> list[str]:
    """The command lines and environments of the processes that have to do with a place."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            known = (entry / "cmdline").read_text() + (entry / "environ").read_text()
        except OSError:
            continue
        if str(place.folder) in known and int(entry.name) != os.getpid():
            found.append(known.replace("\0", " ")[:200])
    return found


def emulator_pid(place: Place) -> int:
    """The process id of the emulator, by the port that it listens on."""
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if f"GATEWAY_PORT={place.port}\0" in (entry / "environ").read_text():
                return int(entry.name)
        except OSError:
            continue
    raise AssertionError("the emulator does not run")


def test_up_tells_how_to_reach_it_a_second_one_is_refused_and_down_leaves_nothing_running(place: Place) -> None:
    started = run_command(place, "up")
    assert started.returncode == 0, started.stdout
    assert started.stdout.endswith("ready\n")
    stack = json.loads(place.stack_file.read_text())
    assert {name: stack[name] for name in ("api_url", "mqtt_host", "mqtt_port", "endpoint_url", "region")} == {
        "api_url": None,
        "mqtt_host": HOST,
        "mqtt_port": place.mqtt_port,
        "endpoint_url": place.endpoint_url,
        "region": "us-east-1",
    }
    assert "BEGIN CERTIFICATE" in Path(stack["mqtt_ca"]).read_text()
    client(place, "sqs").send_message(QueueUrl=stack["outputs"]["QueueUrl"], MessageBody="hello")

    second = run_command(place, "run")
    assert second.returncode == 1
    assert "running already" in second.stdout
    assert place.stack_file.exists()

    assert run_command(place, "down").returncode == 0
    assert processes_of(place) == []
    assert not place.stack_file.exists()


def test_state_is_kept_and_only_a_change_is_deployed(place: Place) -> None:
    run_command(place, "up")
    url = json.loads(place.stack_file.read_text())["outputs"]["QueueUrl"]
    client(place, "sqs").send_message(QueueUrl=url, MessageBody="kept", DelaySeconds=0)
    run_command(place, "down")

    again = run_command(place, "up")
    assert "nothing changed" in again.stdout
    sqs = client(place, "sqs")
    assert sqs.receive_message(QueueUrl=url, WaitTimeSeconds=2)["Messages"][0]["Body"] == "kept"

    place.template.write_text(QUEUE.format(delay=7))
    changed = run_command(place, "up")
    assert changed.returncode == 0, changed.stdout
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["DelaySeconds"])["Attributes"]
    assert attributes == {"DelaySeconds": "7"}


def test_another_key_or_port_is_deployed_and_a_key_that_is_left_out_taken_back(place: Place) -> None:
    place.template.write_text(WITH_PARAMETERS)

    def outputs(place: Place) -> dict[str, str]:
        started = run_command(place, "up")
        assert started.returncode == 0, started.stdout
        assert "nothing changed" not in started.stdout
        return dict(json.loads(place.stack_file.read_text())["outputs"])

    with_key = replace(place, legacy_jwt_key="a key")
    assert outputs(with_key) == {"Port": str(place.mqtt_port), "Key": "/iotcloud/LegacyJwtKeyParameter"}
    stored = client(place, "ssm").get_parameter(Name="/iotcloud/LegacyJwtKeyParameter", WithDecryption=True)
    assert stored["Parameter"]["Value"] == "a key"
    assert outputs(place) == {"Port": str(place.mqtt_port), "Key": "none"}


def test_ctrl_c_stops_everything_and_exits_clean(place: Place) -> None:
    console = Foreground(place)
    console.wait_until_ready()
    console.interrupt()
    code, rest = console.wait()
    assert (code, "stopping" in rest) == (0, True)
    assert processes_of(place) == []
    assert not place.stack_file.exists()
    assert (place.state / "cloudformation.json").exists()


@pytest.mark.parametrize("sign", ["logs/emulator.log", "mqtt-ca.pem", "build"], ids=["emulator", "build", "deploy"])
def test_ctrl_c_on_the_way_stops_everything_too(place: Place, sign: str) -> None:
    console = Foreground(place)
    eventually((place.folder / sign).exists, bool)
    console.interrupt()
    code, rest = console.wait()
    assert (code, "ready" in rest.split()) == (0, False), rest
    assert processes_of(place) == []


@pytest.mark.parametrize("which", ["port", "mqtt_port", "paypal_port"])
def test_a_port_in_use_is_named(place: Place, which: str) -> None:
    with socket.socket() as other:
        other.bind((HOST, getattr(place, which)))
        other.listen()
        refused = run_command(place, "up")
    assert refused.returncode == 1
    assert f"port {getattr(place, which)} is in use" in refused.stdout
    assert processes_of(place) == []


def test_a_failed_build_is_told_with_its_reason(place: Place) -> None:
    place.template.write_text(UNBUILDABLE)
    (place.template.parent / "Makefile").write_text(MAKEFILE)
    failed = run_command(place, "up")
    assert failed.returncode == 1
    assert "the build failed" in failed.stdout
    assert "there is no source for LostFunction" in failed.stdout
    assert processes_of(place) == []


def test_a_rollback_is_told_with_its_reason_and_the_next_attempt_starts_afresh(place: Place) -> None:
    place.template.write_text(FAILING)
    failed = run_command(place, "up")
    assert failed.returncode == 1
    assert "the deployment failed: Reader (AWS::Lambda::EventSourceMapping): " in failed.stdout
    assert "Nonsense" in failed.stdout
    assert processes_of(place) == []

    place.template.write_text(QUEUE.format(delay=1))
    mended = run_command(place, "up")
    assert mended.returncode == 0, mended.stdout


def test_an_emulator_that_dies_is_told_and_takes_everything_down(place: Place) -> None:
    console = Foreground(place)
    console.wait_until_ready()
    os.kill(emulator_pid(place), signal.SIGKILL)
    code, rest = console.wait()
    assert code == 1
    assert "the emulator ended on its own" in rest
    assert processes_of(place) == []
    assert not place.stack_file.exists()

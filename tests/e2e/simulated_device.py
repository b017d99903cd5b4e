"""A simulated device in a separate process, and the server's side of its conversation, on the real broker."""

import json
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from uuid import uuid4

import boto3
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from simulators.cloud.instance import ROOT, ROOT_KEY
from tests.e2e.patience import PATIENCE_SECONDS

Stack = Mapping[str, Any]
SERVER_POLICY = "test-server-side"
CONFIGURATION_QUESTION = "req_configuration"

COMMANDS = {
    "python": [sys.executable, "-m", "simulators.devices.python"],
    "nodejs": ["node", str(ROOT / "simulators" / "devices" / "nodejs" / "main.js")],
}


@dataclass(frozen=True)
class Identity:
    """A thing with a certificate."""

    thing: str
    certificate: Path
    key: Path

    @classmethod
    def enrol(cls, stack: Stack, thing: str, folder: Path, policy: str | None = None) -> Self:
        """Make a thing whose key stays here; it is held to the stack's policy for devices, or to another."""
        iot = _iot(stack)
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, thing)])
        csr = x509.CertificateSigningRequestBuilder().subject_name(subject).sign(key, hashes.SHA256())
        made = iot.create_certificate_from_csr(
            certificateSigningRequest=csr.public_bytes(Encoding.PEM).decode(), setAsActive=True
        )
        iot.create_thing(thingName=thing)
        iot.attach_policy(policyName=policy or stack["outputs"]["DevicePolicyName"], target=made["certificateArn"])
        iot.attach_thing_principal(thingName=thing, principal=made["certificateArn"])
        identity = cls(thing, folder / f"{thing}.pem", folder / f"{thing}.key")
        identity.certificate.write_text(made["certificatePem"])
        identity.key.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        return identity


@dataclass(frozen=True)
class Message:
    """A published message: the topic after the device id, the decoded payload, and MQTT 5's correlation data."""

    api: str
    payload: Any
    correlation: bytes | None


class Server:
    """One MQTT 5 client that receives all devices' messages, for the servers' sides of their conversations."""

    def __init__(self, stack: Stack, folder: Path) -> None:
        _allow_server(stack)
        identity = Identity.enrol(stack, f"server-{uuid4().hex[:12]}", folder, SERVER_POLICY)
        self._heard: dict[str, queue.Queue[Message]] = {}
        self._client = Client(
            CallbackAPIVersion.VERSION2, client_id=identity.thing, protocol=MQTTProtocolVersion.MQTTv5
        )
        self._client.tls_set(str(stack["mqtt_ca"]), str(identity.certificate), str(identity.key))
        self._client.on_message = self._take
        subscribed = threading.Event()
        self._client.on_connect = lambda client, *_: client.subscribe("server/#", qos=1)
        self._client.on_subscribe = lambda *_: subscribed.set()
        self._client.connect(stack["mqtt_host"], stack["mqtt_port"])
        self._client.loop_start()
        assert subscribed.wait(PATIENCE_SECONDS)

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def side(self, deviceid: str) -> "ServerSide":
        """The server's side of one device's conversation; it records the device's messages from now on."""
        self._heard[deviceid] = queue.Queue()
        return ServerSide(self._client, deviceid, self._heard[deviceid])

    def _take(self, _client: Client, _userdata: Any, message: MQTTMessage) -> None:
        _, deviceid, api = message.topic.split("/", 2)
        if deviceid in self._heard:
            correlation = getattr(message.properties, "CorrelationData", None)
            self._heard[deviceid].put(Message(api, json.loads(message.payload), correlation))


class ServerSide:
    """Talks to a device as the platform does, and hears all that it says."""

    def __init__(self, client: Client, deviceid: str, messages: "queue.Queue[Message]") -> None:
        self._client = client
        self._deviceid = deviceid
        self._messages = messages

    def send(self, api: str, payload: object, *, correlation: bytes | None = None) -> None:
        """Publish to the device; a text is sent unchanged."""
        properties: Any = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
        if correlation is not None:
            properties.ResponseTopic = f"server/{self._deviceid}/{api}"
            properties.CorrelationData = correlation
        text = payload if isinstance(payload, str) else json.dumps(payload)
        self._client.publish(f"{self._deviceid}/{api}", text, qos=0, properties=properties)

    def hear(self, api: str, patience: float = PATIENCE_SECONDS) -> Message:
        """The next message, which must be of that api.

        A device asks for its configuration again until it has it, so questions that come late are passed over.
        """
        message = self._messages.get(timeout=patience)
        while message.api == CONFIGURATION_QUESTION != api:
            message = self._messages.get(timeout=patience)
        assert message.api == api, f"{api} expected, heard {message}"
        return message

    def hear_next(self, api: str, patience: float = PATIENCE_SECONDS) -> Message:
        """The next message of that api; earlier others are skipped."""
        deadline = time.monotonic() + patience
        while (message := self._messages.get(timeout=max(0.01, deadline - time.monotonic()))).api != api:
            pass
        return message

    def hears_nothing_for(self, seconds: float) -> bool:
        """Whether the device publishes nothing."""
        try:
            self._messages.get(timeout=seconds)
        except queue.Empty:
            return True
        return False

    def ask(self, api: str, payload: Mapping[str, object]) -> Any:
        """Send a command and return the payload of its reply."""
        self.send(api, payload)
        return self.hear(api).payload


class SimulatedDevice:
    """The process of a simulated device; its console is a file, its keyboard a pipe."""

    def __init__(self, kind: str, stack: Stack, identity: Identity, *options: str) -> None:
        self.identity = identity
        self._output = identity.certificate.with_suffix(f".{time.monotonic_ns()}.out")
        connection = {
            "--host": stack["mqtt_host"],
            "--port": str(stack["mqtt_port"]),
            "--ca": str(stack["mqtt_ca"]),
            "--cert": str(identity.certificate),
            "--key": str(identity.key),
            "--device-id": identity.thing,
        }
        given = dict(pairwise(options))
        kept = [part for name, value in connection.items() if name not in given for part in (name, value)]
        with self._output.open("wb") as output:
            self._process = subprocess.Popen(
                [*COMMANDS[kind], *kept, *options], cwd=ROOT, stdin=subprocess.PIPE, stdout=output, stderr=output
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._process.kill()
        self._process.wait()

    @property
    def output(self) -> str:
        """Its output so far."""
        return self._output.read_text()

    def type_line(self, line: str) -> None:
        """Type at its console."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{line}\n".encode())
        self._process.stdin.flush()

    def shows(self, text: str, times: int = 1, patience: float = PATIENCE_SECONDS, after: int = 0) -> None:
        """Wait until a text has been shown so many times, after so many characters of other output."""
        deadline = time.monotonic() + patience
        while self.output[after:].count(text) < times:
            assert time.monotonic() < deadline, f"{text!r} is not shown {times} times in:\n{self.output}"
            time.sleep(0.02)

    def stop(self, signal_number: int = signal.SIGTERM) -> int:
        """Ask it to end, and return its exit code."""
        self._process.send_signal(signal_number)
        return self._process.wait(timeout=PATIENCE_SECONDS)

    def exit_code(self) -> int:
        """Wait until it ends by itself."""
        return self._process.wait(timeout=PATIENCE_SECONDS)


def _iot(stack: Stack) -> Any:
    return boto3.client(
        "iot",
        endpoint_url=stack["endpoint_url"],
        region_name=stack["region"],
        aws_access_key_id=ROOT_KEY,
        aws_secret_access_key=ROOT_KEY,
    )


def _allow_server(stack: Stack) -> None:
    iot = _iot(stack)
    everything = {"Effect": "Allow", "Action": "iot:*", "Resource": "*"}
    try:
        iot.create_policy(
            policyName=SERVER_POLICY, policyDocument=json.dumps({"Version": "2012-10-17", "Statement": [everything]})
        )
    except iot.exceptions.ResourceAlreadyExistsException:
        return

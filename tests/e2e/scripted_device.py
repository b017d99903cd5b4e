"""A device on the real broker, over mutual TLS, with replies that a test defines. It is independent of the simulated
devices, and can misbehave."""

import json
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import boto3
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from simulators.devices.python.faults import Faults
from tests.e2e.patience import PATIENCE_SECONDS
from tests.e2e.people import RegisteredDevice

Json = dict[str, Any]
Delay = float
Script = Callable[[int, Json], Iterable[tuple[Delay, bytes]]]
"""For the n-th command, counted from 0, and its payload: what to reply after how many seconds. A negative delay holds
up the device itself, so that later commands wait behind it; a positive one lets later replies overtake."""

MILLISECOND = 0.002
"""As precise as the platform stamps messages, and one more; the broker stamps a message before it acknowledges it."""


def echo(number: int, command: Json) -> Iterable[tuple[Delay, bytes]]:
    """Reply with the command's payload, so every caller can recognize its own reply."""
    yield 0.0, reply_to(number, command)


def unreliable(faults: Faults) -> Script:
    """Reply with the command's payload, with duplicates and delays by the faults."""

    def script(number: int, command: Json) -> Iterable[tuple[Delay, bytes]]:
        for delay in faults.deliveries():
            yield delay, reply_to(number, command)

    return script


def reply_to(number: int, command: Json) -> bytes:
    return json.dumps({"value": {"number": number, "command": command}}).encode()


class ScriptedDevice:
    """One device with its own certificate and the stack's policy for devices."""

    def __init__(
        self,
        stack: Mapping[str, Any],
        folder: Path,
        deviceid: str,
        script: Script = echo,
        *,
        is_mqtt5: bool = True,
        qos: int = 1,
        identity: tuple[Path, Path] | None = None,
    ) -> None:
        """Make a thing for it, unless it is given an identity: the files of certificate and key."""
        self.deviceid = deviceid
        self.script = script
        self.commands: list[Json] = []
        self.acknowledged = 0
        """Messages with QoS 1 that the broker has taken."""
        self._qos = qos
        self._is_mqtt5 = is_mqtt5
        self._subscribed = threading.Event()
        protocol = MQTTProtocolVersion.MQTTv5 if is_mqtt5 else MQTTProtocolVersion.MQTTv311
        self._client = Client(CallbackAPIVersion.VERSION2, client_id=deviceid, protocol=protocol)
        self._client.tls_set_context(_trust(stack, *(identity or _enrol(stack, folder, deviceid))))
        self._client.on_connect = lambda client, *_: client.subscribe(f"{deviceid}/#", qos=1)
        self._client.on_subscribe = lambda *_: self._subscribed.set()
        self._client.on_message = self._answer
        self._client.on_publish = self._count
        self._address = stack["mqtt_host"], stack["mqtt_port"]
        self._listener: Callable[[bytes], object] = len

    @classmethod
    def of(cls, device: RegisteredDevice, stack: Mapping[str, Any], script: Script, *, is_mqtt5: bool = True) -> Self:
        """Take the place of a device that was registered through the API."""
        identity = device.certificate, device.key
        return cls(stack, device.key.parent, device.deviceid, script, is_mqtt5=is_mqtt5, identity=identity)

    def __enter__(self) -> Self:
        self._client.connect(*self._address)
        self._client.loop_start()
        assert self._subscribed.wait(PATIENCE_SECONDS), "the device could not connect and subscribe"
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def publish(self, api: str, payload: bytes) -> None:
        """Publish an event."""
        self._client.publish(f"server/{self.deviceid}/{api}", payload, qos=self._qos)

    def publish_in_turn(self, api: str, payload: bytes) -> None:
        """Publish; return once the broker has acknowledged it and the next message gets a later millisecond."""
        sent = self._client.publish(f"server/{self.deviceid}/{api}", payload, qos=1)
        sent.wait_for_publish(PATIENCE_SECONDS)
        assert sent.is_published(), "the broker does not acknowledge"
        time.sleep(MILLISECOND)

    def listen(self, listener: Callable[[bytes], object]) -> None:
        """Hand over each command as it came, byte by byte."""
        self._listener = listener

    def _answer(self, _client: Client, _userdata: Any, message: MQTTMessage) -> None:
        self._listener(message.payload)
        command = json.loads(message.payload)
        number = len(self.commands)
        self.commands.append(command)
        properties = Properties(PacketTypes.PUBLISH) if self._is_mqtt5 else None
        correlation = getattr(message.properties, "CorrelationData", None)
        if properties is not None and correlation is not None:
            properties.CorrelationData = correlation
        for delay, payload in self.script(number, command):
            if delay > 0:
                timer = threading.Timer(delay, self._reply, (message.topic, payload, properties))
                timer.daemon = True
                timer.start()
            else:
                time.sleep(-delay)
                self._reply(message.topic, payload, properties)

    def _count(self, *_: Any) -> None:
        self.acknowledged += 1

    def _reply(self, topic: str, payload: bytes, properties: Properties | None) -> None:
        self._client.publish(f"server/{topic}", payload, qos=self._qos, properties=properties)


def _enrol(stack: Mapping[str, Any], folder: Path, deviceid: str) -> tuple[Path, Path]:
    """Make a thing with a certificate in the stack's cloud, past the API, and return the files."""
    iot = boto3.client(
        "iot",
        endpoint_url=stack["endpoint_url"],
        region_name=stack["region"],
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    iot.create_thing(thingName=deviceid)
    made = iot.create_keys_and_certificate(setAsActive=True)
    iot.attach_policy(policyName=stack["outputs"]["DevicePolicyName"], target=made["certificateArn"])
    iot.attach_thing_principal(thingName=deviceid, principal=made["certificateArn"])
    certificate, key = folder / f"{deviceid}.pem", folder / f"{deviceid}.key"
    certificate.write_text(made["certificatePem"])
    key.write_text(made["keyPair"]["PrivateKey"])
    return certificate, key


def _trust(stack: Mapping[str, Any], certificate: Path, key: Path) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=stack["mqtt_ca"])
    context.check_hostname = False
    context.load_cert_chain(certificate, key)
    return context

"""A client on the real broker that knows what it was refused: for the rights of certificates, and for claims."""

import json
import queue
import ssl
import threading
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

SECONDS = 5.0


class BrokerClient:
    """One MQTT 3.1.1 client over mutual TLS."""

    def __init__(self, stack: Mapping[str, Any], clientid: str, certificate: Path, key: Path) -> None:
        """Take the files of certificate and key."""
        self._address = stack["mqtt_host"], stack["mqtt_port"]
        self._client = Client(CallbackAPIVersion.VERSION2, client_id=clientid, protocol=MQTTProtocolVersion.MQTTv311)
        self._client.tls_set_context(_trust(stack, certificate, key))
        self._client.reconnect_delay_set(60, 60)
        self._client.on_connect = self._on_connect
        self._client.on_disconnect = self._on_disconnect
        self._client.on_subscribe = lambda _client, _data, _mid, codes, _properties: self._granted.put(codes[0].value)
        self._client.on_publish = lambda *_: self._acknowledged.put(True)
        self._client.on_message = self._on_message
        self._answered = threading.Event()
        self._ended = threading.Event()
        self._granted: queue.Queue[int] = queue.Queue()
        self._acknowledged: queue.Queue[bool] = queue.Queue()
        self._received: queue.Queue[tuple[str, bytes]] = queue.Queue()
        self.is_connected = False

    def __enter__(self) -> Self:
        try:
            self._client.connect(*self._address, keepalive=30)
        except (OSError, ssl.SSLError):
            return self
        self._client.loop_start()
        self._answered.wait(SECONDS)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def subscribe(self, topic_filter: str) -> bool:
        """Subscribe; tell whether the broker grants it. One that refuses may end the connection instead."""
        self._client.subscribe(topic_filter, qos=1)
        try:
            return self._granted.get(timeout=SECONDS) < 0x80
        except queue.Empty:
            return False

    def publish(self, topic: str, payload: object) -> bool:
        """Publish JSON; tell whether the broker acknowledges it and keeps the connection."""
        self._client.publish(topic, json.dumps(payload), qos=1)
        try:
            self._acknowledged.get(timeout=1.5)
        except queue.Empty:
            return False
        return not self._ended.wait(0.5)

    def receive(self, seconds: float = SECONDS) -> tuple[str, Any] | None:
        """Return the next message's topic and JSON, None when none comes."""
        try:
            topic, payload = self._received.get(timeout=seconds)
        except queue.Empty:
            return None
        return topic, json.loads(payload)

    def has_ended(self, seconds: float = SECONDS) -> bool:
        """Tell whether the broker ends the connection within some time."""
        return self._ended.wait(seconds)

    def _on_connect(self, _client: Client, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        self.is_connected = reason.value == 0
        self._answered.set()

    def _on_disconnect(self, *_: Any) -> None:
        self.is_connected = False
        self._ended.set()
        self._answered.set()

    def _on_message(self, _client: Client, _data: Any, message: MQTTMessage) -> None:
        self._received.put((message.topic, message.payload))


def can_connect(stack: Mapping[str, Any], clientid: str, certificate: Path, key: Path) -> bool:
    """Tell whether the broker takes a client and keeps it for a moment."""
    with BrokerClient(stack, clientid, certificate, key) as client:
        return client.is_connected and not client.has_ended(0.5)


def _trust(stack: Mapping[str, Any], certificate: Path, key: Path) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=stack["mqtt_ca"])
    context.check_hostname = False
    context.load_cert_chain(certificate, key)
    return context

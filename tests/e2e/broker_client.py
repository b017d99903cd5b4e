"""A client on the real broker that detects rejections, to test the rights of certificates and claims."""

import json
import queue
import ssl
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from tests.e2e.patience import PATIENCE_SECONDS

POLL_SECONDS = 0.005


class BrokerClient:
    """One MQTT 3.1.1 client over mutual TLS.

    The broker processes a connection's packets in order, and ends a 3.1.1 client's connection after a forbidden
    request. So an UNSUBSCRIBE, which is always allowed, shows the result of earlier packets: the broker acknowledges
    it, or has ended the connection.
    """

    def __init__(self, stack: Mapping[str, Any], clientid: str, certificate: Path, key: Path) -> None:
        """Take the files of certificate and key."""
        self._address = stack["mqtt_host"], stack["mqtt_port"]
        self._client = Client(CallbackAPIVersion.VERSION2, client_id=clientid, protocol=MQTTProtocolVersion.MQTTv311)
        self._client.tls_set_context(_trust(stack, certificate, key))
        self._client.reconnect_delay_set(600, 600)
        self._client.on_connect = self._on_connect
        self._client.on_disconnect = self._on_disconnect
        self._client.on_subscribe = lambda _client, _data, _mid, codes, _properties: self._granted.put(codes[0].value)
        self._client.on_unsubscribe = lambda *_: self._round_trips.put(True)
        self._client.on_publish = lambda *_: self._acknowledged.put(True)
        self._client.on_message = self._on_message
        self._answered = threading.Event()
        self._ended = threading.Event()
        self._granted: queue.Queue[int] = queue.Queue()
        self._acknowledged: queue.Queue[bool] = queue.Queue()
        self._round_trips: queue.Queue[bool] = queue.Queue()
        self._received: queue.Queue[tuple[str, bytes]] = queue.Queue()
        self.is_connected = False

    def __enter__(self) -> Self:
        try:
            self._client.connect(*self._address, keepalive=600)
        except (OSError, ssl.SSLError):
            return self
        self._client.loop_start()
        assert self._answered.wait(PATIENCE_SECONDS), "the broker does not answer"
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def subscribe(self, topic_filter: str) -> bool:
        """Subscribe; return whether the broker grants it. It may end the connection instead of rejecting."""
        self._client.subscribe(topic_filter, qos=1)
        granted = self._next_unless_ended(self._granted)
        return granted is not None and granted < 0x80

    def publish(self, topic: str, payload: object) -> bool:
        """Publish JSON; return whether the broker acknowledges it and keeps the connection."""
        self._client.publish(topic, json.dumps(payload), qos=1)
        return self.is_kept() and not self._acknowledged.empty()

    def is_kept(self) -> bool:
        """Return whether the broker has kept the connection, whatever was sent on it."""
        if not self._ended.is_set():
            self._client.unsubscribe("nothing")
        return self._next_unless_ended(self._round_trips) is not None

    def receive(self, seconds: float = PATIENCE_SECONDS) -> tuple[str, Any] | None:
        """Return the next message's topic and JSON, or None."""
        try:
            topic, payload = self._received.get(timeout=seconds)
        except queue.Empty:
            return None
        return topic, json.loads(payload)

    def has_ended(self, seconds: float = PATIENCE_SECONDS) -> bool:
        """Return whether the broker ends the connection within some time."""
        return self._ended.wait(seconds)

    def _next_unless_ended(self, answers: "queue.Queue[Any]") -> Any:
        """Wait for an answer and return it, or None once the connection has ended without one."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not self._ended.is_set() or not answers.empty():
            try:
                return answers.get(timeout=POLL_SECONDS)
            except queue.Empty:
                assert time.monotonic() < deadline, "the broker does not answer"
        return None

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
    """Return whether the broker accepts and keeps a client."""
    with BrokerClient(stack, clientid, certificate, key) as client:
        return client.is_connected and client.is_kept()


def _trust(stack: Mapping[str, Any], certificate: Path, key: Path) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=stack["mqtt_ca"])
    context.check_hostname = False
    context.load_cert_chain(certificate, key)
    return context

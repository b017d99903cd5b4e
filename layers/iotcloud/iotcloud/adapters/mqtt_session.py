"""One MQTT 5 connection to the account's broker, over a signed WebSocket and without a thread: its loop turns only
while a caller waits in one of its methods, so that nothing runs while the execution environment is frozen.

What is sent on it and what its messages mean is decided by `iotcloud.adapters.device_link`.
"""

import os
import select
import socket
import ssl
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from paho.mqtt.client import Client, ConnectFlags, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from iotcloud.adapters.mqtt_gateway import Upgrade

CLIENT_ID_PREFIX = "api-"
"""What the function's role may connect as. Each connection draws its own id: AWS IoT Core takes one CONNECT per second
and id, and a second connection under an id ends the first."""
KEEP_ALIVE_SECONDS = 300
"""Nothing pings while the environment is frozen: the broker forgets a connection after one and a half of these. Shorter
than the 350 s after which AWS's network address translation forgets an idle flow without telling either end."""
CONNECT_SECONDS = 1.0


class SessionLost(Exception):
    """The connection is of no use any more, or never came to be; the text is the reason."""


@dataclass(frozen=True)
class Message:
    """One message on the topic listened to; `correlation` is what an MQTT 5 device returns of ours."""

    payload: bytes
    correlation: bytes | None


class MqttSession:
    """A connection that listens to one topic at a time, for one caller at a time, as Lambda gives an environment."""

    def __init__(self, upgrade: Upgrade) -> None:
        """Connect with clean start; raise SessionLost."""
        self._messages: deque[Message] = deque()
        self._unacknowledged: set[int | None] = set()
        self._connected: ReasonCode | None = None
        self._refused = ""
        self._topic = ""
        self._used_at = time.time()
        self._client = self._make_client(upgrade)
        try:
            self._client.connect(upgrade.host, upgrade.port, KEEP_ALIVE_SECONDS, clean_start=True)
        except OSError as failed:
            raise SessionLost(f"cannot connect: {failed}") from failed
        self._await_connection()

    @property
    def is_stale(self) -> bool:
        """Whether it rested so long that the broker, or the network between, has forgotten it."""
        return not 0 <= time.time() - self._used_at < KEEP_ALIVE_SECONDS

    def listen(self, topic: str) -> None:
        """Ask for this topic's messages at QoS 0, and forget what came before; `await_acknowledged` is the proof."""
        self.discard_received()
        self._topic = topic
        code, packet_id = self._client.subscribe(topic, qos=0)
        self._note_sent(code, packet_id)

    def stop_listening(self) -> None:
        """Ask for no more messages. Nothing is awaited: a connection that is lost shows at the next `listen`."""
        if self._topic:
            code, packet_id = self._client.unsubscribe(self._topic)
            self._topic = ""
            if code == MQTTErrorCode.MQTT_ERR_SUCCESS:
                self._unacknowledged.add(packet_id)

    def await_acknowledged(self, deadline: float) -> None:
        """Wait until the broker has acknowledged all that was asked; raise SessionLost when it has not by then."""
        while self._unacknowledged:
            if not self._turn(deadline):
                raise SessionLost("no acknowledgement")
        if self._refused:
            raise SessionLost(self._refused)
        self._used_at = time.time()

    def discard_received(self) -> None:
        """Take what has arrived so far off the connection and forget it; raise SessionLost when it was closed."""
        while self._turn(0):
            pass
        self._messages.clear()

    def publish(self, topic: str, payload: bytes, response_topic: str, correlation: bytes) -> None:
        """Write one message at QoS 0, once; raise SessionLost when it cannot be said whether it went out."""
        properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
        properties.ResponseTopic = response_topic
        properties.CorrelationData = correlation
        published = self._client.publish(topic, payload, qos=0, properties=properties)
        if published.rc != MQTTErrorCode.MQTT_ERR_SUCCESS:
            raise SessionLost(f"cannot publish: {published.rc.name}")

    def next_message(self, deadline: float) -> Message | None:
        """Wait for a message on the topic listened to; None when none came by then. Raise SessionLost."""
        while not self._messages:
            if not self._turn(deadline):
                return None
        self._used_at = time.time()
        return self._messages.popleft()

    def close(self) -> None:
        """Leave, without waiting for anything."""
        connection: Any = self._client.socket()
        self._client.disconnect()
        if connection is not None:
            connection.close()

    def _make_client(self, upgrade: Upgrade) -> Client:
        client = Client(
            CallbackAPIVersion.VERSION2,
            client_id=f"{CLIENT_ID_PREFIX}{uuid4()}",
            protocol=MQTTProtocolVersion.MQTTv5,
            transport="websockets",
            reconnect_on_failure=False,
        )
        client.connect_timeout = CONNECT_SECONDS
        client.ws_set_options(path=upgrade.path, headers=dict(upgrade.headers))
        if upgrade.is_tls:
            client.tls_set_context(ssl.create_default_context())
        client.on_socket_open = self._send_at_once
        client.on_connect = self._note_connected
        client.on_subscribe = self._note_subscribed
        client.on_unsubscribe = self._note_unsubscribed
        client.on_message = self._keep
        return client

    def _await_connection(self) -> None:
        deadline = time.monotonic() + CONNECT_SECONDS
        while self._connected is None:
            if not self._turn(deadline):
                self.close()
                raise SessionLost("no CONNACK")
        if self._connected.is_failure:
            raise SessionLost(f"refused: {self._connected}")

    def _turn(self, deadline: float) -> bool:
        """Wait for the connection and handle at most one packet; False when it stayed quiet until the deadline."""
        connection: Any = self._client.socket()
        if connection is None:
            raise SessionLost("closed")
        # TLS may hold what select cannot see.
        has_buffered = connection.pending() > 0
        remaining = 0.0 if has_buffered else max(0.0, deadline - time.monotonic())
        outgoing = [connection] if self._client.want_write() else []
        readable, writable, _ = select.select([connection], outgoing, [], remaining)
        code = MQTTErrorCode.MQTT_ERR_SUCCESS
        if writable:
            code = self._client.loop_write()
        if code == MQTTErrorCode.MQTT_ERR_SUCCESS and (readable or has_buffered):
            code = self._client.loop_read()
        if code != MQTTErrorCode.MQTT_ERR_SUCCESS:
            raise SessionLost(code.name)
        return bool(readable or has_buffered or writable)

    def _note_sent(self, code: MQTTErrorCode, packet_id: int | None) -> None:
        if code != MQTTErrorCode.MQTT_ERR_SUCCESS:
            raise SessionLost(code.name)
        self._unacknowledged.add(packet_id)

    @staticmethod
    def _send_at_once(_client: Client, _userdata: Any, connection: Any) -> None:
        """Switch Nagle's algorithm off: with the other end's delayed acknowledgements it costs 40 ms per stall."""
        with socket.socket(fileno=os.dup(connection.fileno())) as same:
            same.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def _note_connected(
        self, _client: Client, _userdata: Any, _flags: ConnectFlags, code: ReasonCode, _properties: Properties | None
    ) -> None:
        self._connected = code

    def _note_subscribed(
        self,
        _client: Client,
        _userdata: Any,
        packet_id: int,
        codes: Sequence[ReasonCode],
        _properties: Properties | None,
    ) -> None:
        self._unacknowledged.discard(packet_id)
        if any(code.is_failure for code in codes):
            self._refused = f"subscription refused: {codes[0]}"

    def _note_unsubscribed(
        self, _client: Client, _userdata: Any, packet_id: int, _codes: object, _properties: Properties | None
    ) -> None:
        self._unacknowledged.discard(packet_id)

    def _keep(self, _client: Client, _userdata: Any, message: MQTTMessage) -> None:
        if message.topic == self._topic:
            correlation = getattr(message.properties, "CorrelationData", None)
            self._messages.append(Message(bytes(message.payload), correlation))

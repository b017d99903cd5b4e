"""One MQTT 5 connection to the account's broker, over a signed WebSocket and without a thread: its loop runs only while
a caller waits in one of its methods, since Lambda freezes the execution environment between calls.

`iotcloud.adapters.device_link` decides what is sent and what the messages mean.
"""

import contextlib
import os
import select
import socket
import ssl
import threading
import time
from collections import Counter, OrderedDict, deque
from collections.abc import Callable, Iterator, Sequence
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
"""Prefix of client ids that the function's role allows. Each connection draws its own id: AWS IoT Core accepts one
CONNECT per second and id, and a second connection with the same id ends the first."""
KEEP_ALIVE_SECONDS = 300
"""Keep-alive in seconds. A frozen environment sends no ping, and the broker drops a connection after 1.5 times this. It
is below the 350 s after which AWS's address translation silently drops an idle flow."""
CONNECT_SECONDS = 2.0
"""How long TCP, TLS, WebSocket and CONNACK may take together: a first connection from a cold environment is slow."""
MAX_SUBSCRIPTIONS = 50
"""AWS IoT Core's quota of subscriptions per connection."""
MAX_UNASKED = 100
"""A subscription with more messages than this since its last use is dropped: AWS IoT Core delivers 100 messages a
second per connection and drops the rest, so one device's flood could cost other devices their replies.
"""
SHORTEST_TIMEOUT_SECONDS = 0.001
"""A socket takes 0 for not blocking at all."""


class SessionLost(Exception):
    """The connection is of no use any more, or never came to be; the text is the reason."""


@dataclass(frozen=True)
class Message:
    """One message on the current topic. `correlation` is our correlation data as an MQTT 5 device returns it."""

    payload: bytes
    correlation: bytes | None


class MqttSession:
    """A connection that reads one topic at a time, for one caller at a time, as in a Lambda environment.

    Subscriptions of recent topics are kept. Messages on other topics than the current one are dropped.
    """

    def __init__(self, upgrade: Upgrade, deadline: float) -> None:
        """Connect with clean start, in CONNECT_SECONDS and by the deadline (monotonic seconds); raise SessionLost."""
        deadline = min(deadline, time.monotonic() + CONNECT_SECONDS)
        self._messages: deque[Message] = deque()
        self._topic: str | None = None
        self._kept: OrderedDict[str, float] = OrderedDict()
        """When (monotonic) the broker acknowledged each subscription, most recently used last."""
        self._unasked: Counter[str] = Counter()
        self._granted: dict[int, ReasonCode] = {}
        self._leaving: set[int] = set()
        """The UNSUBSCRIBEs that the broker has not acknowledged."""
        self._connected: ReasonCode | None = None
        self._used_at = time.time()
        self._client = self._make_client(upgrade)
        try:
            with self._client.connecting_by(deadline):
                self._client.connect(upgrade.host, upgrade.port, KEEP_ALIVE_SECONDS, clean_start=True)
        except OSError as failed:
            raise SessionLost(f"cannot connect: {failed}") from failed
        self._await_connection(deadline)

    @property
    def is_stale(self) -> bool:
        """Whether it was idle so long that the broker or the network may have dropped it."""
        return not 0 <= time.time() - self._used_at < KEEP_ALIVE_SECONDS

    def listen(self, topic: str, deadline: float) -> float:
        """Make this the current topic (QoS 0). Return when (monotonic) the broker acknowledged its subscription.

        A kept subscription costs no round trip, and proves nothing about the session. A new one waits for the SUBACK;
        raise SessionLost when it is missing or a refusal.
        """
        self.discard_received(deadline)
        self._topic = topic
        del self._unasked[topic]
        if topic not in self._kept:
            self._subscribe(topic, deadline)
        self._kept.move_to_end(topic)
        return self._kept[topic]

    def stop_listening(self) -> None:
        """Keep the subscription for the next use. Drop the least recently used ones above the limit, and flooded ones.

        It does not wait: the next call detects a lost connection.
        """
        self._topic = None
        self._messages.clear()
        for topic in [topic for topic in self._kept if self._unasked[topic] > MAX_UNASKED]:
            self._unsubscribe(topic)
        while len(self._kept) >= MAX_SUBSCRIPTIONS:
            self._unsubscribe(next(iter(self._kept)))

    def prove_alive(self, deadline: float) -> None:
        """Ping the broker, and discard all messages before its answer. Raise SessionLost without one."""
        if self._client.ping() != MQTTErrorCode.MQTT_ERR_SUCCESS:
            raise SessionLost("cannot ping")
        self._await(lambda: not self._client.is_awaiting_pong, deadline, "no PINGRESP")
        self._messages.clear()
        self._used_at = time.time()

    def discard_received(self, deadline: float) -> None:
        """Read and discard everything that has arrived. Raise SessionLost when the connection was closed."""
        while self._turn(0) and time.monotonic() < deadline:
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
        """Wait for a message on the current topic; None at the timeout. Raise SessionLost."""
        if not self._turn_until(lambda: bool(self._messages), deadline):
            return None
        self._used_at = time.time()
        return self._messages.popleft()

    def close(self) -> None:
        """Leave, without waiting for anything."""
        connection: Any = self._client.socket()
        self._client.disconnect()
        if connection is not None:
            connection.close()

    def _make_client(self, upgrade: Upgrade) -> "BoundedClient":
        client = BoundedClient(
            CallbackAPIVersion.VERSION2,
            client_id=f"{CLIENT_ID_PREFIX}{uuid4()}",
            protocol=MQTTProtocolVersion.MQTTv5,
            transport="websockets",
            reconnect_on_failure=False,
        )
        client.ws_set_options(path=upgrade.path, headers=dict(upgrade.headers))
        if upgrade.is_tls:
            client.tls_set_context(ssl.create_default_context())
        client.on_socket_open = self._send_at_once
        client.on_connect = self._note_connected
        client.on_subscribe = self._note_subscribed
        client.on_unsubscribe = self._note_unsubscribed
        client.on_message = self._keep
        return client

    def _await_connection(self, deadline: float) -> None:
        try:
            self._await(lambda: self._connected is not None, deadline, "no CONNACK")
        except SessionLost:
            self.close()
            raise
        if self._connected is not None and self._connected.is_failure:
            self.close()
            raise SessionLost(f"refused: {self._connected}")

    def _subscribe(self, topic: str, deadline: float) -> None:
        self._await(lambda: len(self._kept) + len(self._leaving) < MAX_SUBSCRIPTIONS, deadline, "no UNSUBACK")
        code, packet_id = self._client.subscribe(topic, qos=0)
        if code != MQTTErrorCode.MQTT_ERR_SUCCESS or packet_id is None:
            raise SessionLost(code.name)
        self._await(lambda: packet_id in self._granted, deadline, "no SUBACK")
        granted = self._granted.pop(packet_id)
        if granted.is_failure:
            raise SessionLost(f"subscription refused: {granted}")
        self._kept[topic] = time.monotonic()
        self._used_at = time.time()

    def _unsubscribe(self, topic: str) -> None:
        del self._kept[topic]
        del self._unasked[topic]
        code, packet_id = self._client.unsubscribe(topic)
        if code == MQTTErrorCode.MQTT_ERR_SUCCESS and packet_id is not None:
            self._leaving.add(packet_id)

    def _await(self, is_there: Callable[[], bool], deadline: float, complaint: str) -> None:
        if not self._turn_until(is_there, deadline):
            raise SessionLost(complaint)

    def _turn_until(self, is_there: Callable[[], bool], deadline: float) -> bool:
        """Handle packets until the condition holds. False at the deadline, whatever else arrives."""
        while not is_there():
            if not self._turn(deadline) or time.monotonic() >= deadline:
                return is_there()
        return True

    def _turn(self, deadline: float) -> bool:
        """Wait for the connection and handle at most one packet; False when it stayed quiet until the deadline."""
        connection: Any = self._client.socket()
        if connection is None:
            raise SessionLost("closed")
        # TLS may have buffered data that select cannot see.
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
        self._granted[packet_id] = codes[0]

    def _note_unsubscribed(
        self, _client: Client, _userdata: Any, packet_id: int, _codes: object, _properties: Properties | None
    ) -> None:
        self._leaving.discard(packet_id)

    def _keep(self, _client: Client, _userdata: Any, message: MQTTMessage) -> None:
        """Take a message on the topic listened to, unless the broker had stored it: a reply is never that old."""
        if message.topic == self._topic and not message.retain:
            correlation = getattr(message.properties, "CorrelationData", None)
            self._messages.append(Message(bytes(message.payload), correlation))
        elif message.topic in self._kept:
            self._unasked[message.topic] += 1


class BoundedClient(Client):
    """A client with a deadline for connecting, and with a ping on demand.

    The library's own timeout restarts with each step and each octet, so a slow peer could block a caller.
    """

    _deadline = 0.0
    _bounds: contextlib.ExitStack

    @contextlib.contextmanager
    def connecting_by(self, deadline: float) -> Iterator[None]:
        """Bound TCP, TLS and the WebSocket upgrade together. Name resolution is not bounded."""
        self._deadline = deadline
        with contextlib.ExitStack() as self._bounds:
            yield

    def ping(self) -> MQTTErrorCode:
        """Send PINGREQ."""
        return self._send_pingreq()

    @property
    def is_awaiting_pong(self) -> bool:
        """Whether the last PINGREQ has not been answered."""
        return self._ping_t != 0

    def _create_socket_connection(self) -> socket.socket:
        connection = connect_by(self._host, self._port, self._deadline)
        self._connect_timeout = max(self._deadline - time.monotonic(), SHORTEST_TIMEOUT_SECONDS)
        self._bounds.enter_context(shut_down_after(connection, self._connect_timeout))
        return connection


def connect_by(host: str, port: int, deadline: float) -> socket.socket:
    """Connect to the first reachable address of a host. Raise OSError at the deadline."""
    failed = OSError(f"no time left to connect to {host}")
    for family, kind, protocol, _, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
        if (remaining := deadline - time.monotonic()) <= 0:
            break
        connection = socket.socket(family, kind, protocol)
        connection.settimeout(remaining)
        try:
            connection.connect(address)
        except OSError as error:
            connection.close()
            failed = error
        else:
            return connection
    raise failed


@contextlib.contextmanager
def shut_down_after(connection: socket.socket, seconds: float) -> Iterator[None]:
    """Shut a connection down at the deadline, so that anything waiting on it fails."""
    # A copy, which stays valid when TLS takes the original.
    with connection.dup() as same:
        timer = threading.Timer(seconds, _shut_down, (same,))
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
            timer.join()


def _shut_down(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)

"""A small MQTT 5 broker over WebSocket with two limits of AWS IoT Core: a subscription delivers only some time after
its SUBACK, and a connection has at most 50 subscriptions. Its devices reply at once."""

import base64
import hashlib
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from types import TracebackType
from typing import IO, Self

from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from iotcloud.adapters.mqtt_gateway import Upgrade

CONNECT, PUBLISH, SUBSCRIBE, UNSUBSCRIBE, PINGREQ, DISCONNECT = 1, 3, 8, 10, 12, 14
NOT_AUTHORIZED = 0x87
MAX_SUBSCRIPTIONS = 50
ACCEPT_KEY = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
"""RFC 6455, section 1.3."""
Answer = Callable[[str, bytes, bytes], Iterable[tuple[bytes, bytes | None]]]
"""The device's replies to a command: from topic, payload and correlation to payloads and correlations."""


def echo_mqtt5(_topic: str, payload: bytes, correlation: bytes) -> Iterable[tuple[bytes, bytes | None]]:
    """Reply like an MQTT 5 device: with the command's payload and correlation data."""
    yield payload, correlation


def echo_mqtt3(_topic: str, payload: bytes, _correlation: bytes) -> Iterable[tuple[bytes, bytes | None]]:
    """Reply as a device with MQTT 3.1.1 does, which sees no correlation data."""
    yield payload, None


@dataclass(eq=False)
class Connection:
    """One client: its subscriptions, and from when on (monotonic) each delivers."""

    socket: socket.socket
    hears: dict[str, float] = field(default_factory=dict)
    received: bytearray = field(default_factory=bytearray)


class WebsocketBroker:
    """Serves any number of connections until left."""

    def __init__(self, answer: Answer = echo_mqtt5, delivers_after: float = 0.0) -> None:
        self.answer = answer
        self.delivers_after = delivers_after
        """Seconds from a SUBACK, every one, until messages on its topic are delivered."""
        self.forbidden: set[str] = set()
        """Topics with rejected subscriptions."""
        self.unanswered: set[int] = set()
        """Kinds of packets that get no answer."""
        self.connections = 0
        self.subscribed: list[str] = []
        """The topic of each subscription that was granted."""
        self.unsubscribed: list[str] = []
        self.pings = 0
        self.commands: list[bytes] = []
        self._open: list[Connection] = []
        self._lock = threading.RLock()
        self._listener = socket.create_server(("127.0.0.1", 0))

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        _shut(self._listener)
        self._listener.close()
        self.cut()

    @property
    def upgrade(self) -> Upgrade:
        """Where a client connects."""
        return Upgrade("127.0.0.1", self._listener.getsockname()[1], False, "/mqtt", {})

    def cut(self) -> None:
        """Close all connections."""
        with self._lock:
            for connection in self._open:
                _shut(connection.socket)
            self._open.clear()

    def most_subscriptions(self) -> int:
        """How many the connection has that has most."""
        with self._lock:
            return max((len(connection.hears) for connection in self._open), default=0)

    def publish(self, topic: str, payload: bytes, correlation: bytes | None = None, *, is_stored: bool = False) -> None:
        """Deliver a message to all whose subscription delivers by now; a stored one as if they had just subscribed."""
        properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
        if correlation is not None:
            properties.CorrelationData = correlation
        body = _text(topic) + properties.pack() + payload  # type: ignore[no-untyped-call]
        with self._lock:
            for connection in self._open:
                if connection.hears.get(topic, float("inf")) <= time.monotonic():
                    _send(connection.socket, PUBLISH << 4 | is_stored, body)

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(Connection(client),), daemon=True).start()

    def _serve(self, connection: Connection) -> None:
        connection.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with connection.socket, connection.socket.makefile("rb") as stream:
            try:
                _accept_upgrade(connection.socket, stream)
                with self._lock:
                    self.connections += 1
                    self._open.append(connection)
                while (data := _read_frame(stream)) is not None:
                    connection.received += data
                    for kind, body in _packets(connection.received):
                        self._handle(connection, kind, body)
            except OSError:
                return
            finally:
                with self._lock:
                    if connection in self._open:
                        self._open.remove(connection)

    def _handle(self, connection: Connection, kind: int, body: bytes) -> None:
        with self._lock:
            self.pings += kind == PINGREQ
            if kind == PUBLISH:
                self._take_command(body)
            elif kind in (SUBSCRIBE, UNSUBSCRIBE):
                # The properties, of which none is expected, are one octet long.
                topic = body[5 : 5 + struct.unpack("!H", body[3:5])[0]].decode()
                change = self._subscribe if kind == SUBSCRIBE else self._unsubscribe
                outcome = change(connection, topic)
                if kind not in self.unanswered:
                    _send(connection.socket, kind + 1 << 4, body[:2] + bytes([0, outcome]))
            elif kind in (CONNECT, PINGREQ) and kind not in self.unanswered:
                _send(connection.socket, kind + 1 << 4, b"" if kind == PINGREQ else bytes(3))

    def _subscribe(self, connection: Connection, topic: str) -> int:
        if topic in self.forbidden:
            return NOT_AUTHORIZED
        if topic not in connection.hears and len(connection.hears) >= MAX_SUBSCRIPTIONS:
            raise ConnectionAbortedError("AWS IoT Core ends such a connection")
        connection.hears[topic] = time.monotonic() + self.delivers_after
        self.subscribed.append(topic)
        return 0

    def _unsubscribe(self, connection: Connection, topic: str) -> int:
        connection.hears.pop(topic, None)
        self.unsubscribed.append(topic)
        return 0

    def _take_command(self, body: bytes) -> None:
        length = struct.unpack("!H", body[:2])[0]
        topic, rest = body[2 : 2 + length].decode(), body[2 + length :]
        properties, size = Properties(PacketTypes.PUBLISH).unpack(rest)  # type: ignore[no-untyped-call]
        payload = rest[size:]
        self.commands.append(payload)
        for reply, correlation in self.answer(topic, payload, properties.CorrelationData):
            self.publish(f"server/{topic}", reply, correlation)


def _accept_upgrade(client: socket.socket, stream: IO[bytes]) -> None:
    key = b""
    while line := stream.readline().strip():
        name, _, value = line.partition(b":")
        if name.lower() == b"sec-websocket-key":
            key = value.strip()
    accept = base64.b64encode(hashlib.sha1(key + ACCEPT_KEY).digest())
    head = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    client.sendall(head + b"Sec-WebSocket-Protocol: mqtt\r\nSec-WebSocket-Accept: " + accept + b"\r\n\r\n")


def _read_frame(stream: IO[bytes]) -> bytes | None:
    """Return the payload of a client's next frame, unmasked; None at the end."""
    head = stream.read(2)
    if len(head) < 2 or head[0] & 0x0F == 8:
        return None
    size = head[1] & 0x7F
    if size >= 126:
        size = int.from_bytes(stream.read(2 if size == 126 else 8))
    mask, data = stream.read(4), stream.read(size)
    return bytes(octet ^ mask[place % 4] for place, octet in enumerate(data))


def _packets(received: bytearray) -> Iterable[tuple[int, bytes]]:
    """Remove complete MQTT packets from the front; yield their kind and body."""
    while len(received) >= 2:
        size, place = 0, 1
        while received[place] & 0x80:
            size += (received[place] & 0x7F) << 7 * (place - 1)
            place += 1
        size += received[place] << 7 * (place - 1)
        if len(received) < place + 1 + size:
            return
        kind, body = received[0] >> 4, bytes(received[place + 1 : place + 1 + size])
        del received[: place + 1 + size]
        yield kind, body


def _send(client: socket.socket, first: int, body: bytes) -> None:
    """Write one packet in one frame; a client that left meanwhile misses it."""
    size, remaining = bytearray(), len(body)
    while True:
        remaining, digit = divmod(remaining, 128)
        size.append(digit | (0x80 if remaining else 0))
        if not remaining:
            break
    packet = bytes([first]) + size + body
    length = len(packet)
    head = bytes([0x82, length]) if length < 126 else bytes([0x82, 126]) + struct.pack("!H", length)
    try:
        client.sendall(head + packet)
    except OSError:
        return


def _text(text: str) -> bytes:
    return struct.pack("!H", len(text.encode())) + text.encode()


def _shut(end: socket.socket) -> None:
    try:
        end.shutdown(socket.SHUT_RDWR)
    except OSError:
        return

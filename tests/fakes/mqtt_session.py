"""An MQTT session with a script: the reply to each command, and the failures of the connection."""

import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from iotcloud.adapters.mqtt_session import Message, SessionLost

Replies = Callable[["SentPublish"], Iterable[Message]]


@dataclass(frozen=True)
class SentPublish:
    """One PUBLISH as it went out."""

    topic: str
    payload: bytes
    response_topic: str
    correlation: bytes


@dataclass
class FakeMqttSession:
    """See iotcloud.adapters.mqtt_session.MqttSession. It never waits: missing messages never come."""

    replies: Replies = lambda _sent: ()
    is_stale: bool = False
    is_closed_by_broker: bool = False
    is_acknowledging: bool = True
    is_losing_commands: bool = False
    clock: Callable[[], float] = time.monotonic
    kept: dict[str, float] = field(default_factory=dict)
    """The subscriptions, and when each was acknowledged."""
    sent: list[SentPublish] = field(default_factory=list)
    arrived: deque[tuple[str, Message]] = field(default_factory=deque)
    """Unread messages on the connection, by topic: also without a listener, as on a real connection."""
    topic: str | None = None
    is_closed: bool = False

    def arrive(self, topic: str, message: Message) -> None:
        """Let the broker deliver a message, if there is a subscription for it."""
        if topic in self.kept:
            self.arrived.append((topic, message))

    def listen(self, topic: str, deadline: float) -> float:
        self.discard_received(deadline)
        self.topic = topic
        if topic not in self.kept:
            self._acknowledge()
            self.kept[topic] = self.clock()
        return self.kept[topic]

    def stop_listening(self) -> None:
        self.topic = None

    def prove_alive(self, deadline: float) -> None:
        self._acknowledge()
        self.discard_received(deadline)

    def discard_received(self, deadline: float) -> None:
        if self.is_closed_by_broker:
            raise SessionLost("closed")
        self.arrived.clear()

    def publish(self, topic: str, payload: bytes, response_topic: str, correlation: bytes) -> None:
        sent = SentPublish(topic, payload, response_topic, correlation)
        self.sent.append(sent)
        if self.is_losing_commands:
            raise SessionLost("cannot publish")
        for reply in self.replies(sent):
            self.arrive(response_topic, reply)

    def next_message(self, deadline: float) -> Message | None:
        while self.arrived:
            topic, message = self.arrived.popleft()
            if topic == self.topic:
                return message
        return None

    def close(self) -> None:
        self.is_closed = True

    def _acknowledge(self) -> None:
        if not self.is_acknowledging:
            raise SessionLost("no acknowledgement")

"""An MQTT session that follows a script: what each command is answered with, and when the connection fails."""

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
    """See iotcloud.adapters.mqtt_session.MqttSession. Nothing is waited for: what is not there never comes."""

    replies: Replies = lambda _sent: ()
    is_stale: bool = False
    is_closed_by_broker: bool = False
    is_acknowledging: bool = True
    is_losing_commands: bool = False
    listened: list[str] = field(default_factory=list)
    sent: list[SentPublish] = field(default_factory=list)
    pending: deque[Message] = field(default_factory=deque)
    has_stopped: bool = True
    is_closed: bool = False

    def listen(self, topic: str) -> None:
        self.discard_received()
        self.listened.append(topic)
        self.has_stopped = False

    def stop_listening(self) -> None:
        self.has_stopped = True

    def await_acknowledged(self, deadline: float) -> None:
        if not self.is_acknowledging:
            raise SessionLost("no acknowledgement")

    def discard_received(self) -> None:
        if self.is_closed_by_broker:
            raise SessionLost("closed")
        self.pending.clear()

    def publish(self, topic: str, payload: bytes, response_topic: str, correlation: bytes) -> None:
        sent = SentPublish(topic, payload, response_topic, correlation)
        self.sent.append(sent)
        if self.is_losing_commands:
            raise SessionLost("cannot publish")
        self.pending.extend(self.replies(sent))

    def next_message(self, deadline: float) -> Message | None:
        return self.pending.popleft() if self.pending else None

    def close(self) -> None:
        self.is_closed = True

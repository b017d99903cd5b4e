"""A broker that records published messages."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from iotcloud.errors import CommunicationFailed


@dataclass
class FakePublisher:
    """Replaces BrokerPublisher; `unreachable` holds the ids of devices for which publishing fails."""

    published: list[tuple[str, str, Mapping[str, object]]] = field(default_factory=list)
    unreachable: set[str] = field(default_factory=set)
    live: list[tuple[str, Mapping[str, object]]] = field(default_factory=list)
    is_live_down: bool = False

    def publish(self, deviceid: str, api: str, payload: Mapping[str, object]) -> None:
        if deviceid in self.unreachable:
            raise CommunicationFailed
        self.published.append((deviceid, api, payload))

    def publish_live(self, topic: str, payload: Mapping[str, object]) -> None:
        if self.is_live_down:
            raise CommunicationFailed
        self.live.append((topic, payload))

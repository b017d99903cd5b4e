"""A broker that records published messages."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from iotcloud.errors import CommunicationFailed


@dataclass
class FakePublisher:
    """Replaces BrokerPublisher; `unreachable` holds the ids of devices for which publishing fails."""

    published: list[tuple[str, str, Mapping[str, object]]] = field(default_factory=list)
    unreachable: set[str] = field(default_factory=set)

    def publish(self, deviceid: str, api: str, payload: Mapping[str, object]) -> None:
        if deviceid in self.unreachable:
            raise CommunicationFailed
        self.published.append((deviceid, api, payload))

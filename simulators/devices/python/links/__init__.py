"""How a device's messages travel: one interface, and an adapter for each MQTT client and version."""

from pathlib import Path
from typing import NamedTuple, Protocol

RECONNECT_SECONDS = 5
KEEP_ALIVE_SECONDS = 60
CLOSE_SECONDS = 2
"""A connection that has not ended by then is left to the operating system."""


class LinkError(Exception):
    """The link cannot be made or used; the text tells a person why."""


class Endpoint(NamedTuple):
    """Where a device connects, and as whom."""

    host: str
    port: int
    ca: Path
    certificate: Path
    key: Path
    deviceid: str


class LinkEvents(Protocol):
    """Who is told what happens on a link; always called in the asyncio loop that made the link."""

    def link_up(self) -> None: ...

    def link_down(self, reason: str) -> None:
        """Tell of a lost connection, and of an attempt that failed; the link goes on trying."""

    def message_arrived(self, topic: str, payload: bytes, correlation: bytes | None) -> None: ...

    def publish_acknowledged(self, topic: str, seconds: float) -> None:
        """Tell that the server has taken a message of QoS 1."""

    def publish_failed(self, topic: str, reason: str) -> None: ...


class Link(Protocol):
    """A connection that keeps itself up, with clean sessions, until it is closed."""

    def open(self) -> None:
        """Connect, and try again every RECONNECT_SECONDS without end."""

    async def close(self) -> None:
        """Disconnect; returns once it is done, or after CLOSE_SECONDS. The link may be opened again."""

    async def subscribe(self, topic_filter: str) -> None:
        """Subscribe with QoS 1; raise LinkError when refused."""

    def publish(self, topic: str, payload: bytes, qos: int, correlation: bytes | None = None) -> None:
        """Send a message if the link is up; one that cannot be sent is lost, and told by `publish_failed`."""

"""The link of a device: one interface, and an adapter for each MQTT client and version."""

from pathlib import Path
from typing import NamedTuple, Protocol

RECONNECT_SECONDS = 5
KEEP_ALIVE_SECONDS = 60
CLOSE_SECONDS = 2
"""Seconds to wait for the end of a connection; then the operating system closes it."""


class LinkError(Exception):
    """The link cannot be created or used; the message has the reason."""


class Endpoint(NamedTuple):
    """A device's server address and identity."""

    host: str
    port: int
    ca: Path
    certificate: Path
    key: Path
    deviceid: str


class LinkEvents(Protocol):
    """The listener of a link's events; always called in the asyncio loop that created the link."""

    def link_up(self) -> None: ...

    def link_down(self, reason: str) -> None:
        """Report a lost connection or a failed attempt; the link keeps retrying."""

    def message_arrived(self, topic: str, payload: bytes, correlation: bytes | None) -> None: ...

    def publish_acknowledged(self, topic: str, seconds: float) -> None:
        """Report that the server has acknowledged a message of QoS 1."""

    def publish_failed(self, topic: str, reason: str) -> None: ...


class Link(Protocol):
    """A connection that reconnects by itself, with clean sessions, until it is closed."""

    def open(self) -> None:
        """Connect, and retry every RECONNECT_SECONDS without limit."""

    async def close(self) -> None:
        """Disconnect; returns once it is done, or after CLOSE_SECONDS. The link may be opened again."""

    async def subscribe(self, topic_filter: str) -> None:
        """Subscribe with QoS 1; raise LinkError if the server rejects it."""

    def publish(self, topic: str, payload: bytes, qos: int, correlation: bytes | None = None) -> None:
        """Send a message if the link is connected; otherwise drop it and report it by `publish_failed`."""

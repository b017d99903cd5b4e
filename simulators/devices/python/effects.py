"""What a board asks of the world around it. The board decides, the device carries out."""

from dataclasses import dataclass

from simulators.devices.python.payloads import Payload


@dataclass(frozen=True)
class Subscribe:
    """Listen to all topics of the device."""


@dataclass(frozen=True)
class Publish:
    """Send a message that the board makes by itself on `server/{deviceid}/{api}`."""

    api: str
    payload: Payload


@dataclass(frozen=True)
class Reply(Publish):
    """Answer the request that was just received; it carries the request's correlation data."""


@dataclass(frozen=True)
class Restart:
    """Drop the connection and connect anew."""


@dataclass(frozen=True)
class Download:
    """Fetch a firmware file by HTTPS, and tell the board by `download_done` or `download_failed`."""

    location: str


@dataclass(frozen=True)
class Say:
    """Show a line to the person at the console."""

    text: str


Effect = Subscribe | Publish | Restart | Download | Say

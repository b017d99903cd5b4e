"""The effects that a board returns and the device executes."""

from dataclasses import dataclass

from simulators.devices.python.payloads import Payload


@dataclass(frozen=True)
class Subscribe:
    """Subscribe to all topics of the device."""


@dataclass(frozen=True)
class Publish:
    """Publish an event on `server/{deviceid}/{api}`."""

    api: str
    payload: Payload


@dataclass(frozen=True)
class Reply(Publish):
    """Reply to the request that was just received, with its correlation data."""


@dataclass(frozen=True)
class Restart:
    """Drop the connection and reconnect."""


@dataclass(frozen=True)
class Download:
    """Download a firmware file by HTTPS, then call `download_done` or `download_failed` of the board."""

    location: str


@dataclass(frozen=True)
class Say:
    """Print a line on the console."""

    text: str


Effect = Subscribe | Publish | Restart | Download | Say

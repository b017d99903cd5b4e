"""What the services of histories need from stores, adapters and other features."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from iotcloud.devices.model import RegisteredDevice
from iotcloud.histories.model import (
    Lane,
    Message,
    Stretch,
    Window,
)
from iotcloud.topics import Direction

if TYPE_CHECKING:
    from iotcloud.histories.personal_data import MessagesOfDevice


class HeardDevices(Protocol):
    """The part of the device registry that the historian needs."""

    def find_devices(self, deviceids: Iterable[str]) -> Mapping[str, RegisteredDevice]:
        """Return the registered devices, without those being deleted. One request per hundred."""
        ...

    def record_heartbeats(self, heartbeats: Mapping[str, datetime]) -> None:
        """Keep the later of each device's heartbeat and this one; a device that is gone stays gone."""
        ...


class MessageErasures(Protocol):
    """Queue of background jobs, retried until they succeed."""

    def request_messages(self, messages: MessagesOfDevice) -> None: ...


class MessageLog(Protocol):
    """The table of messages, for reading."""

    def read_device(self, deviceid: str, registration: str, lane: Lane, window: Window) -> Stretch:
        """Read one lane of one device."""
        ...

    def read_owner(self, owner: str, direction: Direction, window: Window) -> Stretch:
        """Read one direction of all devices of an owner, without their readings."""
        ...


class MessageWriter(Protocol):
    """The table of messages, for writing."""

    def put_messages(self, messages: Sequence[Message]) -> Collection[Message]:
        """Write messages. Idempotent. Return those that could not be written."""
        ...

"""What the round trip of a command needs, and the link itself as use cases see it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol

from iotcloud.commands.model import REPLY_SECONDS, CommandLease
from iotcloud.devices.model import Device


class CommandLeases(Protocol):
    """Keeps who has a command under way, for devices that return no correlation data."""

    def acquire(self, deviceid: str, api: str, holder: str, now: datetime, until: datetime) -> CommandLease | None:
        """Take the lease, and count a reply as outstanding from now on; None while another holder has it."""
        ...

    def release(self, lease: CommandLease, owed: tuple[datetime, ...]) -> None:
        """Give the lease back, with the replies that the next holder must expect, each until its instant."""
        ...

    def add_owed(self, deviceid: str, api: str, until: datetime) -> None:
        """Note a reply that may still come to a command which was sent without a lease."""
        ...


class DeviceLink(Protocol):
    """Sends a command to a device and waits for its reply."""

    def request(
        self, device: Device, api: str, payload: Mapping[str, object], timeout_seconds: float = REPLY_SECONDS
    ) -> Mapping[str, Any]:
        """Return the decoded reply to this command. A command that changes anything is sent at most once.

        Raise DeviceUnreachable after the timeout, CommunicationFailed when the broker or the reply is unusable.
        """
        ...


class PresenceProbe(Protocol):
    """Asks the broker itself."""

    def is_connected(self, deviceid: str) -> bool | None:
        """Whether the device is connected now; None when the broker does not know."""
        ...


class ProtocolRecords(Protocol):
    """Keeps what was learned of a device's MQTT."""

    def record_protocol(self, deviceid: str, is_mqtt5: bool) -> None: ...

"""What notices tell devices: the outcome, on the console of the one that asked, and messages to another (modem)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from iotcloud.errors import CommunicationFailed
from iotcloud.notices.delivery import DeliveryUncertain
from iotcloud.notices.ledger import Notice

STATUS = "status_notification"
MESSAGE = "recv_notification"


class Publisher(Protocol):
    """Sends a message to a device; raises CommunicationFailed."""

    def publish(self, deviceid: str, api: str, payload: Mapping[str, object]) -> None: ...


@dataclass(frozen=True)
class DeviceConsole:
    """The console of a device."""

    publisher: Publisher

    def tell_status(self, deviceid: str, status: str) -> None:
        """Show the outcome of a notice; raise CommunicationFailed."""
        self.publisher.publish(deviceid, STATUS, {"status": status})


@dataclass(frozen=True)
class ModemSender:
    """Notices to another device of the same owner. The broker gives no id, and the device no receipt."""

    publisher: Publisher

    def send(self, notice: Notice) -> str:
        message = {"recipient": notice.target, "message": notice.text, "sender": notice.deviceid}
        try:
            self.publisher.publish(notice.target, MESSAGE, message)
        except CommunicationFailed:
            raise DeliveryUncertain("the broker did not confirm") from None
        return ""

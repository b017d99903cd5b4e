"""Messages to devices about notices: the outcome for the triggering device, and notices to another device (modem)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from iotcloud.devices.model import RegisteredDevice
from iotcloud.errors import CommunicationFailed
from iotcloud.notices.delivery import DeliveryDeferred, DeliveryRefused, DeliveryUncertain
from iotcloud.notices.ledger import MAX_ATTEMPTS, Notice

STATUS = "status_notification"
MESSAGE = "recv_notification"


class Publisher(Protocol):
    """Sends a message to a device; raises CommunicationFailed."""

    def publish(self, deviceid: str, api: str, payload: Mapping[str, object]) -> None: ...


class Devices(Protocol):
    """The device registry, with presence."""

    def find_devices(self, deviceids: Iterable[str]) -> Mapping[str, RegisteredDevice]:
        """Return the registered devices, without those being deleted."""
        ...


@dataclass(frozen=True)
class DeviceConsole:
    """The console of a device."""

    publisher: Publisher

    def tell_status(self, deviceid: str, status: str) -> None:
        """Show the outcome of a notice; raise CommunicationFailed."""
        self.publisher.publish(deviceid, STATUS, {"status": status})


@dataclass(frozen=True)
class ModemSender:
    """Notices to another device of the same owner. The broker gives no id, and the device no receipt.

    A notice to an offline device is retried as long as one to a busy provider, and then fails.
    """

    publisher: Publisher
    devices: Devices

    def send(self, notice: Notice) -> str:
        device = self.devices.find_devices([notice.target]).get(notice.target)
        if device is None:
            raise DeliveryRefused("device is not registered")
        if device.is_online is False:
            # The broker would discard the message. A device without a known disconnection may be online.
            raise (DeliveryDeferred if len(notice.attempts) < MAX_ATTEMPTS else DeliveryRefused)("device is offline")
        message = {"recipient": notice.target, "message": notice.text, "sender": notice.deviceid}
        try:
            self.publisher.publish(notice.target, MESSAGE, message)
        except CommunicationFailed:
            raise DeliveryUncertain("the broker did not confirm") from None
        return ""

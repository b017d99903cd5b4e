"""Notices of the platform itself to owners, sent by e-mail and entered in the ledger like any other."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from iotcloud.clock import Clock
from iotcloud.devices.model import Certificate, RegisteredDevice
from iotcloud.notices.ledger import Notice, State
from iotcloud.notices.model import Channel, Contact

EXPIRY_SOURCE = "CERTIFICATE"
EXPIRY_TEXT = (
    "The certificate of your device {devicename} ({deviceid}) ends on {end:%Y-%m-%d}, in {days} day(s) at most. "
    "Renew it before, or the device can no longer connect."
)
NO_ADDRESS = "account has no e-mail address"


class Names(Protocol):
    """Owners' names for their devices."""

    def find_owners_name(self, device: RegisteredDevice) -> str: ...


class Contacts(Protocol):
    """How accounts are reached."""

    def find_contact(self, username: str) -> Contact: ...


class Ledger(Protocol):
    """Enters notices once."""

    def enter(self, notice: Notice) -> Notice | None:
        """Keep a new notice; return the one that is there already."""
        ...


class Outbox(Protocol):
    """Queues notices for delivery."""

    def post(self, notices: Sequence[Notice]) -> None: ...


@dataclass(frozen=True)
class Announcements:
    """Notifies owners of the expiry of their devices' certificates."""

    names: Names
    contacts: Contacts
    ledger: Ledger
    outbox: Outbox
    clock: Clock

    def announce_expiry(self, device: RegisteredDevice, certificate: Certificate, days: int) -> None:
        """Send one notice per certificate and number of days. Idempotent."""
        address = self.contacts.find_contact(device.owner).email
        devicename = self.names.find_owners_name(device)
        text = EXPIRY_TEXT.format(
            devicename=devicename, deviceid=device.deviceid, end=certificate.expires_at, days=days
        )
        notice = Notice(
            notice_id=f"certificate-{certificate.certificate_id}-{days}",
            owner=device.owner,
            deviceid=device.deviceid,
            at=self.clock(),
            channel=Channel.EMAIL,
            recipient=address,
            target=address,
            text=text if address else "",
            message_length=len(text),
            source=EXPIRY_SOURCE,
            registration=device.registration,
            state=State.QUEUED if address else State.REFUSED,
            reason="" if address else NO_ADDRESS,
        )
        entered = self.ledger.enter(notice) or notice
        if entered.state is State.QUEUED:
            self.outbox.post([entered])

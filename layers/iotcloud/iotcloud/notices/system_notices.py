"""Notices of the platform itself to owners, sent by e-mail and entered in the ledger like any other."""

from dataclasses import dataclass

from iotcloud.clock import Clock
from iotcloud.devices.model import Certificate, RegisteredDevice
from iotcloud.notices.interfaces import NoticeLedger, NoticeOutbox, OwnerNames
from iotcloud.notices.ledger import Notice, State
from iotcloud.notification_blocks.model import Channel
from iotcloud.users.interfaces import Contacts

EXPIRY_SOURCE = "CERTIFICATE"
EXPIRY_TEXT = (
    "The certificate of your device {devicename} ({deviceid}) ends on {end:%Y-%m-%d}, in {days} day(s) at most. "
    "Renew it before, or the device can no longer connect."
)
NO_ADDRESS = "account has no e-mail address"


@dataclass(frozen=True)
class Announcements:
    """Notifies owners of the expiry of their devices' certificates."""

    names: OwnerNames
    contacts: Contacts
    ledger: NoticeLedger
    outbox: NoticeOutbox
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

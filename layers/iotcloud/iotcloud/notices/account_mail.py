"""Mails of the platform itself to owners and to its operator: through the ledger and the courier, as any notice.

They belong to no device, cost no credit and count against no limit.
"""

from dataclasses import dataclass

from iotcloud.clock import Clock
from iotcloud.notices.interfaces import NoticeLedger, NoticeOutbox
from iotcloud.notices.ledger import ACCOUNT, Notice, State
from iotcloud.notices.system_notices import NO_ADDRESS
from iotcloud.notification_blocks.model import Channel


@dataclass(frozen=True)
class AccountMail:
    """Queue mails."""

    ledger: NoticeLedger
    outbox: NoticeOutbox
    clock: Clock

    def send(self, mail_id: str, owner: str, address: str, source: str, text: str) -> None:
        """Queue a mail once for each id, however often it is asked to; one without an address is entered as refused.

        `source` chooses the subject (adapters.mail), and is what the ledger shows as the port.
        """
        notice = Notice(
            notice_id=mail_id,
            owner=owner,
            deviceid=ACCOUNT,
            at=self.clock(),
            channel=Channel.EMAIL,
            recipient=address,
            target=address,
            text=text if address else "",
            message_length=len(text),
            source=source,
            state=State.QUEUED if address else State.REFUSED,
            reason="" if address else NO_ADDRESS,
        )
        entered = self.ledger.enter(notice) or notice
        if entered.state is State.QUEUED:
            self.outbox.post([entered])

"""Notice delivery: sends one queued notice to its provider and records the outcome. It sends again only after an
attempt that is known to have failed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4

from iotcloud.notices.interfaces import DeliveryLedger, DeviceConsole, LiveNotices, Sender
from iotcloud.notices.ledger import ACCOUNT, Notice, State, backoff
from iotcloud.notification_blocks.model import Channel


class DeliveryRefused(Exception):
    """The provider will never take this notice; the text is its reason."""


class DeliveryDeferred(Exception):
    """The provider refused the notice for now. A retry cannot send it twice. The text is the provider's reason."""


class DeliveryUncertain(Exception):
    """The connection ended before the provider answered: it may have taken the notice. The text is the reason."""


@dataclass(frozen=True)
class Delivered:
    """The outcome of an attempt. `retry_after` is set when another attempt is due."""

    notice: Notice | None
    retry_after: timedelta | None = None


@dataclass(frozen=True)
class Courier:
    """Takes notices to their providers."""

    ledger: DeliveryLedger
    senders: Mapping[Channel, Sender]
    console: DeviceConsole
    live: LiveNotices | None = None

    def deliver(self, deviceid: str, notice_id: str, now: datetime, *, is_redriven: bool = False) -> Delivered:
        """Make an attempt, unless the notice is final or another worker holds it.

        A redriven notice that failed only temporarily gets one more attempt.

        The attempt is recorded by a conditional write before the provider is called. So one of two workers continues,
        and an attempt survives the death of its worker.
        """
        notice = self.ledger.find(deviceid, notice_id)
        if notice is None or (notice.is_final and not (is_redriven and notice.is_exhausted)):
            return Delivered(notice)
        if notice.state is State.SENDING:
            return self._take_over(notice, now)
        worker = uuid4().hex
        begun = self.ledger.replace(notice, notice.begin(now, worker))
        if not begun.is_begun_by(worker):
            return Delivered(begun, retry_after=backoff(1))
        return self._close(begun, self._attempt(begun))

    def _take_over(self, notice: Notice, now: datetime) -> Delivered:
        if now < notice.abandoned_at:
            # An earlier retry cannot succeed, and each receive brings the record closer to the dead-letter queue.
            return Delivered(notice, retry_after=notice.abandoned_at - now)
        return self._close(notice, notice.unconfirmed("the sender stopped before the answer was written down"))

    def _attempt(self, notice: Notice) -> Notice:
        try:
            return notice.accepted(self.senders[notice.channel].send(notice))
        except DeliveryRefused as refused:
            return notice.failed(str(refused))
        except DeliveryDeferred as deferred:
            return notice.deferred(str(deferred))
        except DeliveryUncertain as uncertain:
            return notice.unconfirmed(f"nobody knows whether it was sent: {uncertain}")

    def _close(self, begun: Notice, ended: Notice) -> Delivered:
        written = self.ledger.replace(begun, ended)
        if not written.is_final:
            return Delivered(written, retry_after=backoff(len(written.attempts)))
        if written.deviceid != ACCOUNT:
            self.console.tell_status(written.deviceid, _status(written))
            if self.live is not None:
                self.live.tell_notice(written.deviceid, written.registration, written.notice_id, written.state.value)
        return Delivered(written)


def _status(notice: Notice) -> str:
    """The text reported to the device about its notice (device protocol, 7.3)."""
    if not notice.is_success:
        return f"NG. {notice.reason}."
    shown = "mobile phone/s" if notice.channel is Channel.NOTIFICATION else notice.recipient or notice.channel.value
    return f"OK. message sent to {shown}."

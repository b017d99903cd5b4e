"""The notice ledger: the state of each notice and its transitions. No I/O.

    queued ──> sending ──> sent ──> delivered
      │           │  └───> failed        └──> failed (a provider's later receipt)
      │           └──────> unconfirmed (the sender died between asking the provider and writing down the answer)
      └──> refused, suppressed (never sent, with the reason)

Delivery is at most once per attempt that is known to have failed. An attempt with an unknown outcome is not repeated:
an unconfirmed notice is better than a duplicate.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Self

from iotcloud.notification_blocks.model import Channel

ACCOUNT = "@account"
"""What stands for the device in mails of the platform itself; no device can have it as its id."""
BOUGHT = "bought"
FREE = "free:"
RETURNED = "returned"
"""What a notice cost: a bought credit, a free message (`free:2026-11`), or what it was given back. Empty: nothing."""
MAX_ATTEMPTS = 5
ATTEMPT_TIME = timedelta(seconds=60)
"""An attempt that is older than this has no worker any more; the functions' time limit is below it."""


class State(StrEnum):
    """Where a notice stands; the last four are final, as is `sent` on channels without receipts."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    DELIVERED = "delivered"
    FAILED = "failed"
    UNCONFIRMED = "unconfirmed"
    REFUSED = "refused"
    """The notice cannot be sent: no recipient, no text, or not allowed."""
    SUPPRESSED = "suppressed"
    """A limit of the owner or of the platform held it back."""


FINAL = frozenset({State.SENT, State.DELIVERED, State.FAILED, State.UNCONFIRMED, State.REFUSED, State.SUPPRESSED})
SUCCESS = frozenset({State.SENT, State.DELIVERED})


@dataclass(frozen=True)
class Attempt:
    """One try to hand a notice to a provider."""

    at: datetime
    outcome: str = ""
    """`accepted`, or the provider's reason; empty while it is under way."""
    provider_id: str = ""
    worker: str = ""
    """Random id, drawn by the worker, to distinguish two attempts of the same instant."""


@dataclass(frozen=True)
class Notice:
    """One message to one recipient, and all that happened to it."""

    notice_id: str
    owner: str
    deviceid: str
    at: datetime
    """When the trigger happened."""
    channel: Channel
    recipient: str
    """As shown: phone number, e-mail address, device name, `Android` or `iOS`; empty for storage."""
    target: str
    """The address given to the provider: as `recipient`, but the token of a push endpoint and the id of a device."""
    text: str
    """The text as sent. It is cleared once the notice is final; a notice that no provider accepted keeps it for a
    redrive."""
    message_length: int
    source: str
    """Upper case: `UART`, `GPIO1`, `I2C2`."""
    sensorname: str | None = None
    condition: str | None = None
    registration: str = ""
    """The device's registration at that time. A later registration of the same id does not see this notice."""
    state: State = State.QUEUED
    reason: str = ""
    attempts: tuple[Attempt, ...] = ()
    charge: str = ""

    @property
    def is_final(self) -> bool:
        return self.state in FINAL

    @property
    def is_exhausted(self) -> bool:
        """Whether all failures were temporary: no provider accepted it, and its text is kept for a redrive."""
        return self.state is State.FAILED and self.text != ""

    @property
    def is_success(self) -> bool:
        return self.state in SUCCESS

    @property
    def reference(self) -> str:
        """The client reference given to providers, which they return with the receipt."""
        return f"{self.deviceid}/{self.notice_id}"

    @property
    def provider_id(self) -> str:
        """The provider's id of the attempt that it accepted."""
        return next((attempt.provider_id for attempt in reversed(self.attempts) if attempt.provider_id), "")

    def suppressed(self, reason: str) -> Self:
        """A limit holds it back."""
        return replace(self, state=State.SUPPRESSED, text="", reason=reason)

    def begin(self, now: datetime, worker: str = "") -> Self:
        """Start an attempt."""
        return replace(self, state=State.SENDING, attempts=(*self.attempts, Attempt(now, worker=worker)))

    def is_begun_by(self, worker: str) -> bool:
        """Whether the attempt under way is this worker's."""
        return self.state is State.SENDING and self.attempts[-1].worker == worker

    def accepted(self, provider_id: str) -> Self:
        """The provider took it."""
        return replace(self, state=State.SENT, text="", attempts=self._closed("accepted", provider_id), reason="")

    def deferred(self, reason: str) -> Self:
        """The provider did not take it now; after the last attempt that is final, unless a person redrives it."""
        if len(self.attempts) >= MAX_ATTEMPTS:
            return replace(self.failed(reason), text=self.text)
        return replace(self, state=State.QUEUED, attempts=self._closed(reason), reason=reason)

    def failed(self, reason: str) -> Self:
        """The provider will never take it."""
        return replace(self, state=State.FAILED, text="", attempts=self._closed(reason), reason=reason)

    def unconfirmed(self, reason: str) -> Self:
        """The current attempt has no recorded outcome: it is unknown whether the notice was sent."""
        return replace(
            self,
            state=State.UNCONFIRMED,
            text="",
            attempts=self._closed("outcome unknown"),
            reason=reason,
        )

    def receipt(self, *, is_delivered: bool, reason: str = "", provider_id: str = "") -> Self:
        """Apply the provider's receipt. Receipts may be late or duplicated; a final state does not change.

        A receipt may arrive before the acceptance was recorded, or without such a record.
        """
        if self.state not in (State.SENT, State.SENDING, State.UNCONFIRMED):
            return self
        attempts = self.attempts if self.state is State.SENT else self._closed("accepted", provider_id)
        state = State.DELIVERED if is_delivered else State.FAILED
        return replace(self, state=state, text="", attempts=attempts, reason=reason)

    @property
    def abandoned_at(self) -> datetime:
        """From when on no worker can be at the attempt under way any more."""
        return self.attempts[-1].at + ATTEMPT_TIME

    def _closed(self, outcome: str, provider_id: str = "") -> tuple[Attempt, ...]:
        if not self.attempts:
            return ()
        return (*self.attempts[:-1], replace(self.attempts[-1], outcome=outcome, provider_id=provider_id))


@dataclass(frozen=True)
class NoticeFilter:
    """Filter of a query of notices; None matches all. Times are inclusive."""

    devicename: str | None = None
    channel: Channel | None = None
    source: str | None = None
    begin: datetime | None = None
    end: datetime | None = None


def backoff(attempts: int) -> timedelta:
    """How long to wait after this many failed attempts: 5, 20, 80, 320 s."""
    return timedelta(seconds=5 * 4 ** max(0, attempts - 1))

"""Recipients that confirm once: whether somebody who is not the account's owner may be written to. Rules and use cases.

An owner can enter any address. Where the operator wants it (parameter ConfirmationUrl), the first notice to an address
that is not the owner's own verified one is suppressed, and the recipient gets a link instead. Once it was followed,
notices go out.
"""

import hashlib
import hmac
import json
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from iotcloud.clock import Clock
from iotcloud.errors import NotFound
from iotcloud.notices.interfaces import Confirmations, Counters, Ledger, Outbox
from iotcloud.notices.ledger import Notice, State
from iotcloud.notices.limits import MONTHLY_LIMIT, RECIPIENT_LIMIT, Policy, Rate, counters, rate_counter
from iotcloud.notification_blocks.model import Channel
from iotcloud.users.model import Contact

LINK_LASTS = timedelta(days=7)
MAX_ASKS = 3
"""How often an account may ask a recipient; each time for as long as the link lasts."""
ASKS_OF_A_RECIPIENT = Rate(3, timedelta(days=1))
"""How often a recipient is asked by all accounts together."""
SOURCE = "CONFIRMATION"
UNCONFIRMED = "recipient has not confirmed yet"
PATH = "/others/recipients/confirmation"
PURPOSE = b"confirm recipient"
"""Stands in every signature, so that what is signed for one purpose is good for no other."""
SIGNATURE_OCTETS = 16
MAX_TOKEN = 400
ASK = (
    "{asker} wants to send you notices of their devices. Open this link and confirm, within {days} days, "
    "or ignore this message: {url}"
)
SOMEBODY = "Somebody"


class LinkInvalid(NotFound):
    """A link was changed, has expired, or another one was sent since."""

    message = "Link is unknown or has expired"


@dataclass(frozen=True)
class Confirmation:
    """Whether a recipient confirmed that an account may write to it."""

    owner: str
    channel: Channel
    address: str
    asker: str
    """The owner as the recipient was told: a verified e-mail address, or nobody's name."""
    asked_at: datetime
    asked_by: str
    """The trigger whose notice made the platform ask."""
    key: str
    """Signs the link; each link has another one. In hexadecimal digits."""
    asks: int = 1
    confirmed_at: datetime | None = None

    @property
    def expires_at(self) -> datetime:
        return self.asked_at + LINK_LASTS

    def may_be_asked_again(self, now: datetime) -> bool:
        """Whether the last link is over, and there may be another."""
        return self.confirmed_at is None and self.asks < MAX_ASKS and now >= self.expires_at


def recipient_id(channel: Channel, address: str) -> str:
    """Under which id an account keeps a recipient."""
    return hashlib.sha256(f"{channel.value}#{address}".encode()).hexdigest()[:32]


def make_token(confirmation: Confirmation) -> str:
    """Make what stands in the link: account, recipient and end, signed."""
    recipient = recipient_id(confirmation.channel, confirmation.address)
    signed = json.dumps(
        [confirmation.owner, recipient, int(confirmation.expires_at.timestamp())], separators=(",", ":")
    ).encode()
    return urlsafe_b64encode(_signature(confirmation.key, signed) + signed).decode().rstrip("=")


def read_token(token: str) -> tuple[str, str, datetime, bytes]:
    """Return account, recipient and end that a token names, and the signed octets; raise LinkInvalid for no token."""
    try:
        octets = urlsafe_b64decode(token[:MAX_TOKEN].encode("ascii") + b"=" * (-len(token) % 4))
        owner, recipient, ends_at = json.loads(octets[SIGNATURE_OCTETS:])
        f"{owner}{recipient}".encode()
        end = datetime.fromtimestamp(ends_at, UTC)
    except (ValueError, TypeError, OverflowError, OSError, RecursionError):
        raise LinkInvalid from None
    if not (isinstance(owner, str) and owner and isinstance(recipient, str)):
        raise LinkInvalid
    return owner, recipient, end, octets


def _signature(key: str, signed: bytes) -> bytes:
    return hmac.digest(bytes.fromhex(key), PURPOSE + b"\x00" + signed, "sha256")[:SIGNATURE_OCTETS]


@dataclass(frozen=True)
class ConfirmationService:
    """Asks recipients, and takes their confirmations. Without a URL it lets every recipient pass."""

    confirmations: Confirmations
    counters: Counters
    ledger: Ledger
    outbox: Outbox
    clock: Clock
    url: str = ""
    """Where recipients reach the API; empty: they need not confirm."""
    make_key: Callable[[], str] = lambda: secrets.token_hex(16)

    def objection(self, notice: Notice, trigger_id: str, owner: Contact, policy: Policy, now: datetime) -> str:
        """Return why the recipient of a notice cannot be written to yet, or an empty text.

        The first time, and again when a link has expired, the recipient is asked. A trigger that comes again after a
        failure sends what was not sent.
        """
        if not self.url or notice.channel not in (Channel.MOBILE, Channel.EMAIL):
            return ""
        known = self.confirmations.find(notice.owner, recipient_id(notice.channel, notice.target))
        if known is not None and known.confirmed_at is not None:
            return ""
        if known is None or known.may_be_asked_again(now):
            if reason := self._limit(notice, policy, now):
                return reason
            asked = self._ask(known, notice, trigger_id, owner, now)
            if not self.confirmations.replace(known, asked):
                return UNCONFIRMED
            known = asked
        if known.asked_by == trigger_id:
            self._send(known, notice)
        return UNCONFIRMED

    def find_asker(self, token: str) -> Confirmation:
        """Return what a link is about; raise LinkInvalid."""
        return self._verify(token)

    def confirm(self, token: str) -> Confirmation:
        """Keep that the recipient confirmed. Idempotent. Raise LinkInvalid."""
        known = self._verify(token)
        if known.confirmed_at is not None:
            return known
        confirmed = replace(known, confirmed_at=self.clock())
        if not self.confirmations.replace(known, confirmed):
            return self._verify(token)
        return confirmed

    def _verify(self, token: str) -> Confirmation:
        owner, recipient, ends_at, octets = read_token(token)
        known = self.confirmations.find(owner, recipient)
        if known is None:
            raise LinkInvalid
        expected = _signature(known.key, octets[SIGNATURE_OCTETS:])
        if not hmac.compare_digest(octets[:SIGNATURE_OCTETS], expected) or self.clock() >= ends_at:
            raise LinkInvalid
        return known

    def _limit(self, notice: Notice, policy: Policy, now: datetime) -> str:
        """What asking counts against: the rates of a notice, and how often a recipient may be asked by anybody.

        It is none of the month's messages, as the platform asks and not the account.
        """
        scope = f"confirmation#{notice.channel.value}#{notice.target}"
        counted = counters(policy, notice.owner, notice.deviceid, notice.channel, notice.target, now)
        rates = [one for one in counted if one.reason != MONTHLY_LIMIT]
        return self.counters.count([rate_counter(scope, ASKS_OF_A_RECIPIENT, RECIPIENT_LIMIT, now), *rates])

    def _ask(
        self, known: Confirmation | None, notice: Notice, trigger_id: str, owner: Contact, now: datetime
    ) -> Confirmation:
        return Confirmation(
            owner=notice.owner,
            channel=notice.channel,
            address=notice.target,
            asker=owner.email if owner.is_email_verified and owner.email else SOMEBODY,
            asked_at=now,
            asked_by=trigger_id,
            key=self.make_key(),
            asks=1 if known is None else known.asks + 1,
        )

    def _send(self, asked: Confirmation, notice: Notice) -> None:
        """Enter the message with the link in the ledger, where its owner sees it, and queue it."""
        link = f"{self.url}{PATH}?token={make_token(asked)}"
        text = ASK.format(asker=asked.asker, days=LINK_LASTS.days, url=link)
        identity = "\x00".join((SOURCE, asked.owner, asked.channel.value, asked.address, str(asked.asks)))
        request = Notice(
            notice_id=hashlib.sha256(identity.encode()).hexdigest()[:32],
            owner=notice.owner,
            deviceid=notice.deviceid,
            at=asked.asked_at,
            channel=notice.channel,
            recipient=notice.recipient,
            target=notice.target,
            text=text,
            message_length=len(text),
            source=SOURCE,
            registration=notice.registration,
            state=State.QUEUED,
            reason="",
        )
        entered = self.ledger.enter(request) or request
        if entered.state is State.QUEUED:
            self.outbox.post([entered])

"""Notices as they cross the wire: the ledger (contract 7), an account's limits."""

from datetime import UTC, datetime, time, timedelta
from typing import Annotated, Any, Literal, Self
from zoneinfo import available_timezones

from pydantic import AfterValidator, ConfigDict, Field, StrictInt, StringConstraints

from iotcloud.errors import InvalidInput, Problem
from iotcloud.notices.confirmations import MAX_TOKEN
from iotcloud.notices.ledger import Attempt, NoticeFilter
from iotcloud.notices.limits import AccountLimits, QuietHours
from iotcloud.notices.policies import Allowance
from iotcloud.notices.service import LedgerEntry
from iotcloud.notification_blocks.addresses import is_email, normal_address
from iotcloud.notification_blocks.model import Channel
from iotcloud.pagination import MAX_LIMIT, Page
from iotcloud.schema import Answer, Body, Shape
from iotcloud.telephone import checked_number

MAX_EXTRA_RECIPIENTS = 50
LAST_SECOND = 9_999_999_999
"""The largest instant of ten digits of seconds (year 2286)."""
_REST_OF_SECOND = timedelta(milliseconds=999)


ChannelName = Literal["Mobile", "Email", "Notification", "Modem", "Storage"]


class AskNotices(Body):
    """Which notices to list; a member that is absent, empty or 0 asks for all."""

    devicename: str | None = Field(default=None, examples=["Barn unit"], description="Of this device alone.")
    type: ChannelName | Literal[""] | None = Field(default=None, description="The channel", examples=["Email"])
    source: str | None = Field(default=None, description="The port, in upper case", examples=["ADC1"])
    datebegin: StrictInt | None = Field(default=None, ge=0, le=LAST_SECOND, description="Epoch seconds, inclusive")
    dateend: StrictInt | None = Field(
        default=None, ge=0, le=LAST_SECOND, description="Epoch seconds, inclusive; only together with `datebegin`"
    )
    limit: StrictInt = Field(default=MAX_LIMIT, ge=1, le=MAX_LIMIT, description="How many at most")
    cursor: str | None = Field(default=None, description="Where to go on, from the answer before")

    def to_filter(self) -> NoticeFilter:
        """Return what is asked for."""
        has_end = bool(self.datebegin and self.dateend)
        return NoticeFilter(
            devicename=self.devicename or None,
            channel=Channel(self.type.lower()) if self.type else None,
            source=self.source or None,
            begin=_instant(self.datebegin) if self.datebegin else None,
            end=_instant(self.dateend) + _REST_OF_SECOND if self.dateend and has_end else None,
        )


class Menos(Shape):
    """One notice to one recipient."""

    devicename: str = Field(examples=["Barn unit"], description="The caller's own name for the device.")
    deviceid: str = Field(examples=["PH80XXRR03042017"], description="The device's id.")
    timestamp: int = Field(description="When it was triggered, in epoch seconds", examples=[1583200000])
    recipient: str = Field(description="`Android` or `iOS` for push, empty for storage", examples=["user@example.com"])
    messagelen: int = Field(description="Characters of the message, which is not kept", examples=[21])
    type: ChannelName = Field(description="The channel.")
    source: str = Field(examples=["ADC1"], description="The port, in upper case.")
    sensorname: str | None = Field(
        default=None, examples=["Battery sensor 1"], description="The sensor's name; absent for UART and GPIO."
    )
    condition: str | None = Field(
        default=None,
        examples=["battery 3.1 > 3.0 (activation)"],
        description="What caused it; absent for UART and GPIO.",
    )
    result: bool = Field(description="Whether the provider took it, and nothing worse was heard since")
    id: str = Field(description="Asks for this notice alone", examples=["0f3a9c"])
    state: str = Field(
        description="queued, sending, sent, delivered, failed, unconfirmed, refused or suppressed", examples=["sent"]
    )
    reason: str | None = Field(default=None, description="Why it was not sent, or not yet", examples=["quiet hours"])

    @classmethod
    def of(cls, entry: LedgerEntry) -> Self:
        """Show a notice of the ledger."""
        return cls(**_menos(entry))


class NoticeAttempt(Shape):
    """One try to hand a notice to its provider."""

    timestamp: int = Field(description="When it began, in epoch seconds", examples=[1583200000])
    outcome: str = Field(description="`accepted`, or why not; empty while it is under way", examples=["accepted"])
    providerid: str | None = Field(default=None, description="The provider's id of the message", examples=["SM0f3a"])

    @classmethod
    def of(cls, attempt: Attempt) -> Self:
        """Show an attempt."""
        return cls(
            timestamp=int(attempt.at.timestamp()), outcome=attempt.outcome, providerid=attempt.provider_id or None
        )


class NoticeDetail(Menos):
    """One notice and all tries to send it."""

    attempts: list[NoticeAttempt] = Field(description="Every try to send it, oldest first.")

    @classmethod
    def of(cls, entry: LedgerEntry) -> Self:
        """Show a notice of the ledger with its attempts."""
        return cls(attempts=[NoticeAttempt.of(one) for one in entry.notice.attempts], **_menos(entry))


class NoticesAnswer(Answer):
    """Notices, newest first."""

    transactions: list[Menos] = Field(description="Newest first.")
    cursor: str | None = Field(
        default=None, description="Leads to the notices before these; absent when there are none"
    )

    @classmethod
    def of(cls, page: Page[LedgerEntry]) -> Self:
        """Show a page."""
        return cls(transactions=[Menos.of(entry) for entry in page.items], cursor=page.cursor)


class NoticeAnswer(Answer):
    """One notice."""

    notice: NoticeDetail = Field(description="The notice.")


class NoticeLinkAnswer(Answer):
    """Where a stored notice can be fetched."""

    url: str = Field(description="Works for five minutes, without a token", examples=["https://bucket/notices/a.json"])


def _known_timezone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError("unknown time zone")
    return name


def _kept_address(text: str) -> str:
    if "@" in text:
        address = normal_address(Channel.EMAIL, text)
        if not is_email(address):
            raise ValueError("not an e-mail address, as user@example.com")
        return address
    try:
        return checked_number(text)
    except InvalidInput as refused:
        raise ValueError(refused.message) from None


Clock = Annotated[str, StringConstraints(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]
Address = Annotated[str, StringConstraints(min_length=1, max_length=254), AfterValidator(_kept_address)]
"""A telephone number or an e-mail address, in its one form."""
HourlyLimit = Annotated[StrictInt, Field(ge=0, le=1_000_000)]


class QuietSchema(Shape):
    """A time of the day in which nothing goes to people; it may span midnight."""

    begin: Clock = Field(description="First minute", examples=["22:00"])
    end: Clock = Field(description="First minute after", examples=["07:00"])
    timezone: Annotated[str, StringConstraints(max_length=64), AfterValidator(_known_timezone)] = Field(
        default="UTC", description="Name in the IANA data base", examples=["Europe/Berlin"]
    )

    def to_model(self) -> QuietHours:
        """The quiet hours that are kept; raise InvalidInput when they begin and end at the same minute.

        That could mean no quiet hours or a whole day of them, and a day without alarms must not be a slip.
        """
        if self.begin == self.end:
            raise InvalidInput(
                detail=[Problem("quiet", "begin and end are the same; leave quiet out for no quiet hours")]
            )
        return QuietHours(time.fromisoformat(self.begin), time.fromisoformat(self.end), self.timezone)

    @classmethod
    def of(cls, quiet: QuietHours) -> Self:
        """Show quiet hours."""
        return cls(begin=f"{quiet.begin:%H:%M}", end=f"{quiet.end:%H:%M}", timezone=quiet.timezone)


class HourlySchema(Shape):
    """Notices in an hour; an absent one stays at the platform's limit."""

    account: HourlyLimit | None = Field(default=None, description="Of the account", examples=[100])
    device: HourlyLimit | None = Field(default=None, description="Of each device", examples=[20])
    recipient: HourlyLimit | None = Field(default=None, description="To each recipient", examples=[10])


class MonthlySchema(Shape):
    """Text messages, mails and pushes of the month (UTC)."""

    allowance: int = Field(examples=[1000], description="How many there may be.")
    used: int = Field(examples=[12], description="How many there were.")
    bought: int = Field(description="Bought credits left, used after the allowance", examples=[0])


class SetNoticeLimits(Body):
    """The limits of the caller's account. An absent limit returns to the platform's."""

    quiet: QuietSchema | None = Field(default=None, description="Absent: no quiet hours")
    recipients: list[Address] = Field(
        default_factory=list,
        max_length=MAX_EXTRA_RECIPIENTS,
        description="Phone numbers and e-mail addresses that devices may name besides the owner's own",
        examples=[["+6511111111"]],
    )
    hourly: HourlySchema = Field(default_factory=HourlySchema, description="Limits below the platform's.")

    def to_model(self) -> AccountLimits:
        """The limits that are kept."""
        return AccountLimits(
            quiet=None if self.quiet is None else self.quiet.to_model(),
            extra_recipients=frozenset(self.recipients),
            per_owner=self.hourly.account,
            per_device=self.hourly.device,
            per_recipient=self.hourly.recipient,
        )


class NoticeLimits(Shape):
    """The limits in force."""

    quiet: QuietSchema | None = Field(default=None, description="Absent: no quiet hours.")
    recipients: list[str] = Field(examples=[["+6511111111"]], description="Further addresses that devices may name.")
    hourly: HourlySchema = Field(description="Notices in an hour.")
    monthly: MonthlySchema = Field(description="What is used of the month's.")


class NoticeLimitsAnswer(Answer):
    """The limits of the caller's account."""

    limits: NoticeLimits = Field(description="What is in force.")

    @classmethod
    def of(cls, allowance: Allowance, bought: int) -> Self:
        """Show the limits in force."""
        policy = allowance.policy
        return cls(
            limits=NoticeLimits(
                quiet=None if policy.quiet is None else QuietSchema.of(policy.quiet),
                recipients=sorted(policy.extra_recipients),
                hourly=HourlySchema(
                    account=policy.per_owner.limit,
                    device=policy.per_device.limit,
                    recipient=policy.per_recipient.limit,
                ),
                monthly=MonthlySchema(allowance=policy.per_month, used=allowance.used_this_month, bought=bought),
            )
        )


class CarrierReport(Body):
    """A carrier's status of a text message. Its signature covers every member, known or not."""

    model_config = ConfigDict(extra="allow")

    @property
    def members(self) -> dict[str, str]:
        """All members, as texts."""
        return {
            name: value if isinstance(value, str) else str(value) for name, value in (self.model_extra or {}).items()
        }


class ConfirmRecipient(Body):
    """What the button of the page posts."""

    token: str = Field(
        min_length=1,
        max_length=MAX_TOKEN,
        description="The token of the link",
        examples=["3q2-7wAAAAAAAAAAAAAAAFsiLi4uIl0"],
    )


def _menos(entry: LedgerEntry) -> dict[str, Any]:
    notice = entry.notice
    return {
        "devicename": entry.devicename,
        "deviceid": notice.deviceid,
        "timestamp": int(notice.at.timestamp()),
        "recipient": notice.recipient,
        "messagelen": notice.message_length,
        "type": notice.channel.value.title(),
        "source": notice.source,
        "sensorname": notice.sensorname,
        "condition": notice.condition,
        "result": notice.is_success,
        "id": notice.notice_id,
        "state": notice.state.value,
        "reason": notice.reason or None,
    }


def _instant(epoch_seconds: int) -> datetime:
    return datetime.fromtimestamp(epoch_seconds, UTC)

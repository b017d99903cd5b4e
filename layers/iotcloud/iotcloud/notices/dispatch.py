"""From a trigger to queued notices: finds the port, the block and the recipients, holds them against the limits, and
enters each in the ledger once."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from iotcloud.devices.model import Device
from iotcloud.errors import CreditsUsedUp
from iotcloud.notices.composition import Draft, Origin, Recipient, draft_notices, notice_id
from iotcloud.notices.interfaces import (
    AddressableDevices,
    DeviceConsole,
    LimitPolicies,
    NoticeCounters,
    NoticeLedger,
    NoticeOutbox,
    NotificationBlocks,
    PushEndpoints,
    RecipientConfirmations,
    Spending,
)
from iotcloud.notices.ledger import BOUGHT, FREE, Notice, State
from iotcloud.notices.limits import (
    MONTHLY_LIMIT,
    QUIET,
    Policy,
    counters,
    holds_back_all,
    is_quiet,
    period_of,
)
from iotcloud.notices.triggers import Trigger, is_sensor
from iotcloud.notification_blocks.addresses import within_limit
from iotcloud.notification_blocks.model import Channel, NotificationBlock, default_block
from iotcloud.peripherals.blocks import find_block
from iotcloud.peripherals.interfaces import Sensors
from iotcloud.peripherals.model import Sensor
from iotcloud.users.interfaces import Contacts
from iotcloud.users.model import MAX_RECIPIENTS, Contact

GONE = "modem recipient is not registered any more"
HELD_BACK = "held back"
TOO_MANY = "too many"
"""Targets of summary rows for several recipients. No address contains a space."""


@dataclass(frozen=True)
class Addressee:
    """A resolved recipient: the text shown and the provider's address, or the reason for refusing it."""

    shown: str
    target: str
    refusal: str = ""


@dataclass
class _HeldBack:
    """The notices of a trigger that limits suppress: one row per channel, entered after all other notices."""

    ledger: NoticeLedger
    trigger: Trigger
    _notices: dict[Channel, list[Notice]] = field(default_factory=dict)
    _known: dict[Channel, Notice | None] = field(default_factory=dict)
    """The rows that an earlier delivery of the trigger entered."""

    def is_entered(self, notice: Notice) -> bool:
        """Whether the row of the notice's channel is in the ledger: it is entered last, so it stands for the notice."""
        channel = notice.channel
        if channel not in self._known:
            self._known[channel] = self.ledger.find(notice.deviceid, notice_id(self.trigger, channel, HELD_BACK))
        return self._known[channel] is not None

    def reason_for_all(self, channel: Channel) -> str:
        """The reason that suppresses all further notices of the channel; empty when none does."""
        reasons = (one.reason for one in self._notices.get(channel, ()))
        return next((reason for reason in reasons if holds_back_all(reason, channel)), "")

    def add(self, notice: Notice) -> None:
        """Take a suppressed notice."""
        self._notices.setdefault(notice.channel, []).append(notice)

    def enter(self) -> list[Notice]:
        """Enter the rows, and return them with those that were there."""
        known = [row for row in self._known.values() if row is not None]
        new = [self._row(notices) for notices in self._notices.values()]
        return [*known, *(self.ledger.enter(row) or row for row in new)]

    def _row(self, notices: Sequence[Notice]) -> Notice:
        """One row for all notices of a channel: the only one as it is, several by their number."""
        first, count = notices[0], len(notices)
        row = replace(first, notice_id=notice_id(self.trigger, first.channel, HELD_BACK))
        if count == 1:
            return row
        reasons = ", ".join(dict.fromkeys(one.reason for one in notices))
        return replace(row, recipient="", target="", reason=f"{reasons} ({count} recipients)")


@dataclass(frozen=True)
class Dispatched:
    """The outcome of a trigger."""

    notices: tuple[Notice, ...]
    refusal: str = ""
    """The reason when there are no notices."""


@dataclass(frozen=True)
class Dispatcher:
    """Turns triggers into notices."""

    devices: AddressableDevices
    phones: PushEndpoints
    sensors: Sensors
    blocks: NotificationBlocks
    contacts: Contacts
    policies: LimitPolicies
    counters: NoticeCounters
    confirmations: RecipientConfirmations
    ledger: NoticeLedger
    outbox: NoticeOutbox
    console: DeviceConsole
    spending: Spending

    def dispatch(self, trigger: Trigger, now: datetime) -> Dispatched:
        """Queue the notices of a trigger.

        Idempotent: for a redelivered trigger it only queues notices that are still waiting. Suppressed notices of a
        channel are one row and one line on the console, for any number of recipients.
        """
        device = self.devices.find_owned(trigger.deviceid)
        if device is None:
            return Dispatched((), "deviceid is invalid")
        sensor = self._sensor(trigger)
        if sensor is None and is_sensor(trigger.slot):
            return self._refuse(trigger, "could not find sensor")
        owner = self.contacts.find_contact(device.owner)
        block = self._block(trigger, sensor, owner)
        policy = self.policies.find_policy(device.owner)
        origin = Origin(device.devicename, sensor)
        drafts = draft_notices(trigger, block, origin, owner, policy.extra_recipients, policy.sms_countries)
        if not drafts:
            return self._refuse(trigger, "no recipient is enabled")
        notices = self._enter_all(_Context(trigger, device, sensor, owner, policy, now), drafts)
        self.outbox.post([notice for notice in notices if notice.state is State.QUEUED])
        for notice in notices:
            if notice.state in (State.REFUSED, State.SUPPRESSED):
                self.console.tell_status(trigger.deviceid, f"NG. {notice.reason}.")
        return Dispatched(notices)

    def _addressees(self, device: Device, draft: Draft) -> Sequence[Addressee]:
        """Find where a draft goes: push to every phone of the owner, a modem message to another of their devices."""
        recipient = draft.recipient
        if recipient.deviceid or (recipient.channel is Channel.MODEM and not draft.refusal):
            addressee = self._other_device(device.owner, recipient)
            return [replace(addressee, refusal=draft.refusal or addressee.refusal)]
        if draft.refusal or recipient.channel is not Channel.NOTIFICATION:
            return [Addressee(recipient.address, TOO_MANY if draft.cut else recipient.address, draft.refusal)]
        phones = self.phones.list_phones(device.owner)
        if not phones:
            return [Addressee("", "", "no phone is registered")]
        kept, cut = within_limit(phones)
        found = [Addressee(one.shown, one.target) for one in kept]
        return [*found, Addressee("", TOO_MANY, f"{cut} more phones: at most {MAX_RECIPIENTS}")] if cut else found

    def _other_device(self, owner: str, recipient: Recipient) -> Addressee:
        """Find the device that a block means by its id, or that a trigger names."""
        if recipient.deviceid:
            meant = self.devices.find_owned(recipient.deviceid)
            if meant is None or meant.owner != owner:
                return Addressee("", recipient.deviceid, GONE)
            return Addressee(meant.devicename, meant.deviceid)
        other = self.devices.find_other(owner, recipient.address)
        if other is None:
            return Addressee(recipient.address, recipient.address, "modem recipient is not one of the owner's")
        return Addressee(other.devicename, other.deviceid)

    def _enter_all(self, context: "_Context", drafts: Sequence[Draft]) -> tuple[Notice, ...]:
        """Enter the notices of a trigger: first each queued or refused notice, then the summary of suppressed ones."""
        entered: list[Notice] = []
        held_back = _HeldBack(self.ledger, context.trigger)
        for draft, addressee in ((one, each) for one in drafts for each in self._addressees(context.device, one)):
            notice = context.make_notice(draft, addressee)
            known = self.ledger.find(notice.deviceid, notice.notice_id)
            if known is None and not notice.is_final:
                if held_back.is_entered(notice):
                    continue
                # Before it is entered: from then on whoever finds it may send it. One who dies here leaves it counted.
                reason, charge = held_back.reason_for_all(notice.channel), ""
                if not reason:
                    reason, charge = self._objection(context, notice, is_own=draft.is_own)
                if reason:
                    held_back.add(notice.suppressed(reason))
                    continue
                try:
                    entered.append(self._enter(replace(notice, charge=charge), context.owner.email, context.now))
                except CreditsUsedUp:
                    held_back.add(notice.suppressed(MONTHLY_LIMIT))
                continue
            entered.append(known or self.ledger.enter(notice) or notice)
        return (*entered, *held_back.enter())

    def _enter(self, notice: Notice, address: str, now: datetime) -> Notice:
        """Enter a notice, with the credit that it costs; raise CreditsUsedUp when others took the last one."""
        if notice.charge != BOUGHT:
            return self.ledger.enter(notice) or notice
        known = self.spending.enter(notice)
        if known is None:
            self.spending.note_bought(notice.owner, address, now)
        return known or notice

    def _objection(self, context: "_Context", notice: Notice, *, is_own: bool) -> tuple[str, str]:
        """Return the limit or missing confirmation that suppresses a notice, or an empty text, and what it costs."""
        policy, address, now = context.policy, context.owner.email, context.now
        if is_quiet(policy, notice.channel, now):
            return QUIET, ""
        if not is_own:
            objection = self.confirmations.objection(notice, context.trigger.trigger_id, context.owner, policy, now)
            if objection:
                return objection, ""
        counted = counters(policy, notice.owner, notice.deviceid, notice.channel, notice.target, now, is_own=is_own)
        values: dict[str, int] = {}
        reason = self.counters.count(counted, lambda one, value: values.update({one.reason: value}))
        if MONTHLY_LIMIT in values:
            self.spending.note_free(notice.owner, address, values[MONTHLY_LIMIT], policy.per_month, now)
            return "", FREE + period_of(now)
        if reason != MONTHLY_LIMIT or not self.spending.has_credits(notice.owner):
            return reason, ""
        # The month's free messages are used up. A bought credit lifts that limit, and no other.
        rates = [one for one in counted if one.reason != MONTHLY_LIMIT]
        return self.counters.count(rates, lambda one, value: None), BOUGHT

    def _sensor(self, trigger: Trigger) -> Sensor | None:
        if not is_sensor(trigger.slot):
            return None
        return next((one for one in self.sensors.list(trigger.deviceid) if one.slot == trigger.slot), None)

    def _block(self, trigger: Trigger, sensor: Sensor | None, owner: Contact) -> NotificationBlock:
        if sensor is None:
            stored = self.blocks.find(trigger.deviceid, trigger.slot.source)
        else:
            stored = find_block(self.blocks, self.sensors, trigger.deviceid, sensor, is_subclass=trigger.is_subclass)
        return stored or default_block(trigger.slot.source, owner)

    def _refuse(self, trigger: Trigger, reason: str) -> Dispatched:
        self.console.tell_status(trigger.deviceid, f"NG. {reason}.")
        return Dispatched((), reason)


@dataclass(frozen=True)
class _Context:
    """What all notices of a trigger have in common."""

    trigger: Trigger
    device: Device
    sensor: Sensor | None
    owner: Contact
    policy: Policy
    now: datetime

    def make_notice(self, draft: Draft, addressee: Addressee) -> Notice:
        """Make the notice of a draft for one addressee."""
        return Notice(
            notice_id=notice_id(self.trigger, draft.recipient.channel, addressee.target),
            owner=self.device.owner,
            deviceid=self.trigger.deviceid,
            at=self.trigger.at,
            channel=draft.recipient.channel,
            recipient=addressee.shown,
            target=addressee.target,
            text="" if addressee.refusal else draft.text,
            message_length=draft.message_length,
            source=self.trigger.slot.source.upper(),
            sensorname=None if self.sensor is None else self.sensor.sensorname,
            condition=self.trigger.condition,
            registration=self.device.registration,
            state=State.REFUSED if addressee.refusal else State.QUEUED,
            reason=addressee.refusal,
        )

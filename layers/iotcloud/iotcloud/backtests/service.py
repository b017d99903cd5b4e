"""Backtests: the alerts that a setting would have raised over stored readings. Nothing is sent or stored.

Each stored sample is evaluated by the same rules as live ones, as if it had arrived alone and in time.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from iotcloud.backtests.interfaces import DeviceNamesById
from iotcloud.clock import Clock
from iotcloud.devices.interfaces import DeviceRegistry
from iotcloud.devices.model import Device, Role
from iotcloud.errors import InvalidInput, Problem
from iotcloud.histories.model import MAX_PAGE_BYTES, position_of
from iotcloud.notices.composition import Draft, Origin, Recipient, draft_notices
from iotcloud.notices.dispatch import GONE
from iotcloud.notices.triggers import read_trigger
from iotcloud.notification_blocks.model import NotificationBlock, default_block
from iotcloud.pagination import Page, make_cursor, open_cursor
from iotcloud.peripherals.blocks import find_block
from iotcloud.peripherals.interfaces import Blocks, Sensors
from iotcloud.peripherals.model import Bus, Configuration, Sensor
from iotcloud.peripherals.sensor_control import SensorProperties
from iotcloud.peripherals.sensor_registration import find_input
from iotcloud.readings.alerts.inactivity import Inactivity
from iotcloud.readings.alerts.rules import SensorRules, rules_of
from iotcloud.readings.alerts.threshold_state import ThresholdState
from iotcloud.readings.interfaces import DeviceStates, ReadingLog
from iotcloud.readings.model import Sample, of_sensors
from iotcloud.readings.reading_order import SamplesInOrder
from iotcloud.readings.series import DEFAULT_PERIOD, SeriesQuestion, checked_position
from iotcloud.readings.state.codec import decode_state, encode_state
from iotcloud.readings.state.evaluation import evaluate_inactivity, evaluate_samples
from iotcloud.readings.state.model import DeviceState, PendingAlert, SensorState
from iotcloud.readings.state.triggers import make_trigger
from iotcloud.readings.state.updater import Batch
from iotcloud.users.interfaces import Contacts

MAX_REQUESTS = 4
"""Requests to the log that one page may take, of a megabyte each; a page that ends there is short."""


@dataclass(frozen=True)
class BacktestResult:
    """A trigger of the backtest with its notices: to be sent, and refused."""

    told: PendingAlert
    drafts: Sequence[Draft]


@dataclass(frozen=True)
class BacktestService:
    """Backtests settings of a user's sensors."""

    devices: DeviceRegistry
    sensors: Sensors
    log: ReadingLog
    states: DeviceStates
    blocks: Blocks
    contacts: Contacts
    references: DeviceNamesById
    clock: Clock

    def find_input(
        self, username: str, devicename: str, bus: Bus, number: int, sensorname: str
    ) -> tuple[Device, Sensor]:
        """The device and its sensor; raise SensorNotRegistered, or SensorTypeInvalid for an output."""
        device = self.devices.find_device(username, devicename, Role.VIEWER)
        return device, find_input(self.sensors, device, bus, number, sensorname)

    def run_backtest(
        self,
        device: Device,
        sensor: Sensor,
        properties: SensorProperties,
        asked: SeriesQuestion,
        limit: int,
        cursor: str | None = None,
    ) -> Page[BacktestResult]:
        """Return the alerts of these properties, oldest first, at most `limit` and some megabytes. A page can be short.

        The sensor counts as enabled at the start, without earlier alerts. Deleted readings are ignored. Notices follow
        the posted blocks, else the stored ones; limits and quiet hours are not applied. Users other than the owner
        see no recipients.
        """
        rules = rules_of(sensor, Configuration(sensor.slot, properties.attributes, is_enabled=True))
        scope = f"rehearsal of {device.username} {device.registration} {sensor.slot} {asked} {properties}"
        place = _Place.read(open_cursor(scope, cursor)) if cursor else self._begin(device, rules, asked)
        place, is_done = self._run(device, rules, place, limit)
        pending = tuple(sorted(place.state.pending, key=lambda one: one.event.reading.position))
        told = _fitting(self._narrate(device, sensor, properties, pending[:limit]))
        rest = pending[len(told) :]
        is_done = is_done and not rest
        following = replace(place, state=replace(place.state, pending=rest))
        return Page(told, None if is_done else make_cursor(scope, following.write()))

    def _begin(self, device: Device, rules: SensorRules, asked: SeriesQuestion) -> "_Place":
        slot, now = rules.sensor.slot, self.clock()
        ends_at = min(asked.ends_at or now, now)
        cleared = self.states.find({device.deviceid: device.registration})[device.deviceid].state.of(slot).cleared
        oldest = max(position_of(asked.begins_at or ends_at - DEFAULT_PERIOD), cleared)
        inactivity = None
        if rules.inactivity_seconds is not None:
            inactivity = Inactivity(rules.inactivity_seconds, max(oldest, position_of(rules.sensor.registered_at)))
        return _Place(ends_at, oldest, oldest, DeviceState({slot: SensorState(inactivity=inactivity)}))

    def _run(self, device: Device, rules: SensorRules, place: "_Place", limit: int) -> tuple["_Place", bool]:
        """Read on until the page is full. Return whether the log was read to its end."""
        last = position_of(place.ends_at)
        if place.after >= last:
            return place.ending(rules), True
        samples = SamplesInOrder(self.log, device.deviceid, device.registration, place.after, last)
        for chunk in samples.chunks(MAX_REQUESTS):
            for sample in of_sensors([rules.sensor], chunk.samples):
                if place.is_waiting_for(rules, sample):
                    if len(place.state.pending) >= limit:
                        return place, False
                    place = place.taking(rules, sample)
                place = replace(place, after=sample.position)
            if chunk.reached is None:
                return place.ending(rules), True
            place = replace(place, after=chunk.reached)
        return place, False

    def _narrate(
        self, device: Device, sensor: Sensor, properties: SensorProperties, told: Sequence[PendingAlert]
    ) -> list[BacktestResult]:
        if not told:
            return []
        owner = self.contacts.find_contact(device.owner)
        posted = {False: properties.block, True: properties.subclass_block}
        blocks: dict[bool, NotificationBlock] = {
            is_subclass: posted[is_subclass]
            or find_block(self.blocks, self.sensors, device.deviceid, sensor, is_subclass=is_subclass)
            or default_block(sensor.slot.source, owner)
            for is_subclass in {one.is_subclass for one in told}
        }
        batch, origin = Batch(device.owner, device.deviceid, device.registration, ()), Origin(device.devicename, sensor)
        backtested = []
        for one in told:
            message = make_trigger(batch, one)
            trigger = read_trigger(
                message.message_id, device.deviceid, message.topic.api, message.payload, message.received_at
            )
            drafts = draft_notices(trigger, blocks[one.is_subclass], origin, owner)
            if device.role is Role.OWNER:
                shown = self._named(device, drafts)
            else:
                shown = [replace(draft, recipient=Recipient(draft.recipient.channel, "")) for draft in drafts]
            backtested.append(BacktestResult(one, shown))
        return backtested

    def _named(self, device: Device, drafts: Sequence[Draft]) -> Sequence[Draft]:
        """Return the current names of the devices that drafts would go to."""
        targets = [draft.recipient.deviceid for draft in drafts if draft.recipient.deviceid]
        if not targets:
            return drafts
        names = self.references.find_names(device, dict.fromkeys(targets, ""))
        return [
            replace(
                draft,
                recipient=replace(draft.recipient, address=names.get(draft.recipient.deviceid, "")),
                refusal=draft.refusal or ("" if draft.recipient.deviceid in names else GONE),
            )
            if draft.recipient.deviceid
            else draft
            for draft in drafts
        ]


@dataclass(frozen=True)
class _Place:
    """The state at the start of a page: after a sample, with the rules' state and the alerts still to be shown."""

    ends_at: datetime
    after: str
    done: str
    """The position of the sensor's last sample that was taken, or of the begin."""
    state: DeviceState

    def is_waiting_for(self, rules: SensorRules, sample: Sample) -> bool:
        """Whether a sample is of the sensor and of the time, and was not taken before."""
        return self.done < sample.position and sample.at < self.ends_at and rules.sensor.slot in sample.values

    def taking(self, rules: SensorRules, sample: Sample) -> "_Place":
        """Take one more sample."""
        state = evaluate_samples(self.state, {rules.sensor.slot: rules}, [sample], lambda *_: self.done)
        return replace(self, done=sample.position, state=state)

    def ending(self, rules: SensorRules) -> "_Place":
        """Evaluate the absence of readings up to the end."""
        known = self.state.of(rules.sensor.slot)
        if known.inactivity is None:
            return self
        last_seen = known.inactivity.seen_at(self.done)
        inactivity, told = evaluate_inactivity(rules, last_seen, (), lambda *_: self.done, self.ends_at)
        state = self.state.with_slot(rules.sensor.slot, replace(known, inactivity=inactivity))
        return replace(self, state=replace(state, pending=(*state.pending, *told)))

    def write(self) -> str:
        """Encode the state for the next page. The last transitions and repeats suffice."""
        slots = {
            slot: replace(
                one, threshold_state=_short(one.threshold_state), subthreshold_state=_short(one.subthreshold_state)
            )
            for slot, one in self.state.slots.items()
        }
        state = encode_state(replace(self.state, slots=slots))
        return json.dumps([self.ends_at.timestamp(), self.after, self.done, state])

    @classmethod
    def read(cls, text: str) -> "_Place":
        """Decode the text of `write`. Raise InvalidInput, since a cursor can be forged."""
        try:
            end, after, done, state = json.loads(text)
            ends_at = datetime.fromtimestamp(end, UTC)
            return cls(ends_at, checked_position(after), checked_position(done), decode_state(state))
        except (ValueError, TypeError, KeyError, OverflowError, OSError):
            raise InvalidInput(detail=[Problem("cursor", "unknown")]) from None


def _fitting(backtested: Sequence[BacktestResult]) -> Sequence[BacktestResult]:
    """As many as fit into a Lambda response of 6 MB with escaped JSON, and at least one."""
    size = 0
    for place, one in enumerate(backtested):
        size += sum(len(json.dumps([draft.recipient.address, draft.text, draft.refusal])) for draft in one.drafts)
        if place and size > MAX_PAGE_BYTES:
            return backtested[:place]
    return backtested


def _short(threshold_state: ThresholdState) -> ThresholdState:
    if not threshold_state.transitions:
        return threshold_state
    last = threshold_state.transitions[-1]
    return replace(
        threshold_state,
        since=last.position,
        was_active=not last.is_activation,
        transitions=(last,),
        repeats=threshold_state.repeats[-1:],
    )

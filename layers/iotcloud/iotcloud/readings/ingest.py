"""The sensorian: stores every reading once, updates the device's state, and forwards readings."""

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from iotcloud.batches import Failures, confine
from iotcloud.devices.model import RegisteredDevice
from iotcloud.histories.model import Lane, Message
from iotcloud.histories.recording import Recorded
from iotcloud.ingest import Delivery
from iotcloud.peripherals.interfaces import Configurations, Sensors
from iotcloud.peripherals.model import Slot
from iotcloud.readings.alerts.rules import SensorRules, find_rules
from iotcloud.readings.forwarding import Forwarder
from iotcloud.readings.interfaces import DeviceStates, LiveReadings, MessageRecorder, SpanLog
from iotcloud.readings.model import of_sensors, read_samples
from iotcloud.readings.reading_order import span_of
from iotcloud.readings.state.model import VersionedState
from iotcloud.readings.state.updater import Batch, StateUpdater

TAKE_AT_MOST_SECONDS = 10.0
"""After this a batch begins with no further device: the function has 20 s, and one device takes a few at most."""


class OutOfTime(Exception):
    """A device comes again with a later batch, so that this one does not fail as a whole."""


@dataclass(frozen=True)
class DeviceResult:
    """The outcome of one device's part of a batch."""

    ignored: int = 0
    """Entries that were no readings; their messages are kept like all others."""
    told: int = 0
    forwarded: int = 0
    unforwarded: Counter[str] = field(default_factory=Counter, compare=False)
    """Readings that another device was to get and did not, by reason."""
    is_late: bool = False
    """Whether the readings came too late to be evaluated."""


@dataclass(frozen=True)
class IngestResult:
    """The outcome of a batch."""

    recorded: Recorded
    taken: Sequence[DeviceResult]
    failures: Failures = field(default_factory=Failures)
    """Devices with whose part something failed after their messages were kept."""

    @property
    def failed(self) -> list[str]:
        """The records to redeliver."""
        return [*self.recorded.failed, *self.failures.ids]

    @property
    def reasons(self) -> Counter[str]:
        """Why, by exception and line."""
        return self.recorded.reasons + self.failures.reasons


@dataclass(frozen=True)
class ReadingIngest:
    """Records readings."""

    recorder: MessageRecorder
    spans: SpanLog
    states: DeviceStates
    configurations: Configurations
    sensors: Sensors
    state_updater: StateUpdater
    forwarder: Forwarder
    monotonic: Callable[[], float] = time.monotonic
    live: LiveReadings | None = None

    def record_readings(self, deliveries: Sequence[Delivery]) -> IngestResult:
        """Store a batch of readings, and apply each device's rules.

        Only the records of devices that failed are redelivered. Idempotent.
        """
        began_at = self.monotonic()
        recorded = self.recorder.record_messages(deliveries)
        by_device: dict[str, list[Message]] = defaultdict(list)
        for message in recorded.kept:
            if message.lane is Lane.READINGS:
                by_device[message.deviceid].append(message)
        failures, taken = Failures(), list[DeviceResult]()

        def deliveries_of(deviceid: str) -> list[str]:
            return [delivery_id for message in by_device[deviceid] for delivery_id in recorded.kept[message]]

        def find(deviceids: Sequence[str]) -> Mapping[str, VersionedState]:
            return self.states.find({deviceid: by_device[deviceid][0].registration for deviceid in deviceids})

        # A device that sent little does not wait for what another makes the platform read.
        by_size = sorted(by_device, key=lambda one: sum(len(message.payload) for message in by_device[one]))
        for states in confine(by_size, find, deliveries_of, failures):
            for deviceid in (one for one in by_size if one in states):
                with failures.confined(deliveries_of(deviceid)):
                    if self.monotonic() - began_at > TAKE_AT_MOST_SECONDS:
                        raise OutOfTime
                    taken.append(self._take(by_device[deviceid], states[deviceid], recorded.watched.get(deviceid)))
        return IngestResult(recorded, taken, failures)

    def _take(
        self, messages: Sequence[Message], kept: VersionedState, watched: RegisteredDevice | None
    ) -> DeviceResult:
        read = [read_samples(message.payload, message.received_at, message.message_id) for message in messages]
        ignored = sum(unread for _, unread in read)
        samples = tuple(sorted((sample for found, _ in read for sample in found), key=lambda one: one.position))
        if not samples:
            return DeviceResult(ignored)
        first = messages[0]
        found = [span_of(message, own) for message, (own, _) in zip(messages, read, strict=True)]
        if spans := [span for span in found if span is not None]:
            self.spans.put_spans(first.owner, first.deviceid, first.registration, spans)
        batch = Batch(first.owner, first.deviceid, first.registration, samples)
        rules_by_slot = self._find_rules(batch)
        updated = self.state_updater.update(batch, rules_by_slot, kept)
        since = of_sensors((rules.sensor for rules in rules_by_slot.values()), updated.since)
        sent = self.forwarder.forward(batch, rules_by_slot, since)
        if watched is not None and self.live is not None:
            self.live.tell_readings(watched, samples, updated.state)
        return DeviceResult(ignored, updated.told, sent.sent, sent.failed, updated.is_late)

    def _find_rules(self, batch: Batch) -> Mapping[Slot, SensorRules]:
        """Read the rules of a batch's sensors. Most devices need no second request."""
        sending = {slot for sample in batch.samples for slot in sample.values}
        kept = self.configurations.list(batch.deviceid)
        set_up = [one for one in kept if one.slot in sending and "mode" in one.attributes]
        return find_rules(set_up, self.sensors.list(batch.deviceid)) if set_up else {}

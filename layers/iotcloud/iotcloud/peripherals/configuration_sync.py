"""Configuration sync (device protocol 6): a restarted device gets the stored configuration of its ports."""

import time
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from iotcloud.batches import Failures, confine
from iotcloud.devices.interfaces import DevicesById, Publisher
from iotcloud.devices.model import RegisteredDevice
from iotcloud.ingest import Delivery, DeviceMessage
from iotcloud.peripherals.configuration_schema import MAX_ENTRIES, asked_peripherals, lay_out, read_layout, read_members
from iotcloud.peripherals.interfaces import Configurations, References
from iotcloud.peripherals.model import PERIPHERALS, Configuration
from iotcloud.peripherals.references import named_devices

REQUEST = "req_configuration"
ANSWER = "rcv_configuration"
REPLACE = "set_configuration"
DELETE = "del_configuration"
MAX_ANSWERS = 3
"""Maximum answers to one request, when a user changes ports at the same time."""
SETTLED_SECONDS = 0.1
"""A user's change is stored within this time: a reply and one write, ten times their measured duration (benchmarks)."""


@dataclass(frozen=True)
class SyncResult:
    """The outcome of a batch, or of one message."""

    answered: int = 0
    replaced: int = 0
    """Entries kept in place of others."""
    deleted: int = 0
    """Entries deleted."""
    ignored: int = 0
    """Ignored messages and entries: malformed, from unregistered devices, or older than the stored state."""
    failed: tuple[str, ...] = ()
    """The records to redeliver."""
    reasons: Counter[str] = field(default_factory=Counter, compare=False)
    """Why, by exception and line."""

    def __add__(self, other: "SyncResult") -> "SyncResult":
        return SyncResult(
            self.answered + other.answered,
            self.replaced + other.replaced,
            self.deleted + other.deleted,
            self.ignored + other.ignored,
            self.failed + other.failed,
            self.reasons + other.reasons,
        )


@dataclass(frozen=True)
class _Answer:
    """The answer to a device, and its peripherals."""

    deviceid: str
    peripherals: Collection[str]
    layout: Mapping[str, object]


@dataclass(frozen=True)
class ConfigurationSync:
    """Serves devices that request, send or delete their configuration.

    Messages wait in a queue, and a user may set a port meanwhile. The user's change wins: an answer holds the state at
    the time of answering, and an older report neither replaces nor deletes the change.
    """

    devices: DevicesById
    configurations: Configurations
    publisher: Publisher
    references: References
    pause: Callable[[float], None] = time.sleep

    def serve(self, deliveries: Sequence[Delivery]) -> SyncResult:
        """Process a batch in the order received, since a device may send and then request. Idempotent."""
        readable = [(delivery.delivery_id, delivery.message) for delivery in deliveries if delivery.message is not None]
        failures = Failures()
        outcome = SyncResult(ignored=len(deliveries) - len(readable))
        answers: dict[str, _Answer] = {}
        for part, devices in confine(readable, self._find_devices, lambda each: (each[0],), failures):
            for delivery_id, message in sorted(part, key=lambda each: each[1].received_at):
                device = devices.get(message.topic.deviceid)
                with failures.confined([delivery_id]):
                    if message.topic.api == REQUEST:
                        answers[delivery_id] = self._answer(message, is_registered=device is not None)
                    else:
                        outcome += self._take(message, device)
        self._answer_again(answers, failures)
        return outcome + SyncResult(answered=len(answers), failed=tuple(failures.ids), reasons=failures.reasons)

    def _find_devices(
        self, part: Sequence[tuple[str, DeviceMessage]]
    ) -> tuple[Sequence[tuple[str, DeviceMessage]], Mapping[str, RegisteredDevice]]:
        return part, self.devices.find_devices({message.topic.deviceid for _, message in part})

    def _take(self, message: DeviceMessage, device: RegisteredDevice | None) -> SyncResult:
        members = read_members(message.payload)
        if device is None or members is None:
            return SyncResult(ignored=1)
        if message.topic.api == REPLACE:
            return self._replace(device, members, message.received_at)
        if message.topic.api == DELETE:
            return self._delete(message.topic.deviceid, members, message.received_at)
        return SyncResult(ignored=1)

    def _answer(self, message: DeviceMessage, *, is_registered: bool) -> _Answer:
        """Always reply, even to malformed requests and unregistered devices: a device repeats its request until it gets
        a reply.
        """
        asked = asked_peripherals(read_members(message.payload) or {})
        answer = _Answer(message.topic.deviceid, PERIPHERALS.keys() if asked is None else asked, {})
        if is_registered:
            answer = self._read(answer)
        self.publisher.publish(answer.deviceid, ANSWER, answer.layout)
        return answer

    def _answer_again(self, answers: Mapping[str, _Answer], failures: Failures) -> None:
        """Answer again when ports were set while the answer was in flight.

        The answer may have arrived after the user's command and undone it. An answer without ports undoes nothing.
        """
        doubtful = {delivery_id: answer for delivery_id, answer in answers.items() if answer.layout}
        for _ in range(MAX_ANSWERS - 1):
            if not doubtful:
                break
            self.pause(SETTLED_SECONDS)
            told, doubtful = doubtful, {}
            for delivery_id, answer in told.items():
                with failures.confined([delivery_id]):
                    newer = self._read(answer)
                    if newer != answer:
                        self.publisher.publish(newer.deviceid, ANSWER, newer.layout)
                        doubtful[delivery_id] = newer

    def _read(self, answer: _Answer) -> _Answer:
        """Return the answer with the current configuration."""
        return replace(answer, layout=lay_out(self.configurations.list(answer.deviceid), answer.peripherals))

    def _replace(self, device: RegisteredDevice, members: Mapping[str, object], said_at: datetime) -> SyncResult:
        entries, ignored = read_layout(members)
        if not entries:
            return SyncResult(ignored=ignored)
        kept = self.configurations.list(device.deviceid)
        fitting, ignored = self._fitting(kept, entries, ignored)
        replaced = sum(
            self.configurations.replace(device.deviceid, configuration, said_at)
            for configuration in self._resolved(device, kept, fitting)
        )
        return SyncResult(replaced=replaced, ignored=ignored + len(fitting) - replaced)

    def _resolved(
        self, device: RegisteredDevice, kept: Sequence[Configuration], entries: Sequence[Configuration]
    ) -> Sequence[Configuration]:
        """Resolve the devices named in the entries, by the names last sent to the device or by today's names."""
        told = {name: deviceid for one in kept for name, deviceid in (one.references or {}).items()}
        names = {name for one in entries for name in named_devices(one.attributes)}
        if not names:
            return entries
        found = self.references.resolve_said(device.owner, names, told)
        return [
            replace(one, references={name: found[name] for name in named if name in found}) if named else one
            for one, named in ((one, named_devices(one.attributes)) for one in entries)
        ]

    def _fitting(
        self, kept: Sequence[Configuration], entries: Sequence[Configuration], ignored: int
    ) -> tuple[Sequence[Configuration], int]:
        """Leave out entries of further ports once a device has as many as it can have, so that lists of them end."""
        known = {one.slot for one in kept}
        further = list(dict.fromkeys(one.slot for one in entries if one.slot not in known))
        left_out = frozenset(further[max(0, MAX_ENTRIES - len(known)) :])
        fitting = [one for one in entries if one.slot not in left_out]
        return fitting, ignored + len(entries) - len(fitting)

    def _delete(self, deviceid: str, members: Mapping[str, object], said_at: datetime) -> SyncResult:
        asked = asked_peripherals(members)
        if asked is None:
            return SyncResult(ignored=1)
        slots = [one.slot for one in self.configurations.list(deviceid) if one.slot.peripheral in asked]
        deleted = sum(self.configurations.withdraw(deviceid, slot, said_at) for slot in slots)
        return SyncResult(deleted=deleted, ignored=len(slots) - deleted)

"""The configuration exchange (device protocol 6): a device that restarts is told again what its ports were set to."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from iotcloud.devices.model import RegisteredDevice
from iotcloud.errors import CommunicationFailed
from iotcloud.ingest import Delivery, DeviceMessage
from iotcloud.peripherals.configuration_layout import asked_peripherals, lay_out, read_layout, read_object
from iotcloud.peripherals.model import PERIPHERALS, Configuration, Slot

REQUEST = "req_configuration"
ANSWER = "rcv_configuration"
REPLACE = "set_configuration"
DELETE = "del_configuration"
MAX_ANSWERS = 3
"""How often one question is answered, when a person sets ports at that very time."""


class RegisteredDevices(Protocol):
    """The device registry, as far as the exchange needs it."""

    def find_devices(self, deviceids: Iterable[str]) -> Mapping[str, RegisteredDevice]: ...


class Configurations(Protocol):
    """What each slot of a device was last told."""

    def list(self, deviceid: str) -> tuple[Configuration, ...]: ...

    def replace(self, deviceid: str, configuration: Configuration, said_at: datetime) -> bool:
        """Keep what a device said at that time; False when the slot was set since then."""
        ...

    def withdraw(self, deviceid: str, slot: Slot, said_at: datetime) -> bool:
        """Forget a slot as a device said at that time; False when the slot was set since then."""
        ...


class Publisher(Protocol):
    """Sends messages to devices."""

    def publish(self, deviceid: str, api: str, payload: Mapping[str, object]) -> None:
        """Hand a message to the broker, which delivers it at least once; raise CommunicationFailed."""
        ...


@dataclass(frozen=True)
class Exchanged:
    """What became of a batch, or of one message of it."""

    answered: int = 0
    replaced: int = 0
    """Entries kept in place of others."""
    deleted: int = 0
    """Entries deleted."""
    ignored: int = 0
    """Messages and entries that were none, came from no registered device, or were older than what they would undo."""
    failed: tuple[str, ...] = ()
    """The deliveries to make again."""

    def __add__(self, other: "Exchanged") -> "Exchanged":
        return Exchanged(
            self.answered + other.answered,
            self.replaced + other.replaced,
            self.deleted + other.deleted,
            self.ignored + other.ignored,
            self.failed + other.failed,
        )


@dataclass(frozen=True)
class ConfigurationExchange:
    """Serves devices that ask for their configuration, send one, or delete it.

    Messages wait in a queue, and meanwhile a person may set a port. That stands: a device is told what is kept when it
    is answered, not when it asked; and what it said before the port was set neither replaces nor deletes it.
    """

    devices: RegisteredDevices
    configurations: Configurations
    publisher: Publisher

    def serve(self, deliveries: Sequence[Delivery]) -> Exchanged:
        """Serve a batch in the order in which it was received, since a device may send and then ask.

        A message that is delivered again stores, deletes or answers the same once more.
        """
        readable = [(delivery.delivery_id, delivery.message) for delivery in deliveries if delivery.message is not None]
        devices = self.devices.find_devices({message.topic.deviceid for _, message in readable})
        outcome = Exchanged(ignored=len(deliveries) - len(readable))
        for delivery_id, message in sorted(readable, key=lambda each: each[1].received_at):
            try:
                outcome += self._serve_one(message, is_registered=message.topic.deviceid in devices)
            except CommunicationFailed:
                outcome += Exchanged(failed=(delivery_id,))
        return outcome

    def _serve_one(self, message: DeviceMessage, *, is_registered: bool) -> Exchanged:
        members = read_object(message.payload)
        if message.topic.api == REQUEST:
            # Whoever asks is answered, however badly and whoever it is: a device without an answer asks for ever.
            return self._answer(message.topic.deviceid, members or {}, is_registered=is_registered)
        if not is_registered or members is None:
            return Exchanged(ignored=1)
        if message.topic.api == REPLACE:
            return self._replace(message.topic.deviceid, members, message.received_at)
        if message.topic.api == DELETE:
            return self._delete(message.topic.deviceid, members, message.received_at)
        return Exchanged(ignored=1)

    def _answer(self, deviceid: str, members: Mapping[str, object], *, is_registered: bool) -> Exchanged:
        asked = asked_peripherals(members)
        peripherals = PERIPHERALS if asked is None else asked
        if not is_registered:
            self.publisher.publish(deviceid, ANSWER, {})
            return Exchanged(answered=1)
        told = None
        for _ in range(MAX_ANSWERS):
            kept = lay_out(self.configurations.list(deviceid), peripherals)
            if kept == told:
                break
            # What was set while the answer was on its way may have come first, and been undone: it is told again.
            self.publisher.publish(deviceid, ANSWER, kept)
            told = kept
        return Exchanged(answered=1)

    def _replace(self, deviceid: str, members: Mapping[str, object], said_at: datetime) -> Exchanged:
        entries, ignored = read_layout(members)
        replaced = sum(self.configurations.replace(deviceid, configuration, said_at) for configuration in entries)
        return Exchanged(replaced=replaced, ignored=ignored + len(entries) - replaced)

    def _delete(self, deviceid: str, members: Mapping[str, object], said_at: datetime) -> Exchanged:
        asked = asked_peripherals(members)
        if asked is None:
            return Exchanged(ignored=1)
        slots = [one.slot for one in self.configurations.list(deviceid) if one.slot.peripheral in asked]
        deleted = sum(self.configurations.withdraw(deviceid, slot, said_at) for slot in slots)
        return Exchanged(deleted=deleted, ignored=len(slots) - deleted)

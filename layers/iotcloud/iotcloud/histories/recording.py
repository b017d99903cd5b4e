"""The historian: stores every message of a registered device once, and records the device's last contact."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from iotcloud.batches import Failures, confine
from iotcloud.devices.interfaces import Parking
from iotcloud.devices.model import RegisteredDevice
from iotcloud.histories.interfaces import HeardDevices, MessageWriter
from iotcloud.histories.model import Message, lane_of, text_of
from iotcloud.ingest import Delivery, DeviceMessage
from iotcloud.topics import Direction

UNKNOWN_DEVICE = "device is not registered"


def keep(message: DeviceMessage, owner: str, registration: str) -> Message:
    """Convert a device's message to its stored form."""
    payload, is_base64 = text_of(message.payload)
    return Message(
        owner=owner,
        deviceid=message.topic.deviceid,
        registration=registration,
        lane=lane_of(message.topic),
        topic=message.topic.api,
        payload=payload,
        is_base64=is_base64,
        received_at=message.received_at,
        message_id=message.message_id,
    )


@dataclass(frozen=True)
class Recorded:
    """The outcome of a batch."""

    kept: Mapping[Message, Sequence[str]]
    """The messages that were written, each with the deliveries that brought it."""
    failed: Sequence[str]
    """The records to redeliver."""
    parked: Mapping[str, int] = field(default_factory=dict)
    """How many were parked for each reason."""
    watched: Mapping[str, RegisteredDevice] = field(default_factory=dict)
    """The devices of these messages that somebody watches, by id."""
    reasons: Counter[str] = field(default_factory=Counter)
    """Why deliveries failed, by exception and line."""


@dataclass(frozen=True)
class Recorder:
    """Stores a batch of device messages in a number of requests that depends on the batch's size alone."""

    devices: HeardDevices
    messages: MessageWriter
    parking: Parking
    heartbeat_seconds: int

    def record_messages(self, deliveries: Sequence[Delivery]) -> Recorded:
        """Store the messages of registered devices, park the rest, and record heartbeats.

        Idempotent: a message is written under its own id. A record with which anything fails is reported alone.
        """
        failures = Failures()
        parts = confine(deliveries, self._record, lambda delivery: (delivery.delivery_id,), failures)
        parked: Counter[str] = Counter()
        for part in parts:
            parked.update(part.parked)
        return Recorded(
            kept={message: ids for part in parts for message, ids in part.kept.items()},
            failed=[*(one for part in parts for one in part.failed), *failures.ids],
            parked=parked,
            watched={deviceid: device for part in parts for deviceid, device in part.watched.items()},
            reasons=failures.reasons + Counter({"NotWritten": sum(len(part.failed) for part in parts)}),
        )

    def _record(self, deliveries: Sequence[Delivery]) -> Recorded:
        readable = [(delivery.delivery_id, delivery.message) for delivery in deliveries if delivery.message is not None]
        devices = self.devices.find_devices({message.topic.deviceid for _, message in readable})
        heard = [(delivery_id, message) for delivery_id, message in readable if message.topic.deviceid in devices]
        kept: dict[Message, list[str]] = defaultdict(list)
        for delivery_id, message in heard:
            device = devices[message.topic.deviceid]
            kept[keep(message, device.owner, device.registration)].append(delivery_id)
        unwritten = frozenset(self.messages.put_messages(list(kept)))
        self._record_heartbeats([message for _, message in heard], devices)
        # Last: it is the one step that is not idempotent, and `confine` repeats what comes before a failure.
        parked = self._park(deliveries, devices)
        return Recorded(
            kept={message: delivery_ids for message, delivery_ids in kept.items() if message not in unwritten},
            failed=[delivery_id for message in unwritten for delivery_id in kept[message]],
            parked=parked,
            watched={deviceid: device for deviceid, device in devices.items() if device.watchers},
        )

    def _park(self, deliveries: Sequence[Delivery], devices: Mapping[str, RegisteredDevice]) -> Mapping[str, int]:
        useless = {}
        for delivery in deliveries:
            if delivery.message is None:
                useless[delivery.body] = delivery.fault
            elif delivery.message.topic.deviceid not in devices:
                useless[delivery.body] = UNKNOWN_DEVICE
        if useless:
            self.parking.park(useless)
        return Counter(useless.values())

    def _record_heartbeats(self, messages: Sequence[DeviceMessage], devices: Mapping[str, RegisteredDevice]) -> None:
        newest: dict[str, datetime] = {}
        for message in messages:
            if message.topic.direction is Direction.FROM:
                deviceid = message.topic.deviceid
                newest[deviceid] = max(message.received_at, newest.get(deviceid, message.received_at))
        due = {deviceid: heard for deviceid, heard in newest.items() if self._is_due(devices[deviceid], heard)}
        if due:
            self.devices.record_heartbeats(due)

    def _is_due(self, device: RegisteredDevice, seen_at: datetime) -> bool:
        known = device.heartbeat_at
        return known is None or seen_at - known >= timedelta(seconds=self.heartbeat_seconds)

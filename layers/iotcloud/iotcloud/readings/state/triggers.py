"""Trigger outbox: sends alerts to the notifier in the form of a device's triggers (device protocol 5 and 7.1)."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass

from iotcloud.errors import DependencyFailed
from iotcloud.histories.recording import keep
from iotcloud.ingest import DeviceMessage
from iotcloud.peripherals.model import Slot
from iotcloud.readings.interfaces import TriggerHistory, TriggerQueue
from iotcloud.readings.state.model import PendingAlert
from iotcloud.readings.state.updater import Batch
from iotcloud.topics import DeviceTopic, Direction

API = "trigger_notification"


@dataclass(frozen=True)
class TriggerOutbox:
    """Sends triggers on behalf of devices, and stores them in the devices' histories.

    They go to the notifier's queue, not to the broker, so they do not count as contact with the device.
    """

    queue: TriggerQueue
    history: TriggerHistory

    def tell(self, batch: Batch, events: Sequence[PendingAlert]) -> None:
        """Hand tellings on, each under an id of its own that stays the same; raise DependencyFailed."""
        triggers = [make_trigger(batch, event) for event in events]
        self.queue.send(triggers)
        if self.history.put_messages([keep(trigger, batch.owner, batch.registration) for trigger in triggers]):
            raise DependencyFailed("triggers could not be kept")


def make_trigger(batch: Batch, pending: PendingAlert) -> DeviceMessage:
    """Build the trigger message that the device itself would send. The samples of `batch` are not used."""
    event = pending.event
    members: dict[str, object] = {"activate": int(event.is_activation), "condition": pending.condition}
    if pending.is_subclass:
        members["subclass"] = True
    return DeviceMessage(
        topic=DeviceTopic(Direction.FROM, batch.deviceid, _api(pending.slot)),
        payload=json.dumps(members).encode(),
        received_at=event.reading.at,
        message_id=_message_id(batch, pending),
    )


def _api(slot: Slot) -> str:
    return "/".join([API, slot.source, "default", *([] if slot.address is None else [str(slot.address)])])


def _message_id(batch: Batch, pending: PendingAlert) -> str:
    event = pending.event
    parts = (
        batch.registration,
        pending.slot,
        pending.is_subclass,
        event.reading.position,
        event.is_activation,
        *(["silence"] if pending.is_inactivity else []),
    )
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:32]

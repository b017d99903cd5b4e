"""The notifier: dispatches the triggers of a queue batch. Unusable records are parked and reported."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from iotcloud.batches import Failures, confine
from iotcloud.clock import Clock
from iotcloud.devices.interfaces import Parking
from iotcloud.ingest import Delivery, DeviceMessage
from iotcloud.notices.interfaces import DeviceConsole, TriggerDispatcher
from iotcloud.notices.ledger import State
from iotcloud.notices.triggers import Trigger, UnusableTrigger, read_trigger


@dataclass
class Taken:
    """The outcome of a batch of triggers."""

    states: Counter[State] = field(default_factory=Counter)
    """Notices by the state in which they were left."""
    held_back: Counter[str] = field(default_factory=Counter)
    """Notices that a limit held back, by reason."""
    refused: Counter[str] = field(default_factory=Counter)
    """Triggers without a single notice, by reason."""
    parked: Counter[str] = field(default_factory=Counter)
    """Unusable records, by reason."""
    failures: Failures = field(default_factory=Failures)

    @property
    def failed(self) -> list[str]:
        """The records to redeliver."""
        return self.failures.ids


@dataclass(frozen=True)
class Notifier:
    """Takes triggers."""

    dispatcher: TriggerDispatcher
    parking: Parking
    console: DeviceConsole
    clock: Clock

    def take_triggers(self, deliveries: Sequence[Delivery]) -> Taken:
        """Dispatch a batch.

        Only triggers that failed are redelivered. Idempotent.
        """
        taken = Taken()
        useless: dict[Delivery, str] = {}
        for delivery in deliveries:
            with taken.failures.confined([delivery.delivery_id]):
                self._take(delivery, taken, useless)
        confine(list(useless), lambda part: self._park(part, useless, taken), _id_of, taken.failures)
        return taken

    def _park(self, part: Sequence[Delivery], reasons: Mapping[Delivery, str], taken: Taken) -> None:
        self.parking.park({delivery.body: reasons[delivery] for delivery in part})
        taken.parked.update(reasons[delivery] for delivery in part)

    def _take(self, delivery: Delivery, taken: Taken, useless: dict[Delivery, str]) -> None:
        message = delivery.message
        if message is None:
            useless[delivery] = delivery.fault
            return
        try:
            trigger = _trigger(message)
        except UnusableTrigger as unusable:
            self.console.tell_status(message.topic.deviceid, f"NG. {unusable}.")
            useless[delivery] = str(unusable)
            return
        dispatched = self.dispatcher.dispatch(trigger, self.clock())
        taken.states.update(notice.state for notice in dispatched.notices)
        taken.held_back.update(notice.reason for notice in dispatched.notices if notice.state is State.SUPPRESSED)
        if dispatched.refusal:
            taken.refused[dispatched.refusal] += 1


def _id_of(delivery: Delivery) -> tuple[str]:
    return (delivery.delivery_id,)


def _trigger(message: DeviceMessage) -> Trigger:
    return read_trigger(
        message.message_id, message.topic.deviceid, message.topic.api, message.payload, message.received_at
    )

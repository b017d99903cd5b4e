"""The notifier's batches: invalid triggers are parked and reported, failed ones are redelivered and delay no others."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

from iotcloud.errors import CommunicationFailed, DependencyFailed
from iotcloud.ingest import Delivery
from iotcloud.notices.dispatch import Dispatched
from iotcloud.notices.trigger_consumer import Notifier
from iotcloud.notices.triggers import Trigger
from tests.fakes.histories import FakeParking
from tests.fakes.messages import delivery
from tests.fakes.notices import FakeConsole

AT = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
UART = "server/PH80/trigger_notification/uart/email"
UNREADABLE = Delivery("d9", "body 9", None, "body is not JSON")


@dataclass
class FakeDispatcher:
    """Fails for some triggers, by their ids."""

    failing: set[str] = field(default_factory=set)
    dispatched: list[str] = field(default_factory=list)

    def dispatch(self, trigger: Trigger, now: datetime) -> Dispatched:
        if trigger.trigger_id in self.failing:
            raise DependencyFailed
        self.dispatched.append(trigger.trigger_id)
        return Dispatched((), "no recipient is enabled")


class LostConsole(FakeConsole):
    """A console that cannot be reached."""

    def tell_status(self, deviceid: str, status: str) -> None:
        raise CommunicationFailed


def test_a_trigger_that_failed_comes_again_and_the_others_do_not() -> None:
    dispatcher = FakeDispatcher({"m00002"})

    taken = Notifier(dispatcher, FakeParking(), FakeConsole(), lambda: AT).take_triggers(
        [delivery(number, UART) for number in (1, 2, 3)]
    )

    assert dispatcher.dispatched == ["m00001", "m00003"]
    assert (taken.failed, taken.refused) == (["d2"], {"no recipient is enabled": 2})


def test_what_is_no_trigger_is_parked_and_the_device_told() -> None:
    parking, console = FakeParking(), FakeConsole()

    taken = Notifier(FakeDispatcher(), parking, console, lambda: AT).take_triggers(
        [UNREADABLE, delivery(1, UART, b"[]"), delivery(2, UART)]
    )

    assert parking.parked == {"body 9": "body is not JSON", "body 1": "the payload is not an object"}
    assert console.told == [("PH80", "NG. the payload is not an object.")]
    assert (taken.failed, taken.parked.total()) == ([], 2)


def test_a_device_that_cannot_be_told_holds_up_no_other_trigger() -> None:
    dispatcher, parking = FakeDispatcher(), FakeParking()

    taken = Notifier(dispatcher, parking, LostConsole(), lambda: AT).take_triggers(
        [delivery(1, UART, b"[]"), delivery(2, UART)]
    )

    assert (taken.failed, dispatcher.dispatched, parking.parked) == (["d1"], ["m00002"], {})

"""Notices to other devices: taken when the device may be there, kept for a while when it is known to be away."""

from dataclasses import replace
from datetime import timedelta

import pytest

from iotcloud.adapters.device_notices import ModemSender
from iotcloud.devices.model import Device
from iotcloud.devices.presence import Mark, Presence
from iotcloud.errors import CommunicationFailed
from iotcloud.notices.delivery import Courier, DeliveryUncertain
from iotcloud.notices.ledger import MAX_ATTEMPTS, Notice, State
from iotcloud.notification_blocks.model import Channel
from tests.fakes.histories import FakeRegistry
from tests.fakes.messages import NOON, device
from tests.fakes.notices import FakeConsole, FakeLedger
from tests.fakes.publisher import FakePublisher

ROOF = device("PH81", "Roof unit")
AWAY = replace(ROOF, presence=Presence(Mark(NOON, 1), Mark(NOON + timedelta(seconds=5), 1)))
BACK = replace(ROOF, presence=Presence(Mark(NOON + timedelta(seconds=9), 2), Mark(NOON + timedelta(seconds=5), 1)))
NOTICE = Notice("n1", "ann", "PH80", NOON, Channel.MODEM, "Roof unit", "PH81", "Hot", 3, "GPIO1")


class Harness:
    """A courier with a modem sender."""

    def __init__(self, *devices: Device) -> None:
        self.registry, self.publisher, self.ledger = FakeRegistry(list(devices)), FakePublisher(), FakeLedger()
        self.console = FakeConsole()
        sender = ModemSender(self.publisher, self.registry)
        self.courier = Courier(self.ledger, {Channel.MODEM: sender}, self.console)
        self.ledger.enter(NOTICE)

    def attempt(self) -> Notice:
        notice = self.courier.deliver("PH80", "n1", NOON).notice
        assert notice is not None
        return notice


@pytest.mark.parametrize("there", [ROOF, BACK, replace(AWAY, heartbeat_at=NOON + timedelta(minutes=1))])
def test_a_device_that_may_be_there_is_written_to(there: Device) -> None:
    harness = Harness(there)

    assert harness.attempt().state is State.SENT
    message = {"recipient": "PH81", "message": "Hot", "sender": "PH80"}
    assert harness.publisher.published == [("PH81", "recv_notification", message)]


def test_a_notice_waits_for_a_device_that_is_away() -> None:
    harness = Harness(AWAY)

    waiting = harness.attempt()
    harness.registry.devices = [BACK]

    assert (waiting.state, waiting.reason) == (State.QUEUED, "device is offline")
    assert harness.console.told == []
    assert harness.attempt().state is State.SENT
    assert len(harness.publisher.published) == 1


def test_a_notice_fails_when_the_device_stays_away() -> None:
    harness = Harness(AWAY)

    states = [harness.attempt().state for _ in range(MAX_ATTEMPTS)]

    assert states == [State.QUEUED] * (MAX_ATTEMPTS - 1) + [State.FAILED]
    assert harness.publisher.published == []
    assert harness.console.told == [("PH80", "NG. device is offline.")]
    assert not harness.ledger.kept["PH80", "n1"].is_exhausted


def test_a_device_that_has_gone_meanwhile_gets_nothing() -> None:
    gone = Harness().attempt()

    assert (gone.state, gone.reason) == (State.FAILED, "device is not registered")


def test_a_broker_that_does_not_confirm_leaves_it_open() -> None:
    class Broken(FakePublisher):
        def publish(self, *_: object) -> None:  # type: ignore[override]
            raise CommunicationFailed

    with pytest.raises(DeliveryUncertain):
        ModemSender(Broken(), FakeRegistry([ROOF])).send(NOTICE)

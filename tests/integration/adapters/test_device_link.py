"""The device link on real connections to a broker that, like AWS IoT Core, delivers only some time after the SUBACK. No
caller misses an immediate reply, and none gets another's."""

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from random import Random

import pytest

from iotcloud.adapters import device_link, mqtt_session
from iotcloud.adapters.device_link import MqttDeviceLink
from iotcloud.adapters.mqtt_session import MAX_SUBSCRIPTIONS, MqttSession
from iotcloud.commands.model import CommandLease
from iotcloud.devices.model import Device
from iotcloud.errors import DeviceUnreachable
from tests.fakes.command_leases import FakeCommandLeases
from tests.fakes.devices import make_device
from tests.integration.adapters.websocket_broker import WebsocketBroker, echo_mqtt3, echo_mqtt5

DELIVERS_AFTER = 0.1
"""Counted from before the SUBACK goes out, so that as much from when it comes in is enough."""
PATIENCE_SECONDS = 20.0
"""In place of the times that a call and its parts have: the outcome must not hang on how fast this machine is."""
BOTH = pytest.mark.parametrize("is_mqtt5", [True, False], ids=["MQTT 5", "MQTT 3.1.1"])


@dataclass
class CommandLeases(FakeCommandLeases):
    """The fake, for several environments at once."""

    lock: threading.Lock = field(default_factory=threading.Lock)

    def acquire(self, deviceid: str, api: str, holder: str, now: datetime, until: datetime) -> CommandLease | None:
        with self.lock:
            return super().acquire(deviceid, api, holder, now, until)

    def release(self, lease: CommandLease, owed: tuple[datetime, ...]) -> None:
        with self.lock:
            super().release(lease, owed)


class Protocols:
    """Learns nothing: the tests define a device's protocol."""

    def record_protocol(self, deviceid: str, is_mqtt5: bool) -> None: ...


class Environments:
    """Execution environments at one broker, each with its own link."""

    def __init__(self, broker: WebsocketBroker, count: int, settle_seconds: float = DELIVERS_AFTER) -> None:
        leases = CommandLeases()
        self.links = [
            MqttDeviceLink(lambda deadline: MqttSession(broker.upgrade, deadline), leases, Protocols(), settle_seconds)
            for _ in range(count)
        ]
        self._token = iter(range(10**9))

    def close(self) -> None:
        for link in self.links:
            link.close()

    def ask(self, link: MqttDeviceLink, device: Device) -> None:
        """Send a command with a new token, which the reply must contain."""
        token = next(self._token)
        assert link.request(device, "set_status", {"token": token}, PATIENCE_SECONDS) == {"token": token}


@pytest.fixture(autouse=True)
def _patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device_link, "PROOF_SECONDS", PATIENCE_SECONDS)
    monkeypatch.setattr(mqtt_session, "CONNECT_SECONDS", PATIENCE_SECONDS)


@pytest.fixture
def broker(is_mqtt5: bool) -> Iterator[WebsocketBroker]:
    with WebsocketBroker(echo_mqtt5 if is_mqtt5 else echo_mqtt3, DELIVERS_AFTER) as broker:
        yield broker


def devices(count: int, is_mqtt5: bool) -> list[Device]:
    return [make_device(deviceid=f"PH{number}", is_mqtt5=is_mqtt5) for number in range(count)]


@BOTH
def test_the_broker_of_this_test_drops_what_comes_too_early(broker: WebsocketBroker, is_mqtt5: bool) -> None:
    """Without this delay the other tests would prove nothing."""
    broker.delivers_after = PATIENCE_SECONDS
    environments = Environments(broker, 1, settle_seconds=0.0)

    with pytest.raises(DeviceUnreachable):
        environments.links[0].request(devices(1, is_mqtt5)[0], "set_status", {}, 1.0)
    assert len(broker.commands) == 1
    environments.close()


@BOTH
def test_no_reply_is_missed_by_one_environment_at_more_devices_than_subscriptions(
    broker: WebsocketBroker, is_mqtt5: bool
) -> None:
    broker.delivers_after = 0.02
    environments = Environments(broker, 1, settle_seconds=0.02)
    (link,) = environments.links
    targets = devices(MAX_SUBSCRIPTIONS + 5, is_mqtt5)

    for device in (*targets, *targets[:5], *targets[-10:]):
        environments.ask(link, device)

    assert broker.connections == 1
    # The first five had been given up for the last ones; those asked in the end were still there.
    assert len(broker.subscribed) == len(targets) + 5
    assert broker.most_subscriptions() <= MAX_SUBSCRIPTIONS
    environments.close()


@BOTH
def test_no_reply_is_missed_or_crossed_by_environments_that_take_turns_at_a_device(
    broker: WebsocketBroker, is_mqtt5: bool
) -> None:
    """Each environment receives, unread, the replies to the others."""
    environments = Environments(broker, 4)
    (device,) = devices(1, is_mqtt5)

    for _ in range(10):
        for link in environments.links:
            environments.ask(link, device)

    assert len(broker.subscribed) == 4
    assert broker.pings == len(broker.commands) == 4 * 10
    environments.close()


@BOTH
def test_no_reply_is_missed_or_crossed_by_environments_at_once(broker: WebsocketBroker, is_mqtt5: bool) -> None:
    environments = Environments(broker, 6)
    targets = devices(4, is_mqtt5)

    def work(number: int) -> None:
        random = Random(number)
        for _ in range(15):
            environments.ask(environments.links[number], random.choice(targets))

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(work, range(6)))

    assert len(broker.commands) == 6 * 15
    environments.close()


@BOTH
def test_after_a_connection_is_cut_the_next_one_settles_too(broker: WebsocketBroker, is_mqtt5: bool) -> None:
    environments = Environments(broker, 2)
    targets = devices(3, is_mqtt5)

    for _ in range(3):
        for device in targets:
            for link in environments.links:
                environments.ask(link, device)
        broker.cut()

    assert broker.connections == 2 * 3
    assert len({json.loads(command)["token"] for command in broker.commands}) == len(broker.commands) == 2 * 3 * 3
    environments.close()

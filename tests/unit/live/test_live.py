"""Live data: who may listen where, who watches what for how long, and who is told."""

import json
from dataclasses import replace
from datetime import timedelta
from fnmatch import fnmatchcase
from typing import Any

import pytest

from iotcloud import topics
from iotcloud.devices.connections import ConnectionService
from iotcloud.devices.model import DEVICEID_PATTERN, MAX_WATCHERS, Device, Role, Watcher, checked_deviceid
from iotcloud.devices.presence import Change, Mark, Presence, PresenceEvent
from iotcloud.devices.schema import LifecycleEvent
from iotcloud.devices.service import DeviceService
from iotcloud.errors import InvalidInput
from iotcloud.live.model import LiveKind, client_id, segment, session_policy, topic_of
from iotcloud.live.publishing import LiveUpdates
from iotcloud.live.service import LiveService
from iotcloud.peripherals.model import Sensor, Slot
from iotcloud.readings.alerts.threshold_state import ThresholdState
from iotcloud.readings.model import read_samples
from iotcloud.readings.state.model import DeviceState, SensorState
from tests.fakes.devices import FakeDevices, FakeRights, make_device
from tests.fakes.messages import NOON, after
from tests.fakes.peripherals import FakeSensors
from tests.fakes.publisher import FakePublisher

ARN = "arn:aws:iot:eu-west-1:123456789012"
POT = Sensor(Slot("i2c", 1, 40), "POT 1", "potentiometer", "input", NOON)
HEAT = Sensor(Slot("tprobe", 1), "TH 1", "temperature", "input", NOON, subclass="humidity")
REPORT = {"sensors": {"tprobe1": [{"value": 20, "subclass": {"value": 60}}], "i2c1": [{"address": 40, "value": 5}]}}


class FakeBroker:
    """Keeps what sessions were asked for."""

    arn_prefix = ARN

    def __init__(self) -> None:
        self.opened: list[tuple[str, Any, int]] = []

    def open_session(self, session_name: str, policy: Any, seconds: int) -> str:
        self.opened.append((session_name, policy, seconds))
        return "wss://broker.example.com/mqtt?signed"


class House:
    """The services and what they stand on."""

    def __init__(self) -> None:
        self.now = NOON
        self.registry, self.rights, self.sensors = FakeDevices(), FakeRights(), FakeSensors()
        self.broker, self.publisher = FakeBroker(), FakePublisher()
        devices = DeviceService(self.registry, self.sensors, self.rights)
        self.live = LiveService(devices, self.registry, self.broker, lambda: self.now)
        self.updates = LiveUpdates(lambda: self.publisher, self.sensors, self.registry, lambda: self.now)

    def add(self, *devices: Device) -> None:
        for device in devices:
            self.registry.add(device)

    def row(self, deviceid: str) -> Any:
        return self.registry.rows[deviceid]

    @property
    def told(self) -> list[str]:
        return [topic for topic, _ in self.publisher.live]


@pytest.fixture
def house() -> House:
    house = House()
    house.add(make_device("Barn", deviceid="BARN", registered_at=NOON), make_device("Roof", deviceid="ROOF"))
    return house


def shared(username: str, role: Role = Role.VIEWER) -> Device:
    return make_device("Barn", deviceid="BARN", username=username, role=role, invited_as=f"{username}@example.com")


def is_allowed(policy: Any, action: str, resource: str) -> bool:
    return any(
        statement["Action"] == action and fnmatchcase(f"{ARN}:{resource}", statement["Resource"])
        for statement in policy["Statement"]
    )


@pytest.mark.parametrize(
    ("action", "resource", "is_mine"),
    [
        ("iot:Connect", "client/app.ann.1a2b", True),
        ("iot:Connect", "client/app.bob.1a2b", False),
        ("iot:Connect", "client/app.anna.1a2b", False),
        ("iot:Connect", "client/BARN", False),
        ("iot:Connect", "client/api-1", False),
        ("iot:Subscribe", "topicfilter/app.live/ann/#", True),
        ("iot:Subscribe", "topicfilter/app.live/ann/+/readings", True),
        ("iot:Subscribe", "topicfilter/app.live/bob/#", False),
        ("iot:Subscribe", "topicfilter/app.live/+/#", False),
        ("iot:Subscribe", "topicfilter/app.live/#", False),
        ("iot:Subscribe", "topicfilter/#", False),
        ("iot:Subscribe", "topicfilter/server/#", False),
        ("iot:Receive", "topic/app.live/ann/BARN/readings", True),
        ("iot:Receive", "topic/app.live/bob/BARN/readings", False),
        ("iot:Receive", "topic/BARN/get_status", False),
        ("iot:Publish", "topic/app.live/ann/BARN/readings", False),
    ],
)
def test_a_session_reaches_its_users_topics_alone(action: str, resource: str, *, is_mine: bool) -> None:
    assert is_allowed(session_policy("ann", ARN), action, resource) is is_mine


@pytest.mark.parametrize(
    "username", ["a.b", "a/b", "*", "a*", "?", "a b", "${aws:username}", "ann@example.com", "=2A", "\u00e9"]
)
def test_no_name_of_a_user_is_a_pattern_or_a_path(username: str) -> None:
    assert set(segment(username)) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789=_-")
    assert not is_allowed(session_policy(username, ARN), "iot:Subscribe", "topicfilter/app.live/ann/#")
    assert is_allowed(session_policy(username, ARN), "iot:Connect", f"client/{client_id(username, 'x')}")
    assert is_allowed(
        session_policy(username, ARN), "iot:Receive", f"topic/{topic_of(username, 'D', LiveKind.READINGS)}"
    )


def test_two_users_have_no_topic_in_common() -> None:
    names = ["a.b", "a=2Eb", "a", "b", "a/b", "A", "ab"]
    assert len({segment(name) for name in names}) == len(names)


def test_a_policy_is_far_below_what_a_session_takes() -> None:
    uuid = "0a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d"
    assert len(json.dumps(session_policy(uuid, ARN), separators=(",", ":"))) < 600


@pytest.mark.parametrize("deviceid", [topics.LIVE, "app.x.1", "app.live/x"])
def test_no_device_can_be_called_as_live_topics_or_clients_are(deviceid: str) -> None:
    with pytest.raises(InvalidInput):
        checked_deviceid(deviceid)
    assert "." not in DEVICEID_PATTERN.strip("^$")


def test_access_is_a_url_with_the_users_own_client_and_topics(house: House) -> None:
    access = house.live.open_access("ann")

    ((name, policy, seconds),) = house.broker.opened
    assert (name, seconds) == ("live-ann", 3600)
    assert is_allowed(policy, "iot:Connect", f"client/{access.clientid}")
    assert is_allowed(policy, "iot:Subscribe", f"topicfilter/{access.topic_filter}")
    assert access.expires_at == NOON + timedelta(hours=1)
    assert house.live.open_access("ann").clientid != access.clientid


def test_a_lease_is_about_the_users_devices_alone_and_lasts_ten_minutes(house: House) -> None:
    house.add(make_device("Other", deviceid="OTHER", owner="bob"))

    lease = house.live.watch_devices("ann", ["Barn", "Barn", "Other", "Nothing", "x" * 99])

    assert (list(lease.devicenames), lease.until) == (["Barn"], NOON + timedelta(minutes=10))
    assert house.row("BARN").watchers == (Watcher("ann", lease.until),)
    assert house.row("ROOF").watchers == house.row("OTHER").watchers == ()


def test_a_device_that_is_being_deleted_is_not_watched(house: House) -> None:
    house.registry.leave(house.registry.find("ann", "Barn"), NOON, timedelta(minutes=1))
    assert house.live.watch_devices("ann", ["Barn"]).devicenames == []


def test_a_device_has_eight_watchers_and_room_again_when_one_is_gone(house: House) -> None:
    for number in range(MAX_WATCHERS):
        device = shared(f"u{number}")
        house.registry.add_name(house.row("BARN"), device.username, "Barn", Role.VIEWER, device.invited_as or "")
        assert house.live.watch_devices(device.username, ["Barn"]).devicenames == ["Barn"]

    assert house.live.watch_devices("ann", ["Barn"]).devicenames == []
    assert house.live.watch_devices("u0", ["Barn"]).devicenames == ["Barn"]
    house.now = after(601)
    assert house.live.watch_devices("ann", ["Barn"]).devicenames == ["Barn"]
    assert [one.username for one in house.row("BARN").watchers] == ["ann"]


def test_a_right_that_is_taken_while_the_note_is_written_leaves_none(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.registry.add_name(house.row("BARN"), "vic", "Barn", Role.VIEWER, "vic@example.com")
    watch = house.registry.watch

    def take_back_first(*arguments: Any) -> bool:
        house.rights.taken.add(("BARN", "vic"))
        return watch(*arguments)

    monkeypatch.setattr(house.registry, "watch", take_back_first)

    assert house.live.watch_devices("vic", ["Barn"]).devicenames == []
    assert house.row("BARN").watchers == ()


def test_readings_go_to_those_who_watch_with_names_and_states(house: House) -> None:
    house.sensors.add("BARN", POT)
    house.sensors.add("BARN", HEAT)
    house.live.watch_devices("ann", ["Barn"])
    samples, _ = read_samples(json.dumps(REPORT), after(5), "m1")
    alarm = DeviceState({HEAT.slot: SensorState(threshold_state=ThresholdState("t", was_active=True))})

    house.updates.tell_readings(house.row("BARN"), samples, alarm)

    assert house.publisher.live == [
        (
            "app.live/ann/BARN/readings",
            {
                "at": int(after(5).timestamp()),
                "sensors": [
                    {"source": "i2c", "number": 1, "address": 40, "sensorname": "POT 1", "value": 5, "state": 0},
                    {"source": "tprobe", "number": 1, "sensorname": "TH 1", "value": 20, "subvalue": 60, "state": 1},
                ],
            },
        )
    ]


def test_of_many_samples_the_newest_25_are_told_in_order(house: House) -> None:
    house.sensors.add("BARN", POT)
    house.live.watch_devices("ann", ["Barn"])
    packed = {"samples": [{"age": 40 - n, "sensors": {"i2c1": [{"address": 40, "value": n}]}} for n in range(40)]}
    samples, _ = read_samples(json.dumps(packed), after(100), "m1")

    house.updates.tell_readings(house.row("BARN"), samples, DeviceState())

    values = [payload["sensors"][0]["value"] for _, payload in house.publisher.live]  # type: ignore[index]
    assert values == list(range(15, 40))


def test_nobody_watches_and_nothing_is_asked(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(house.sensors, "list", None)
    samples, _ = read_samples(json.dumps(REPORT), after(5), "m1")

    house.updates.tell_readings(house.row("BARN"), samples, DeviceState())

    assert house.told == []


def test_an_expired_lease_tells_nothing(house: House) -> None:
    house.live.watch_devices("ann", ["Barn"])
    house.updates.tell_change(house.row("BARN"), "gpio2")
    house.now = NOON + timedelta(minutes=10)

    house.updates.tell_change(house.row("BARN"), "gpio2")

    assert len(house.told) == 1


def test_each_kind_has_its_topic_and_members(house: House) -> None:
    house.live.watch_devices("ann", ["Barn"])
    barn = replace(house.row("BARN"), presence=Presence(Mark(NOON, 1)))

    house.updates.tell_presence(barn)
    house.updates.tell_change(barn, "gpio2")
    house.updates.tell_firmware(barn, "downloading", 40)
    house.updates.tell_firmware(barn, "done")
    house.updates.tell_notice("BARN", barn.registration, "n1", "sent")

    at = int(NOON.timestamp())
    assert house.publisher.live == [
        ("app.live/ann/BARN/presence", {"at": at, "online": True, "connected_at": at}),
        ("app.live/ann/BARN/changes", {"at": at, "what": "gpio2"}),
        ("app.live/ann/BARN/firmware", {"at": at, "state": "downloading", "percent": 40}),
        ("app.live/ann/BARN/firmware", {"at": at, "state": "done"}),
        ("app.live/ann/BARN/notices", {"at": at, "noticeid": "n1", "state": "sent"}),
    ]


def test_a_notice_of_an_earlier_registration_is_not_told(house: House) -> None:
    house.live.watch_devices("ann", ["Barn"])
    house.updates.tell_notice("BARN", "earlier", "n1", "sent")
    house.updates.tell_notice("GONE", "earlier", "n1", "sent")
    assert house.told == []


def test_a_broker_that_takes_nothing_fails_nothing(house: House) -> None:
    house.live.watch_devices("ann", ["Barn"])
    house.publisher.is_live_down = True
    house.updates.tell_change(house.row("BARN"), "gpio2")
    assert house.told == []


class Silent:
    """Certificates and parking of which nothing is asked here."""

    def note_use(self, device: object, certificate_id: str) -> None:
        """See CertificateUse."""

    def park(self, bodies: object) -> None:
        """See Parking."""


def arrival(clientid: str) -> Any:
    body = {
        "clientId": clientid,
        "eventType": "connected",
        "timestamp": int(NOON.timestamp()) * 1000,
        "versionNumber": 1,
    }
    return LifecycleEvent.read_arrivals({"Records": [{"messageId": "1", "body": json.dumps(body)}]})


def test_a_connection_is_told_and_one_of_an_app_is_no_devices(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    house.live.watch_devices("ann", ["Barn"])
    service = ConnectionService(house.registry, Silent(), Silent(), house.updates)

    service.record_events(arrival("BARN"))
    assert house.told == ["app.live/ann/BARN/presence"]
    monkeypatch.setattr(house.registry, "record_presence", None)
    recorded = service.record_events(arrival("app.ann.1a2b"))

    assert (recorded.recorded, recorded.unknown, list(recorded.failed)) == (0, 1, [])


def test_the_event_of_a_connection_is_read() -> None:
    (one,) = arrival("BARN")
    assert one.event == PresenceEvent("BARN", Change.CONNECTED, Mark(NOON, 1), "", "")

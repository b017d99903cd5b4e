"""Live data on the local cloud, with rights enforced: one's own topics, nobody else's, while one may."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import pytest
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from tests.e2e.broker_client import BrokerClient
from tests.e2e.patience import PATIENCE_SECONDS, eventually
from tests.e2e.people import NewDevice, NewPerson, Person, RegisteredDevice, Stack

READING = {"sensors": {"adc1": [{"class": 6, "value": 4.5}]}}
WIND = {
    "manufacturer": "m", "model": "w", "class": "anemometer", "type": "input", "units": ["m/s"],
    "formats": ["float"], "attributes": ["Wind"],
}  # fmt: skip


class Listener:
    """A receiver of live data: a WebSocket to the URL that the API signed."""

    def __init__(self, stack: Stack, live: dict[str, Any], *, clientid: str = "", url: str = "") -> None:
        parts, place = urlsplit(url or live["url"]), urlsplit(stack["endpoint_url"])
        self._address = place.hostname or "", place.port or 80
        self.received: list[tuple[str, Any]] = []
        self.codes: list[int] = []
        self.connects: list[bool] = []
        self.is_lost = False
        self._client = Client(
            CallbackAPIVersion.VERSION2,
            client_id=clientid or live["clientid"],
            transport="websockets",
            protocol=MQTTProtocolVersion.MQTTv311,
        )
        self._client.reconnect_delay_set(600, 600)
        self._client.ws_set_options(path=f"{parts.path}?{parts.query}", headers={"Host": parts.netloc})
        self._client.on_connect = lambda _c, _u, _f, reason, _p: self.connects.append(not reason.is_failure)
        self._client.on_subscribe = lambda _c, _u, _m, codes, _p: self.codes.append(codes[0].value)
        self._client.on_disconnect = self._lost
        self._client.on_message = self._keep

    def _lost(self, *_: Any) -> None:
        self.is_lost = True

    def _keep(self, _client: Client, _userdata: Any, message: MQTTMessage) -> None:
        self.received.append((message.topic, json.loads(message.payload)))

    def connect(self) -> bool:
        """Connect; tell whether the broker let it."""
        try:
            self._client.connect(*self._address)
        except (OSError, ValueError):
            return False
        self._client.loop_start()
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not self.connects and not self.is_lost and time.monotonic() < deadline:
            time.sleep(0.005)
        return self.connects == [True]

    def subscribe(self, topic_filter: str) -> bool:
        """Subscribe; tell whether the broker granted it."""
        before = len(self.codes)
        self._client.subscribe(topic_filter)
        deadline = time.monotonic() + PATIENCE_SECONDS
        while len(self.codes) == before and not self.is_lost and time.monotonic() < deadline:
            time.sleep(0.005)
        return len(self.codes) > before and self.codes[-1] < 0x80

    def of(self, kind: str) -> list[Any]:
        """Return what was told of a kind."""
        return [payload for topic, payload in self.received if topic.endswith(f"/{kind}")]

    def close(self) -> None:
        """End the connection."""
        self._client.disconnect()
        self._client.loop_stop()


def open_live(person: Person) -> dict[str, Any]:
    """Ask the API where to listen."""
    live: dict[str, Any] = person.api.must("POST", "/user/live", {})["live"]
    return live


@contextmanager
def listening(stack: Stack, person: Person) -> Iterator[Listener]:
    """Listen to all that a person is told."""
    live = open_live(person)
    listener = Listener(stack, live)
    try:
        assert listener.connect()
        assert listener.subscribe(live["topic"])
        yield listener
    finally:
        listener.close()


def test_who_watches_is_told_and_a_share_that_is_taken_back_stops_at_once(
    stack: Stack, new_person: NewPerson, new_device: NewDevice, user_id: Callable[[Person], str]
) -> None:
    owner, guest = new_person(), new_person()
    device = new_device(owner)
    owner.api.must("POST", f"{device.path}/adc/1/sensors/sensor/Wind", WIND)
    owner.api.must("POST", f"{device.path}/users", {"email": guest.username, "role": "viewer"})
    guest.api.must("POST", f"/devices/invitations/{device.deviceid}", {"devicename": "Guest unit"})
    topic = f"server/{device.deviceid}/sensor_reading"

    with listening(stack, owner) as mine, listening(stack, guest) as theirs:
        assert owner.api.must("POST", "/devices/live", {"devices": [device.devicename]})["devices"]
        assert guest.api.must("POST", "/devices/live", {"devices": ["Guest unit"]})["devices"] == ["Guest unit"]
        with BrokerClient(stack, device.deviceid, device.certificate, device.key) as client:
            assert client.publish(topic, READING)
            eventually(lambda: mine.of("readings") and theirs.of("readings"), bool)
            (sensor,) = mine.of("readings")[0]["sensors"]
            assert sensor == {"source": "adc", "number": 1, "sensorname": "Wind", "value": 4.5, "state": 0}
            eventually(lambda: any(one["online"] for one in mine.of("presence")), bool)

            owner.api.must("DELETE", f"{device.path}/users/{guest.username}")
            seen, known = len(theirs.received), len(mine.of("readings"))
            assert client.publish(topic, READING)
            eventually(lambda: len(mine.of("readings")) > known, bool)
        owner.api.must("DELETE", f"{device.path}/adc/1/sensors/sensor/Wind")
        eventually(lambda: "sensors" in [one["what"] for one in mine.of("changes")], bool)
        assert len(theirs.received) == seen
        assert {one.split("/")[1] for one, _ in mine.received} == {user_id(owner)}
        assert {one.split("/")[1] for one, _ in theirs.received} == {user_id(guest)}


@pytest.fixture
def user_id(stack: Stack, aws: Callable[[str], Any]) -> Callable[[Person], str]:
    """Give a function that tells under which name a person's data are kept."""

    def find(person: Person) -> str:
        found = aws("cognito-idp").admin_get_user(UserPoolId=stack["outputs"]["UserPoolId"], Username=person.username)
        return str(found["Username"])

    return find


def test_a_listener_reaches_nothing_else(stack: Stack, new_person: NewPerson) -> None:
    person, other = new_person(), new_person()
    live, foreign = open_live(person), open_live(other)
    for topic_filter in (foreign["topic"], "#", "app.live/#", "app.live/+/#", "server/+/sensor_reading", "+/+"):
        listener = Listener(stack, open_live(person))
        try:
            assert listener.connect()
            assert not listener.subscribe(topic_filter), topic_filter
        finally:
            listener.close()
    assert live["topic"] != foreign["topic"]


@pytest.mark.parametrize("fault", ["foreign client", "device", "bad signature", "no signature"])
def test_a_listener_connects_as_nobody_else(
    stack: Stack, new_person: NewPerson, new_device: NewDevice, fault: str
) -> None:
    person = new_person()
    live = open_live(person)
    clientid, url = live["clientid"], live["url"]
    if fault == "foreign client":
        clientid = open_live(new_person())["clientid"]
    elif fault == "device":
        clientid = new_device(person).deviceid
    elif fault == "bad signature":
        head, _, signature = url.partition("X-Amz-Signature=")
        url = f"{head}X-Amz-Signature={'0' if signature[0] != '0' else '1'}{signature[1:]}"
    else:
        url = url.partition("?")[0]
    listener = Listener(stack, live, clientid=clientid, url=url)
    try:
        assert not listener.connect()
    finally:
        listener.close()


def test_a_device_has_no_part_in_live_topics(stack: Stack, device: RegisteredDevice) -> None:
    for topic in ("app.live/#", f"app.live/{device.deviceid}/#"):
        with BrokerClient(stack, device.deviceid, device.certificate, device.key) as client:
            assert not client.subscribe(topic)
    with BrokerClient(stack, device.deviceid, device.certificate, device.key) as client:
        assert not client.publish("app.live/x/y/readings", {})
    status, _ = device.owner.api.call("POST", "/devices/device/Evil", {"deviceid": "app.live", "serialnumber": "1"})
    assert status == 400

"""Messages of devices and server, through rule, queue, historian and table, to the owner's history."""

import base64
import json
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest

from tests.e2e.patience import eventually
from tests.e2e.people import NewDevice, NewPerson, Person, RegisteredDevice, Stack
from tests.e2e.scripted_device import ScriptedDevice, echo

HISTORIES = "/devices/histories"


def silent(_number: int, _command: dict[str, Any]) -> Iterable[tuple[float, bytes]]:
    return ()


@pytest.fixture
def connected(device: RegisteredDevice, stack: Stack) -> Iterator[ScriptedDevice]:
    with ScriptedDevice.of(device, stack, echo) as scripted:
        yield scripted


def read(person: Person, **asked: object) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = person.api.must("POST", HISTORIES, asked)["transactions"]
    return found


def test_a_command_and_its_reply_are_in_the_history_newest_first(
    person: Person, device: RegisteredDevice, connected: ScriptedDevice
) -> None:
    began = int(time.time())
    assert person.api.call("POST", f"{device.path}/settings", {"sensorrate": 7})[0] == 200

    found = eventually(lambda: read(person), lambda found: len(found) >= 2)

    reply, command = (next(each for each in found if each["direction"] == way) for way in ("From", "To"))
    assert json.loads(command["payload"]) == {"sensorrate": 7}
    assert json.loads(reply["payload"])["value"]["command"] == {"sensorrate": 7}
    for each in (command, reply):
        assert (each["devicename"], each["deviceid"]) == (device.devicename, device.deviceid)
        assert each["topic"] == "set_settings"
        assert began <= each["timestamp"] <= time.time()
    times = [each["timestamp"] for each in found]
    assert times == sorted(times, reverse=True)


def test_the_device_was_heard_when_it_last_published(person: Person, device: RegisteredDevice, stack: Stack) -> None:
    began = int(time.time())
    with ScriptedDevice.of(device, stack, silent) as scripted:
        scripted.publish("hello", b"{}")
        shown = eventually(
            lambda: person.api.must("GET", device.path)["device"], lambda shown: shown.get("heartbeat") is not None
        )

    assert began <= int(shown["heartbeat"]) <= time.time()


def test_every_message_is_kept_as_it_was_sent_however_strange(
    person: Person, device: RegisteredDevice, connected: ScriptedDevice
) -> None:
    largest = bytes(range(256)) * 500
    sent = {
        "empty": b"",
        "text": "no JSON, but ümläut and \x00".encode(),
        "binary": b"\xff\xfe\x00",
        "largest": largest,
        "sub/topic": b"{}",
    }
    for api, payload in sent.items():
        connected.publish(api, payload)

    found = eventually(lambda: read(person), lambda found: len(found) >= len(sent))

    shown = {each["topic"]: each for each in found}
    assert {topic: payload_of(each) for topic, each in shown.items()} == sent
    assert {topic for topic, each in shown.items() if "encoding" in each} == {"binary", "largest"}


def payload_of(shown: dict[str, Any]) -> bytes:
    payload: str = shown["payload"]
    return base64.b64decode(payload) if shown.get("encoding") == "base64" else payload.encode()


def test_pages_together_hold_each_message_once(
    person: Person, device: RegisteredDevice, connected: ScriptedDevice
) -> None:
    for number in range(25):
        connected.publish(f"count{number % 3}", str(number).encode())
    eventually(lambda: read(person), lambda found: len(found) == 25)

    seen: list[str] = []
    path = f"{HISTORIES}?limit=10"
    while path:
        page = person.api.must("GET", path)
        seen += [each["payload"] for each in page["transactions"]]
        path = f"{HISTORIES}?limit=10&cursor={page['cursor']}" if "cursor" in page else ""

    assert sorted(seen, key=int) == [str(number) for number in range(25)]
    assert {each["payload"] for each in read(person, topic="count1")} == {str(n) for n in range(25) if n % 3 == 1}
    assert read(person, direction="To") == []
    assert len(read(person, devicename=device.devicename)) == 25
    assert read(person, devicename="Nobody's") == []
    assert read(person, datebegin=int(time.time()) + 3600) == []


def test_a_new_name_of_the_device_shows_on_old_messages(
    person: Person, device: RegisteredDevice, connected: ScriptedDevice
) -> None:
    connected.publish("hello", b"{}")
    eventually(lambda: read(person), bool)

    person.api.must("POST", f"{device.path}/name", {"new_devicename": "Renamed"})

    assert {each["devicename"] for each in read(person)} == {"Renamed"}
    assert len(read(person, devicename="Renamed")) == 1


def test_nobody_else_reads_it_nor_does_the_devices_next_owner(
    person: Person, device: RegisteredDevice, stack: Stack, new_person: NewPerson, new_device: NewDevice
) -> None:
    with ScriptedDevice.of(device, stack, silent) as scripted:
        scripted.publish("secret", b"{}")
        eventually(lambda: read(person), bool)
    other = new_person()
    assert read(other) == []
    assert read(other, devicename=device.devicename) == []

    person.api.must("DELETE", device.path)
    assert read(person) == []
    again = {"deviceid": device.deviceid, "serialnumber": "00001"}
    other.api.must("POST", device.path, again)
    assert read(other) == []
    assert read(other, devicename=device.devicename) == []


def test_a_message_of_a_device_that_nobody_registered_is_parked(stack: Stack, aws: Callable[[str], Any]) -> None:
    sqs, queue = aws("sqs"), stack["outputs"]["UnusableMessagesQueueUrl"]
    sqs.purge_queue(QueueUrl=queue)  # Other tests leave thousands there.
    topic = f"server/GONE{time.monotonic_ns()}/hello"
    aws("iot-data").publish(topic=topic, qos=1, payload=b"anybody there")

    def parked() -> list[dict[str, Any]]:
        found = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10, MessageAttributeNames=["All"])
        return [each for each in found.get("Messages", []) if topic in each["Body"]]

    (message, *_) = eventually(parked, bool)

    assert message["MessageAttributes"]["reason"]["StringValue"] == "device is not registered"
    assert base64.b64decode(json.loads(message["Body"])["payload"]) == b"anybody there"

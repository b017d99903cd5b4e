"""Notices end to end: a device asks, and what leaves is read back from outside: SMS, mail, push, another device's
console, the stored object and the ledger."""

import base64
import json
import re
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from simulators.cloud import outbox
from simulators.cloud.environment import clean
from simulators.cloud.instance import ROOT, ROOT_KEY
from simulators.providers.stand_in import Fault, StandIn
from tests.e2e.patience import eventually
from tests.e2e.people import NewDevice, Person, RegisteredDevice, Stack
from tests.e2e.simulated_device import Identity, SimulatedDevice
from tests.e2e.test_readings import PROPERTIES, SENSOR

PHONE = "+6511111111"
FINAL = ("sent", "delivered", "failed", "refused", "suppressed", "unconfirmed")
Start = Callable[[RegisteredDevice], SimulatedDevice]


@pytest.fixture
def start(stack: Stack) -> Iterator[Start]:
    """Give a function that runs a device whose console can be typed at and read."""
    running: list[SimulatedDevice] = []

    def begin(device: RegisteredDevice) -> SimulatedDevice:
        identity = Identity(device.deviceid, device.certificate, device.key)
        running.append(SimulatedDevice("python", stack, identity, "--boot-seconds", "0", "--sensorrate", "1"))
        wait_for(lambda: device.owner.api.call("GET", f"{device.path}/status")[0] == 200)
        return running[-1]

    yield begin
    for one in running:
        one.stop()


@pytest.fixture
def roof(new_device: NewDevice, person: Person) -> RegisteredDevice:
    """Give a second device of the same owner."""
    return new_device(person)


def wait_for(is_so: Callable[[], Any]) -> Any:
    """Poll until the result is true, and return it."""
    return eventually(is_so, bool)


def ledger(device: RegisteredDevice, count: int, **asked: Any) -> list[dict[str, Any]]:
    """The notices of a device by 8D, as soon as there are so many and all are final; by channel and recipient."""

    def read() -> list[dict[str, Any]]:
        answer = device.owner.api.must("POST", "/devices/menos", {"devicename": device.devicename, **asked})
        found: list[dict[str, Any]] = answer["transactions"]
        is_done = len(found) >= count and all(one["state"] in FINAL for one in found)
        return found if is_done else []

    found: list[dict[str, Any]] = wait_for(read)
    return sorted(found, key=lambda one: (str(one["type"]), str(one["recipient"])))


def block(person: Person, roof: RegisteredDevice, texts: list[str], *, has_phone: bool = False) -> dict[str, Any]:
    """A notification block that enables every channel; without a phone, push is left out."""
    recipients = {"mobile": PHONE, "email": person.username, "modem": roof.devicename, "storage": ""}
    endpoints = {
        channel: {"recipients": recipient, "enable": True, "recipients_list": []}
        for channel, recipient in recipients.items()
    }
    endpoints["notification"] = {"recipients": "", "enable": has_phone, "recipients_list": []}
    return {"messages": [{"message": text, "enable": True} for text in texts], "endpoints": endpoints}


def sent_to(stack: Stack, recipient: str, text: str) -> list[str]:
    """Sent messages to an address that contain a text."""
    return [one.text for one in outbox.read(stack["endpoint_url"]) if recipient in one.recipient and text in one.text]


def register_phone(person: Person, service: str) -> str:
    """Have a phone where the person is signed in; return its token."""
    token = f"token-{time.time_ns()}"
    person.api.must("POST", "/mobile/devicetoken", {"devicetoken": token, "service": service})
    return token


def read_stored(link: dict[str, Any]) -> dict[str, Any]:
    """Read a stored notice as whoever has the link."""
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(link["url"], timeout=10) as answer:
        document: dict[str, Any] = json.load(answer)
    return document


def folder_of(stack: Stack) -> Path:
    """The local cloud's folder."""
    return Path(stack["mqtt_ca"]).parent


def test_a_sensor_that_crosses_its_threshold_tells_on_all_five_channels(
    stack: Stack, person: Person, device: RegisteredDevice, roof: RegisteredDevice, start: Start
) -> None:
    barn, other = start(device), start(roof)
    tokens = {service: register_phone(person, service) for service in ("GCM", "APNS")}
    pot = f"{device.path}/i2c/1/sensors/sensor/Tank"
    person.api.must("POST", pot, SENSOR)
    texts = block(person, roof, ["Tank is full", "Tank is normal"], has_phone=True)
    person.api.must("POST", f"{pot}/properties", {**PROPERTIES, "notification": texts})
    barn.type_line("value i2c1@40 50")
    person.api.must("POST", f"{pot}/enable", {"enable": 1})

    with StandIn(folder_of(stack) / "providers") as phones:
        barn.type_line("value i2c1@40 131")
        notices = ledger(device, 6, source="I2C1")
        wait_for(lambda: len(phones.received) == 2)

    assert [(one["type"], one["recipient"], one["state"], one["sensorname"]) for one in notices] == [
        ("Email", person.username, "sent", "Tank"),
        ("Mobile", PHONE, "sent", "Tank"),
        ("Modem", roof.devicename, "sent", "Tank"),
        ("Notification", "Android", "sent", "Tank"),
        ("Notification", "iOS", "sent", "Tank"),
        ("Storage", "", "sent", "Tank"),
    ]
    said = f"from {device.devicename}:I2C1:Tank"
    assert len(sent_to(stack, person.username, said)) == 1
    assert len(sent_to(stack, PHONE, said)) == 1
    assert {(one.carrier, one.recipient) for one in phones.received} == {
        ("firebase", tokens["GCM"]),
        ("apple", tokens["APNS"]),
    }
    assert all("131 > 100 (activation)" in one.text and said in one.text for one in phones.received)
    assert all(len(wait_for(lambda s=s: sent_to(stack, f"{s}:{tokens[s]}", said))) == 1 for s in tokens)
    other.shows("Tank is full")
    document = read_stored(person.api.must("GET", f"{device.path}/menos/{notices[5]['id']}/link"))
    assert (document["deviceid"], document["source"]) == (device.deviceid, "I2C1")
    for notice in notices:
        attempts = person.api.must("GET", f"{device.path}/menos/{notice['id']}")["notice"]["attempts"]
        assert [attempt["outcome"] for attempt in attempts] == ["accepted"]


def test_a_phone_that_is_gone_fails_its_notice_and_is_forgotten(
    stack: Stack, person: Person, device: RegisteredDevice, start: Start
) -> None:
    barn = start(device)
    token = register_phone(person, "GCM")
    uart = {"baudrate": 7, "parity": 0, "flowcontrol": 0, "stopbits": 0, "databits": 1}
    texts = block(person, device, ["Hi"], has_phone=True)
    person.api.must("POST", f"{device.path}/uart/properties", {**uart, "notification": texts})
    person.api.must("POST", f"{device.path}/uart/enable", {"enable": 1})

    with StandIn(folder_of(stack) / "providers") as firebase:
        firebase.faults.append(Fault.REFUSE)
        barn.type_line("AT+N")
        wait_for(lambda: [one["state"] for one in ledger(device, 1)] == ["failed"])
    barn.type_line("AT+N")
    gone, refused = sorted(ledger(device, 2), key=lambda one: str(one["state"]))

    assert gone["reason"].startswith("InvalidPlatformToken")
    assert (refused["state"], refused["reason"]) == ("refused", "no phone is registered")
    assert sent_to(stack, token, "") == []


def test_a_phone_that_was_disabled_gets_pushes_again(
    stack: Stack, person: Person, device: RegisteredDevice, start: Start, aws: Callable[[str], Any]
) -> None:
    barn = start(device)
    token = register_phone(person, "APNS")
    application = f"arn:aws:sns:{stack['region']}:000000000000:app/APNS/{stack['stack_name']}"
    made = aws("sns").create_platform_endpoint(PlatformApplicationArn=application, Token=token)
    aws("sns").set_endpoint_attributes(EndpointArn=made["EndpointArn"], Attributes={"Enabled": "false"})
    uart = {"baudrate": 7, "parity": 0, "flowcontrol": 0, "stopbits": 0, "databits": 1}
    texts = block(person, device, ["Hi"], has_phone=True)
    person.api.must("POST", f"{device.path}/uart/properties", {**uart, "notification": texts})
    person.api.must("POST", f"{device.path}/uart/enable", {"enable": 1})

    barn.type_line("AT+N")
    (notice,) = ledger(device, 1)

    assert notice["state"] == "sent"
    wait_for(lambda: sent_to(stack, f"APNS:{token}", ""))
    changed = aws("sns").get_endpoint_attributes(EndpointArn=made["EndpointArn"])["Attributes"]
    assert changed["Enabled"] == "true"


def test_what_was_given_up_on_is_seen_and_sent_when_it_is_redriven(
    stack: Stack, person: Person, device: RegisteredDevice, start: Start, aws: Callable[[str], Any]
) -> None:
    start(device)
    dead = f"{stack['stack_name']}-triggers-dead"
    message = {
        "payload": base64.b64encode(b"{}").decode(),
        "topic": f"server/{device.deviceid}/trigger_notification/uart/email",
        "received_at": time.time_ns() // 1_000_000,
        "message_id": uuid4().hex,
    }
    aws("sqs").send_message(
        QueueUrl=aws("sqs").get_queue_url(QueueName=dead)["QueueUrl"], MessageBody=json.dumps(message)
    )

    # Whatever else was given up on in this run is there, too.
    waiting = rf"^{dead} +[1-9][0-9]*  from {stack['stack_name']}-triggers$"
    assert re.search(waiting, admin(stack, "dead-letters"), re.MULTILINE)
    told = rf"about [1-9][0-9]* messages go back to {stack['stack_name']}-triggers\n"
    assert re.fullmatch(told, admin(stack, "redrive", dead))

    (notice,) = ledger(device, 1)
    assert (notice["type"], notice["state"]) == ("Email", "sent")
    assert re.search(rf"^{dead} +0 ", admin(stack, "dead-letters"), re.MULTILINE)


def admin(stack: Stack, *arguments: str) -> str:
    """Run an administrator's command, and return its output."""
    credentials = {"AWS_ACCESS_KEY_ID": ROOT_KEY, "AWS_SECRET_ACCESS_KEY": ROOT_KEY, "AWS_REGION": stack["region"]}
    command = [sys.executable, "-m", "admin", "--stack-name", stack["stack_name"], *arguments]
    environment = {**clean(), **credentials, "AWS_ENDPOINT_URL": stack["endpoint_url"]}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_pin_that_becomes_active_tells_on_every_channel(
    stack: Stack, person: Person, device: RegisteredDevice, roof: RegisteredDevice, start: Start
) -> None:
    barn, other = start(device), start(roof)
    notification = block(person, roof, ["Tank is full", "Tank is normal"])
    properties = {"direction": 0, "mode": 2, "alert": 0, "alertperiod": 5000, "polarity": 0}
    zeros = dict.fromkeys(("width", "mark", "space", "count"), 0)
    device.owner.api.must(
        "POST", f"{device.path}/gpio/1/properties", {**properties, **zeros, "notification": notification}
    )
    device.owner.api.must("POST", f"{device.path}/gpio/1/enable", {"enable": 1})

    barn.type_line("gpio 1 high")
    notices = ledger(device, 4, source="GPIO1")

    assert [(one["type"], one["recipient"], one["result"]) for one in notices] == [
        ("Email", person.username, True),
        ("Mobile", PHONE, True),
        ("Modem", roof.devicename, True),
        ("Storage", "", True),
    ]
    assert {one["messagelen"] for one in notices} == {len("Tank is full")}
    origin = f"from {device.devicename}:GPIO1"
    assert len(sent_to(stack, person.username, origin)) == 1
    assert len(sent_to(stack, PHONE, origin)) == 1
    other.shows("Tank is full")
    barn.shows("OK. message sent to", times=4)
    stored = device.owner.api.must("GET", f"{device.path}/menos/{notices[3]['id']}/link")
    document = read_stored(stored)
    assert (document["deviceid"], document["source"]) == (device.deviceid, "GPIO1")
    assert document["text"].startswith("Tank is full\r\n")


def test_uart_commands_tell_as_configured(
    person: Person, device: RegisteredDevice, roof: RegisteredDevice, start: Start
) -> None:
    barn = start(device)
    uart = {"baudrate": 7, "parity": 0, "flowcontrol": 0, "stopbits": 0, "databits": 1}
    person.api.must("POST", f"{device.path}/uart/properties", {**uart, "notification": block(person, roof, ["Hi"])})
    person.api.must("POST", f"{device.path}/uart/enable", {"enable": 1})

    for command in ("AT+M", "AT+E", "AT+O", "AT+S"):
        barn.type_line(command)
    notices = ledger(device, 4)

    assert [one["type"] for one in notices] == ["Email", "Mobile", "Modem", "Storage"]
    assert {(one["source"], one["result"], one["messagelen"]) for one in notices} == {("UART", True, 2)}
    for notice in notices:
        attempts = person.api.must("GET", f"{device.path}/menos/{notice['id']}")["notice"]["attempts"]
        assert [attempt["outcome"] for attempt in attempts] == ["accepted"]


def test_a_device_may_not_write_to_strangers_unless_its_owner_allows(
    stack: Stack, person: Person, device: RegisteredDevice, start: Start
) -> None:
    barn = start(device)
    person.api.must("POST", f"{device.path}/uart/enable", {"enable": 1})
    stranger = f"+6591{time.time_ns() % 10**6:06}"

    # `+` separates, so a number is typed without its own.
    barn.type_line(f"AT+M+{stranger.removeprefix('+')}+hello")
    barn.shows("NG. mobile recipient is not one of the owner's.")
    person.api.must("POST", "/account/menos/limits", {"recipients": [stranger]})
    barn.type_line(f"AT+M+{stranger.removeprefix('+')}+hello again")
    notices = ledger(device, 2)

    assert sorted(one["state"] for one in notices) == ["refused", "sent"]
    assert len(sent_to(stack, stranger, "hello again")) == 1


def test_a_receipt_makes_the_notice_delivered(
    stack: Stack, person: Person, device: RegisteredDevice, start: Start, aws: Callable[[str], Any]
) -> None:
    barn = start(device)
    person.api.must("POST", f"{device.path}/uart/enable", {"enable": 1})
    barn.type_line("AT+E")
    (notice,) = ledger(device, 1)
    assert notice["state"] == "sent"

    detail = {
        "eventType": "TEXT_DELIVERED",
        "isFinal": True,
        "messageId": "carrier-1",
        "messageStatus": "DELIVERED",
        "context": {"notice": f"{device.deviceid}/{notice['id']}"},
    }
    # Only AWS may publish events of AWS's services, so this one goes directly to the rule's queue.
    queue = aws("sqs").get_queue_url(QueueName=f"{stack['stack_name']}-receipts")["QueueUrl"]
    event = {"source": "aws.sms-voice", "detail": detail}
    aws("sqs").send_message(QueueUrl=queue, MessageBody=json.dumps(event))

    wait_for(lambda: ledger(device, 1)[0]["state"] == "delivered")


def test_a_log_holds_no_text_of_a_notice(
    tmp_path: Path, stack: Stack, person: Person, device: RegisteredDevice, roof: RegisteredDevice, start: Start
) -> None:
    barn = start(device)
    uart = {"baudrate": 7, "parity": 0, "flowcontrol": 0, "stopbits": 0, "databits": 1}
    secret = f"whisper-{time.time_ns()}"
    notification = block(person, roof, [secret])
    person.api.must("POST", f"{device.path}/uart/properties", {**uart, "notification": notification})
    person.api.must("POST", f"{device.path}/uart/enable", {"enable": 1})

    barn.type_line("AT+S")
    ledger(device, 1)

    rows = (Path(stack["mqtt_ca"]).parent / "logs" / "functions.jsonl").read_text().splitlines()
    lines = [json.loads(row) for row in rows]
    assert [line for line in lines if secret in line["line"] and line["function"] != "outbox"] == []

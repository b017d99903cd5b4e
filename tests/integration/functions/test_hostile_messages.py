"""A hostile record fails alone: other accounts' records of the same batch are processed.

IOTCLOUD_HOSTILE sets how many messages go through each of the seven functions: 17000 make 100,000 in about 25 minutes.
"""

import json
import os
import random
from collections.abc import Callable, Iterator
from datetime import timedelta
from types import ModuleType
from typing import Any

import pytest
from moto.core import DEFAULT_ACCOUNT_ID
from moto.iotdata.models import iotdata_backends

from functions import configurator, historian, notifier, record_receipts, sensorian, serve_firmware, track_presence
from iotcloud import ingest
from iotcloud.histories.model import NEWEST, OLDEST, Lane, Window
from iotcloud.ingest import DeviceMessage
from iotcloud.peripherals.model import Configuration, Sensor, Slot
from iotcloud.topics import DeviceTopic, Direction, parse
from iotcloud.wiring import Wiring
from tests.fakes.messages import NOON, device
from tests.integration.platform import REGION, make_user, running_platform

MESSAGES = int(os.environ.get("IOTCLOUD_HOSTILE", "300"))
BATCH = 50
HONEST, HOSTILE = "PH80XXRR03042017", "PH80XXRR06660666"
POT = Sensor(Slot("i2c", 1, 1), "POT 1", "potentiometer", "input", NOON)
THRESHOLD = {"mode": 0, "threshold": {"value": 100}, "alert": {"type": 1, "period": 0}}
TEXTS = [
    "\ud800",
    "\udfff x",
    "\x00",
    "",
    "a" * 5000,
    "\U0001f600" * 700,
    "1e400",
    "x <y@example.com>",
    "\u202e",
    "\u2028",
]
NUMBERS = [
    "1e400",
    "-1e999",
    "NaN",
    "Infinity",
    "9" * 310,
    "-" + "9" * 4200,
    "1.0",
    "-0.0",
    "1e30",
    "1e31",
    "255",
    "256",
    "0",
]
APIS = {
    sensorian: ["sensor_reading"],
    notifier: [
        f"trigger_notification/{one}"
        for one in ("uart/email", "gpio1/default", "i2c1/mobile/1", "x/y", "uart", "gpio9/sms")
    ],
    historian: ["get_status", "trigger_notification/uart/email", "rcv/a/b/c"],
    configurator: ["req_configuration", "set_configuration", "del_configuration", "other"],
    serve_firmware: ["req_firmware", "end_ota", "req_otastatus", "req_configuration", "other"],
}


def hostile_value(chance: random.Random, depth: int = 0) -> str:
    """Write a hostile JSON value."""
    kind = chance.randrange(8 if depth < 4 else 4)
    if kind == 0:
        return chance.choice(NUMBERS)
    if kind in (1, 2):
        return json.dumps(chance.choice(TEXTS))
    if kind == 3:
        return chance.choice(["null", "true", "false", "[]", "{}", "7"])
    inner = [hostile_value(chance, depth + 1) for _ in range(chance.randint(0, 4))]
    if kind == 4:
        return "[" + ",".join(inner) + "]"
    names = [
        "sensors",
        "samples",
        "i2c1",
        "adc1",
        "address",
        "value",
        "age",
        "peripherals",
        "recipient",
        "message",
        "attributes",
        "class",
    ]
    return "{" + ",".join(f"{json.dumps(chance.choice(names + TEXTS))}:{one}" for one in inner) + "}"


def hostile_payload(chance: random.Random) -> bytes:
    """Make a payload: broken octets, broken JSON, or a likely message with something odd in it."""
    value = hostile_value(chance)
    likely = [
        f'{{"sensors":{{"i2c1":[{{"address":{value},"value":{hostile_value(chance)}}}]}}}}',
        f'{{"samples":[{{"age":{value},"sensors":{{"adc1":[{{"value":{hostile_value(chance)}}}]}}}}]}}',
        f'{{"recipient":{value},"message":{hostile_value(chance)},"activate":{hostile_value(chance)}}}',
        f'{{"i2c":[[{{"address":{value},"class":6,"attributes":{{"a":{hostile_value(chance)}}}}}]],"uart":[{value}]}}',
        f'{{"peripherals":{value}}}',
        f'{{"condition":{value},"subclass":{value}}}',
        f'{{"location":{value},"offset":{hostile_value(chance)},"size":{hostile_value(chance)},"version":{value}}}',
        f'{{"value":{{"result":{value},"reason":{value}}},"version":"1.0","failed":{value},"model":{value}}}',
        '{"sensors":{"i2c1":['
        + ",".join(f'{{"address":{n},"value":{n}}}' for n in range(chance.randint(0, 600)))
        + "]}}",
        "[" * chance.randint(1, 3000),
        value,
    ]
    return chance.choice([*likely, *likely, chance.randbytes(20).decode("latin-1")]).encode("utf-8", "surrogatepass")


def sqs_record(number: int, body: str) -> dict[str, str]:
    return {"messageId": f"r{number}", "receiptHandle": "h", "body": body}


def device_body(number: int, deviceid: str, api: str, payload: bytes) -> str:
    topic = DeviceTopic(Direction.FROM, deviceid, api)
    return ingest.write_message(DeviceMessage(topic, payload, NOON + timedelta(seconds=number), f"m{number:08d}"))


@pytest.fixture
def platform() -> Iterator[Wiring]:
    """Give a platform with an honest and a hostile account, each with a device and a sensor that is set up."""
    with running_platform() as wired:
        for username, deviceid in (("ann", HONEST), ("eve", HOSTILE)):
            make_user(wired, username)
            wired.stores.devices.add(device(deviceid, "Barn unit", owner=username))
            wired.stores.sensors.add(deviceid, POT)
            wired.stores.configurations.save(deviceid, Configuration(POT.slot, THRESHOLD, 3))
        yield wired


def batches(
    function: ModuleType, chance: random.Random, honest: Callable[[int], str]
) -> Iterator[tuple[list[Any], str]]:
    """Make batches of hostile messages with one honest record in each, and name that."""
    for start in range(0, MESSAGES, BATCH):
        records = [sqs_record(start + n, hostile_body(function, chance, start + n)) for n in range(BATCH)]
        number = start + chance.randrange(BATCH)
        records.insert(chance.randrange(BATCH), {**sqs_record(number, honest(number)), "messageId": "honest"})
        yield records, "honest"


def hostile_body(function: ModuleType, chance: random.Random, number: int) -> str:
    payload = hostile_payload(chance)
    if function in APIS:
        return device_body(number + 10_000_000, HOSTILE, chance.choice(APIS[function]), payload)
    text = payload.decode("utf-8", "replace")
    if function is track_presence:
        return json.dumps(
            {
                "clientId": chance.choice([HOSTILE, "", "x" * 5000, "\x00"]),
                "eventType": chance.choice(["connected", "disconnected", text]),
                "timestamp": chance.choice([1, -1, 10**40, text]),
                "versionNumber": chance.choice([0, 10**30, text]),
                "disconnectReason": text[:3000],
            }
        )
    return chance.choice(
        [text, json.dumps({"source": "aws.ses", "detail": {"eventType": text, "mail": {"messageId": text[:3000]}}})]
    )


def honest_body(function: ModuleType) -> Callable[[int], str]:
    payloads = {
        sensorian: ("sensor_reading", b'{"sensors": {"i2c1": [{"address": 1, "value": 131}]}}'),
        notifier: (
            "trigger_notification/gpio1/email",
            b'{"activate": 1, "recipient": "ann@example.com", "message": "x"}',
        ),
        historian: ("get_status", b"{}"),
        configurator: ("req_configuration", b"{}"),
        serve_firmware: ("req_otastatus", b'{"version": "0.1"}'),
    }
    if function in payloads:
        api, payload = payloads[function]
        return lambda number: device_body(number, HONEST, api, payload)
    if function is track_presence:
        return lambda number: json.dumps(
            {
                "clientId": HONEST,
                "eventType": "connected",
                "timestamp": 1_795_000_000_000 + number,
                "sessionIdentifier": "s",
                "principalIdentifier": "c" * 64,
                "versionNumber": number,
            }
        )
    delivered = {"eventType": "Delivery", "mail": {"messageId": "0102-0000", "tags": {}}}
    return lambda number: json.dumps({"source": "aws.ses", "detail": delivered})


@pytest.mark.parametrize(
    "function",
    [sensorian, notifier, historian, configurator, track_presence, record_receipts, serve_firmware],
    ids=lambda one: one.__name__,
)
def test_hostile_messages_hold_up_no_other(platform: Wiring, function: ModuleType) -> None:
    chance = random.Random(function.__name__)
    published = iotdata_backends[DEFAULT_ACCOUNT_ID][REGION].published_payloads
    done = 0
    for records, honest in batches(function, chance, honest_body(function)):
        before = len(published)

        answer = function.handler({"Records": records}, None)

        failed = {one["itemIdentifier"] for one in answer["batchItemFailures"]}
        assert honest not in failed
        assert not failed, "a message that can never succeed is parked or ignored at once"
        if function in (configurator, serve_firmware):
            assert any(parse(topic).deviceid == HONEST for topic, _ in published[before:])
        done += 1
    assert done == -(-MESSAGES // BATCH)
    if function in (sensorian, historian):
        lane = Lane.READINGS if function is sensorian else Lane.FROM
        stored = platform.stores.messages.read_device(HONEST, f"r{HONEST}", lane, Window(OLDEST, NEWEST, 1000))
        assert len(stored.messages) == done
    if function is track_presence:
        assert platform.stores.devices.find_owned(HONEST).is_online

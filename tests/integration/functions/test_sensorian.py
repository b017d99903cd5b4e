"""The sensorian as Lambda invokes it, with its tables and queues in moto; its requests are counted."""

import base64
import json
import random
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import boto3
import pytest
from moto import mock_aws
from moto.core import DEFAULT_ACCOUNT_ID
from moto.iotdata.models import iotdata_backends

from functions.sensorian import handler
from iotcloud.devices.store import DeviceNameRow, DeviceRow
from iotcloud.dynamodb import Row
from iotcloud.histories.model import Lane, Window
from iotcloud.histories.store import MessageRow
from iotcloud.peripherals.model import Configuration, Sensor, Slot
from iotcloud.peripherals.store import ConfigurationRow, SensorRow
from iotcloud.readings.state.store import DeviceStateRow
from iotcloud.wiring import Wiring
from tests.fakes.messages import NOON, device
from tests.integration.dynamodb_costs import CountedRequests

RECEIVED_MS = 1583200000000
READINGS = 60
POT = Sensor(Slot("i2c", 2, 40), "POT 1", "potentiometer", "input", NOON - timedelta(days=3650))
ROWS: list[type[Row]] = [DeviceRow, DeviceNameRow, MessageRow, ConfigurationRow, SensorRow, DeviceStateRow]


@pytest.fixture
def platform(wired: Wiring, environment: dict[str, str]) -> Iterator[Wiring]:
    with mock_aws():
        sqs = boto3.client("sqs", region_name=environment["AWS_REGION"])
        for setting in ("unusable_messages_queue_url", "triggers_queue_url"):
            url = sqs.create_queue(QueueName=setting.replace("_", "-"))["QueueUrl"]
            object.__setattr__(wired.settings, setting, url)
        stores = wired.stores.devices, wired.stores.messages, wired.stores.device_states
        assert wired.stores.configurations
        assert wired.stores.sensors
        for row in ROWS:
            row.create_table(billing_mode="PAY_PER_REQUEST", wait=True)
        stores[0].add(device("PH80XXRR03042017", "Barn unit"))
        stores[0].add(device("PH80XXRR03042018", "Roof unit"))
        yield wired


def record(
    number: int, value: float = 131, deviceid: str = "PH80XXRR03042017", period_ms: int = 5000
) -> dict[str, str]:
    sensors = {
        "i2c2": [{"address": 40, "value": value, "class": 3}],
        "adc1": [{"value": 3.4, "class": 6}],
        "1wire1": [{"value": 19.9, "class": 4}],
        "tprobe1": [{"value": 22.0, "class": 4, "subclass": {"value": 61.5, "class": 5}}],
    }
    body = {
        "payload": base64.b64encode(json.dumps({"sensors": sensors}).encode()).decode(),
        "topic": f"server/{deviceid}/sensor_reading",
        "received_at": RECEIVED_MS + number * period_ms,
        "message_id": f"{number:08d}-9d1e-4b0e-8f3a-52d0c1a2b3c4",
    }
    return {"messageId": f"sqs-{number}", "body": json.dumps(body)}


def take(*records: dict[str, str]) -> Any:
    return handler({"Records": list(records)}, None)


def readings(platform: Wiring) -> list[str]:
    found = platform.stores.messages.read_device(
        "PH80XXRR03042017", "rPH80XXRR03042017", Lane.READINGS, Window("0", "~", 1000)
    )
    return [message.message_id for message in found.messages]


def triggers(platform: Wiring) -> list[dict[str, Any]]:
    sqs = boto3.client("sqs", region_name=platform.settings.aws_region)
    bodies: list[dict[str, Any]] = []
    while found := sqs.receive_message(QueueUrl=platform.settings.triggers_queue_url, MaxNumberOfMessages=10).get(
        "Messages"
    ):
        bodies += [json.loads(each["Body"]) for each in found]
    return bodies


def test_handler_keeps_readings_once_however_often_they_come(platform: Wiring) -> None:
    batch = [record(number) for number in range(60)]

    assert take(*batch) == {"batchItemFailures": []}
    assert take(*batch[::-1], *batch[:3]) == {"batchItemFailures": []}

    assert len(readings(platform)) == 60


def test_handler_sends_the_notifier_what_thresholds_have_to_say(platform: Wiring) -> None:
    platform.stores.sensors.add("PH80XXRR03042017", POT)
    platform.stores.configurations.save(
        "PH80XXRR03042017", Configuration(POT.slot, {"mode": 0, "threshold": {"value": 200}, "alert": {"type": 0}})
    )

    take(record(1, 199), record(2, 201), record(3, 202))
    take(record(4, 3))

    sent = sorted(triggers(platform), key=lambda body: body["received_at"])
    assert [body["topic"] for body in sent] == [
        "server/PH80XXRR03042017/trigger_notification/i2c2/default/40",
    ] * 2
    assert [json.loads(base64.b64decode(body["payload"])) for body in sent] == [
        {"activate": 1, "condition": "potentiometer 201 > 200 (activation)"},
        {"activate": 0, "condition": "potentiometer 3 <= 200 (deactivation)"},
    ]
    assert [body["received_at"] for body in sent] == [RECEIVED_MS + 10000, RECEIVED_MS + 20000]


def test_handler_reports_the_device_that_failed_and_no_other(platform: Wiring) -> None:
    platform.stores.sensors.add("PH80XXRR03042017", POT)
    platform.stores.configurations.save(
        "PH80XXRR03042017", Configuration(POT.slot, {"mode": 0, "threshold": {"value": 0}})
    )
    boto3.client("sqs", region_name=platform.settings.aws_region).delete_queue(
        QueueUrl=platform.settings.triggers_queue_url
    )

    answer = take(record(1), record(2, deviceid="PH80XXRR03042018"))

    assert answer == {"batchItemFailures": [{"itemIdentifier": "sqs-1"}]}


@pytest.mark.parametrize(
    ("period_ms", "batch", "most"),
    [(5000, 1, 1.6), (5000, 60, 1.2), (300_000, 1, 2.0)],
    ids=["each on its own", "in batches", "every five minutes"],
)
def test_a_reading_costs_at_most_two_write_units(platform: Wiring, period_ms: int, batch: int, most: float) -> None:
    """Four sensors, sixty readings after the first extremes: one unit is the reading's row, the rest is heartbeats."""
    draw = random.Random(1)
    take(*(record(number, draw.choice([0, 255]), period_ms=period_ms) for number in range(10)))
    with CountedRequests(*ROWS) as counted:
        for first in range(10, 10 + READINGS, batch):
            take(*(record(first + n, draw.randint(0, 255), period_ms=period_ms) for n in range(batch)))

    assert counted.write_units / READINGS <= most, counted


def test_handler_hands_readings_on_to_the_device_that_the_owner_chose(platform: Wiring) -> None:
    """The second batch finds the other device by the name that the first one learned."""
    platform.stores.sensors.add("PH80XXRR03042017", POT)
    platform.stores.configurations.save(
        "PH80XXRR03042017", Configuration(POT.slot, {"mode": 2, "hardware": {"devicename": "Roof unit"}})
    )

    for number in (1, 2):
        assert take(record(number)) == {"batchItemFailures": []}

    published = iotdata_backends[DEFAULT_ACCOUNT_ID][platform.settings.aws_region].published_payloads
    assert [topic for topic, _ in published] == ["PH80XXRR03042018/rcv_sensor_reading"] * 2

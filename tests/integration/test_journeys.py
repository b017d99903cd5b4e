"""The journeys of docs/architecture.md, run with a tracer: each enters the files listed there, in that order."""

import base64
import json
import re
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from types import FrameType
from typing import Any

import boto3
import pytest
from moto import mock_aws

from functions import sensorian
from iotcloud.devices.store import DeviceNameRow, DeviceRow
from iotcloud.dynamodb import Row, bind
from iotcloud.histories.store import MessageRow
from iotcloud.notification_blocks.store import NotificationBlockRow
from iotcloud.peripherals.model import Configuration, Sensor, Slot
from iotcloud.peripherals.store import ConfigurationRow, SensorRow
from iotcloud.readings.state.store import DeviceStateRow
from iotcloud.wiring import Wiring
from tests.fakes.access_tokens import FakeTokens
from tests.fakes.api import call_api
from tests.fakes.device_link import FakeDeviceLink
from tests.fakes.messages import NOON, device
from tests.fakes.peripherals import FakeContacts
from tests.parts import replace_part

ROOT = Path(__file__).parents[2]
SOURCES = {
    str(ROOT / "layers" / "iotcloud" / "iotcloud") + "/": "",
    str(ROOT / "api") + "/": "api/",
    str(ROOT / "functions") + "/": "functions/",
}
EVERY_CALL = re.compile(
    r"users/call_limits.py|api/(app|authentication|buses|operations|requests|responses|throttling)\.py|wiring/.*|.*schema\.py"
    r"|(batches|clock|device_input|dynamodb|errors|ingest|names|observability|pagination|parallel|schema|topics)\.py"
)
"""What every journey of its kind passes: docs/architecture.md names it once."""
ROWS: tuple[type[Row], ...] = (
    ConfigurationRow,
    DeviceNameRow,
    DeviceRow,
    DeviceStateRow,
    MessageRow,
    NotificationBlockRow,
    SensorRow,
)
DEVICEID = "PH80XXRR03042017"
POT = Sensor(Slot("i2c", 2, 40), "POT 1", "potentiometer", "input", NOON - timedelta(days=3650))
THRESHOLD: dict[str, Any] = {
    "mode": 0,
    "threshold": {"value": 200, "min": 0, "max": 0, "activate": 0},
    "alert": {"type": 0, "period": 60000},
    "hardware": {"devicename": ""},
    "range": 2,
}


@pytest.fixture
def platform(wired: Wiring, environment: dict[str, str]) -> Iterator[Wiring]:
    with mock_aws():
        sqs = boto3.client("sqs", region_name=environment["AWS_REGION"])
        for setting in ("unusable_messages_queue_url", "triggers_queue_url"):
            url = sqs.create_queue(QueueName=setting.replace("_", "-"))["QueueUrl"]
            object.__setattr__(wired.settings, setting, url)
        for row in ROWS:
            bind(row, environment["TABLE_PREFIX"], environment["AWS_REGION"])
            row.create_table(billing_mode="PAY_PER_REQUEST")
        link = FakeDeviceLink()
        link.replies |= {"get_status": {"value": {"status": 1, "version": "0.1"}}, "set_i2c_dev_prop": {}}
        replace_part(wired, "commands.link", link)
        replace_part(wired, "users.contacts", FakeContacts())
        wired.stores.devices.add(device(DEVICEID, "Barn unit", "ann"))
        wired.stores.sensors.add(DEVICEID, POT)
        yield wired


def get_status() -> None:
    assert call_api("GET", "/devices/device/Barn unit/status", token=FakeTokens.issue("ann")).status == 200


def set_properties() -> None:
    path = "/devices/device/Barn unit/i2c/2/sensors/sensor/POT 1/properties"
    assert call_api("POST", path, THRESHOLD, FakeTokens.issue("ann")).status == 200


def take_reading(number: int, value: float) -> None:
    body = {
        "payload": base64.b64encode(
            json.dumps({"sensors": {"i2c2": [{"address": 40, "value": value, "class": 3}]}}).encode()
        ).decode(),
        "topic": f"server/{DEVICEID}/sensor_reading",
        "received_at": 1583200000000 + number * 5000,
        "message_id": f"{number:08d}-9d1e-4b0e-8f3a-52d0c1a2b3c4",
    }
    answer = sensorian.handler({"Records": [{"messageId": f"sqs-{number}", "body": json.dumps(body)}]}, None)
    assert answer == {"batchItemFailures": []}


def entered(journey: Callable[[], None]) -> list[str]:
    """Return the files that a journey enters, in the order of their first entry, without those of every call."""
    files: dict[str, None] = {}

    def note(frame: FrameType, event: str, _: object) -> None:
        name = frame.f_code.co_filename
        for folder, shown in SOURCES.items():
            if event == "call" and name.startswith(folder) and frame.f_code.co_name != "<module>":
                files[shown + name.removeprefix(folder)] = None

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        journey()
    finally:
        sys.setprofile(before)
    return [file for file in files if not EVERY_CALL.fullmatch(file)]


def documented(title: str) -> list[str]:
    """Return the files that docs/architecture.md lists under a heading."""
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    section = text.partition(f"## {title}\n")[2].partition("\n## ")[0]
    return re.findall(r"^\d+\. `([^`]+)`", section, re.MULTILINE)


def test_get_status_enters_the_documented_files(platform: Wiring) -> None:
    get_status()

    assert entered(get_status) == documented("GET status")


def test_set_properties_enters_the_documented_files(platform: Wiring) -> None:
    set_properties()

    assert entered(set_properties) == documented("SET PROPERTIES of a sensor")


def test_a_reading_that_crosses_a_threshold_enters_the_documented_files(platform: Wiring) -> None:
    platform.stores.configurations.save(DEVICEID, Configuration(POT.slot, THRESHOLD))
    take_reading(1, 199)
    take_reading(2, 198)

    assert entered(lambda: take_reading(3, 201)) == documented("A reading that crosses a threshold")

"""The inactivity check as EventBridge invokes it, with moto; its requests are counted."""

import base64
import json
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from functions.check_inactivity import handler
from iotcloud.devices.store import DeviceNameRow, DeviceRow
from iotcloud.dynamodb import Row
from iotcloud.errors import DependencyFailed
from iotcloud.histories.model import Lane
from iotcloud.histories.store import MessageRow
from iotcloud.peripherals.model import Configuration, Sensor, Slot
from iotcloud.peripherals.store import ConfigurationRow, SensorRow
from iotcloud.readings.state.store import DUE_SHARDS, DeviceStateRow
from iotcloud.wiring import Wiring
from tests.fakes.messages import NOON, after, device, message
from tests.integration.dynamodb_costs import CountedRequests
from tests.parts import replace_part, restore_part

EVENT = json.loads((Path(__file__).parents[2] / "events" / "schedule.json").read_text())
POT = Sensor(Slot("i2c", 2, 40), "POT 1", "potentiometer", "input", NOON)
ROWS: list[type[Row]] = [DeviceRow, DeviceNameRow, MessageRow, ConfigurationRow, SensorRow, DeviceStateRow]


class Harness:
    """The platform with one device whose sensor is missed after ten minutes, and a clock."""

    def __init__(self, wired: Wiring) -> None:
        self.wired = wired
        self.now = NOON
        replace_part(wired, "clock", lambda: self.now)

    def add_device(self, deviceid: str) -> None:
        self.wired.stores.devices.add(device(deviceid, f"Unit {deviceid}"))
        self.wired.stores.sensors.add(deviceid, POT)
        attributes = {"mode": 0, "inactivity_seconds": 600}
        self.wired.stores.configurations.save(deviceid, Configuration(POT.slot, attributes, is_enabled=True))
        self.wired.readings.state_resets.expect_data(deviceid, POT.slot, 600)

    def keep(self, seconds: float) -> None:
        payload = json.dumps({"sensors": {"i2c2": [{"address": 40, "value": 5}]}})
        self.wired.stores.messages.put_messages([message(1, lane=Lane.READINGS, payload=payload, seconds=seconds)])

    def run_at(self, seconds: float) -> None:
        self.now = after(seconds)
        handler(EVENT, None)

    def triggers(self) -> list[dict[str, Any]]:
        sqs = boto3.client("sqs", region_name=self.wired.settings.aws_region)
        found: list[dict[str, Any]] = []
        url = self.wired.settings.triggers_queue_url
        while taken := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            found += [json.loads(each["Body"]) for each in taken]
        return found


@pytest.fixture
def harness(wired: Wiring, environment: dict[str, str]) -> Iterator[Harness]:
    with mock_aws():
        sqs = boto3.client("sqs", region_name=environment["AWS_REGION"])
        url = sqs.create_queue(QueueName="triggers")["QueueUrl"]
        object.__setattr__(wired.settings, "triggers_queue_url", url)
        stores: list[Callable[[], object]] = [
            lambda: wired.stores.devices,
            lambda: wired.stores.messages,
            lambda: wired.stores.configurations,
            lambda: wired.stores.sensors,
            lambda: wired.stores.device_states,
        ]
        for store in stores:
            store()
        for row in ROWS:
            row.create_table(billing_mode="PAY_PER_REQUEST", wait=True)
        yield Harness(wired)


def test_handler_has_the_owner_told_of_a_silent_sensor_once(harness: Harness) -> None:
    harness.add_device("PH80")
    harness.keep(100)

    for seconds in (660, 720, 732, 800, 5000):
        harness.run_at(seconds)

    (trigger,) = harness.triggers()
    assert trigger["topic"] == "server/PH80/trigger_notification/i2c2/default/40"
    assert json.loads(base64.b64decode(trigger["payload"])) == {
        "activate": 1,
        "condition": "potentiometer silent for 600 s (activation)",
    }
    assert datetime.fromtimestamp(trigger["received_at"] / 1000, NOON.tzinfo) == after(700)


def test_handler_fails_when_a_device_could_not_be_looked_at_and_does_it_next_time(harness: Harness) -> None:
    harness.add_device("PH80")
    url = harness.wired.settings.triggers_queue_url
    object.__setattr__(harness.wired.settings, "triggers_queue_url", url + "-gone")
    with pytest.raises(DependencyFailed):
        harness.run_at(700)
    restore_part(harness.wired, "readings.inactivity_check")
    restore_part(harness.wired, "readings.state_updater")
    object.__setattr__(harness.wired.settings, "triggers_queue_url", url)

    harness.run_at(760)

    assert len(harness.triggers()) == 1


def test_a_run_with_nothing_due_is_a_query_a_shard(harness: Harness) -> None:
    for number in range(12):
        harness.add_device(f"D{number}")

    with CountedRequests(*ROWS) as counted:
        harness.run_at(600)

    assert counted.requests.total() == DUE_SHARDS, counted
    assert counted.write_units == 0


def test_a_look_at_a_device_costs_a_fixed_number_of_requests(harness: Harness) -> None:
    harness.add_device("PH80")
    for number in range(100):
        harness.keep(number)

    with CountedRequests(*ROWS) as counted:
        harness.run_at(660)

    assert counted.requests.total() <= DUE_SHARDS + 8, counted
    assert (
        timedelta(seconds=99) + timedelta(seconds=600) + NOON
        == harness.wired.stores.device_states.find({"PH80": "rPH80"})["PH80"].state.due_at
    )

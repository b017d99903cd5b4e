"""How many requests to AWS a page of the overview makes: bounded by the page, whatever devices hold."""

import json
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import Any

from iotcloud.clock import utc_now
from iotcloud.devices.store import DeviceNameRow, DeviceRow
from iotcloud.histories.model import Lane
from iotcloud.peripherals.model import Sensor, Slot
from iotcloud.wiring import Wiring
from tests.fakes.access_tokens import FakeTokens
from tests.fakes.api import call_api
from tests.fakes.messages import message
from tests.integration.platform import Request, around_requests, running_platform

ANN = FakeTokens.issue("ann")
NOW = utc_now()
PER_PAGE = 25
SHARED = {"Query": 1, "BatchGetItem": 6}
"""Names; devices, names of sensors, sensors, twice ports, states."""


def add_device(wired: Wiring, number: int, sensors: int, messages: int) -> None:
    deviceid, life = f"UNIT{number:03}", f"{number:016x}"
    DeviceNameRow("ann", f"Unit {number:03}", deviceid=deviceid, registration=life, role="owner").save()
    DeviceRow(deviceid, owner="ann", registration=life, serialnumber="1", registered_at=NOW).save()
    for slot in range(1, sensors + 1):
        wired.stores.sensors.add(
            deviceid, Sensor(Slot("i2c", slot, 40), f"POT {slot}", "potentiometer", "input", NOW - timedelta(days=1))
        )
    payload = json.dumps({"sensors": {f"i2c{slot}": [{"address": 40, "value": 5}] for slot in range(1, sensors + 1)}})
    wired.stores.messages.put_messages(
        [
            replace(
                message(sent, deviceid, lane=Lane.READINGS, payload=payload),
                registration=life,
                received_at=NOW - timedelta(seconds=sent),
            )
            for sent in range(messages)
        ]
    )


def requests_of_a_page(path: str) -> tuple[Counter[str], list[Any]]:
    counter: Counter[str] = Counter()

    def count(operation: str, request: Request) -> Any:
        counter[operation] += 1
        return request()

    call_api("GET", path, token=ANN)
    with around_requests(count):
        answer = call_api("GET", path, token=ANN)
    assert answer.status == 200, answer.text
    return counter, answer.body["devices"]


def test_a_page_makes_the_same_requests_whatever_its_devices_hold() -> None:
    """Beside those that all devices share, one to the log for each device that measures."""
    with running_platform() as wired:
        for number in range(PER_PAGE):
            add_device(wired, number, sensors=1, messages=2)
        few, _ = requests_of_a_page("/devices/overview")
        for number in range(PER_PAGE, 2 * PER_PAGE):
            add_device(wired, number, sensors=4, messages=60)
        cursor = call_api("GET", "/devices/overview", token=ANN).body["cursor"]
        many, devices = requests_of_a_page(f"/devices/overview?cursor={cursor}")

    assert [len(device["sensors"]) for device in devices] == [4] * PER_PAGE
    assert {len(sensor["dataset"]["data"]) for device in devices for sensor in device["sensors"][:2]} == {25}
    assert all("dataset" not in sensor for device in devices for sensor in device["sensors"][2:])
    assert few == many == Counter({"Query": SHARED["Query"] + PER_PAGE, "BatchGetItem": SHARED["BatchGetItem"]})


def test_devices_that_measure_nothing_take_no_request_each() -> None:
    with running_platform() as wired:
        for number in range(3):
            add_device(wired, number, sensors=0, messages=0)
        found, devices = requests_of_a_page("/devices/overview")

    assert [device["sensors"] for device in devices] == [[], [], []]
    assert found["Query"] == SHARED["Query"]

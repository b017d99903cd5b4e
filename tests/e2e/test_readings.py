"""Readings through rule, queue, sensorian and table: latest, extremes, chart and series; thresholds and forwarding."""

import json
import queue
from collections.abc import Callable
from typing import Any

import pytest

from tests.e2e.patience import PATIENCE_SECONDS, eventually
from tests.e2e.people import NewDevice, Person, RegisteredDevice, Stack
from tests.e2e.scripted_device import Json, Script, ScriptedDevice

SENSOR = {
    "manufacturer": "Electronic Dollar Store",
    "model": "POT",
    "class": "potentiometer",
    "type": "input",
    "units": [""],
    "formats": ["int"],
    "attributes": ["Range"],
    "address": 40,
}
PROPERTIES: Json = {
    "range": 0,
    "mode": 0,
    "threshold": {"value": 100, "min": 0, "max": 100, "activate": 0},
    "alert": {"type": 0, "period": 60000},
    "hardware": {"devicename": ""},
}


def obliging(_number: int, _command: Json) -> Any:
    """Reply to everything that it was done."""
    yield 0.0, b"{}"


def pot(device: RegisteredDevice) -> str:
    return f"{device.path}/i2c/1/sensors/sensor/POT 1".replace(" ", "%20")


def send(scripted: ScriptedDevice, value: float) -> None:
    payload = {"sensors": {"i2c1": [{"address": 40, "value": value, "class": 3}]}}
    scripted.publish_in_turn("sensor_reading", json.dumps(payload).encode())


def set_up(device: RegisteredDevice, **properties: object) -> None:
    """Register the sensor and set it; the device must be there to agree."""
    device.owner.api.must("POST", pot(device), SENSOR)
    device.owner.api.must("POST", f"{pot(device)}/properties", PROPERTIES | properties)


@pytest.fixture
def run(device: RegisteredDevice, stack: Stack) -> Callable[[Script], ScriptedDevice]:
    return lambda script: ScriptedDevice.of(device, stack, script)


def test_readings_show_with_their_extremes_as_points_and_as_a_series(
    device: RegisteredDevice, run: Callable[[Script], ScriptedDevice]
) -> None:
    api = device.owner.api
    with run(obliging) as scripted:
        set_up(device)
        for value in (50, 20, 90, 40):
            send(scripted, value)

        readings = eventually(
            lambda: api.must("GET", f"{pot(device)}/readings")["sensor_readings"],
            lambda shown: shown["highest"] == 90.0 and shown["lowest"] == 20.0 and shown["value"] == 40.0,
        )
    assert readings == {"value": 40.0, "lowest": 20.0, "highest": 90.0}
    points = api.must("GET", f"{pot(device)}/readings/series")["points"]
    assert [point["mean"] for point in points] == [50.0, 20.0, 90.0, 40.0]
    (hour, *_) = api.must("GET", f"{pot(device)}/readings/series?interval=86400")["points"]
    assert (hour["count"], hour["min"], hour["max"], hour["mean"]) == (4, 20.0, 90.0, 50.0)
    histories = api.must("POST", "/devices/histories", {"topic": "sensor_reading"})["transactions"]
    assert len(histories) == 4

    api.must("DELETE", f"{pot(device)}/readings")
    assert api.must("GET", f"{pot(device)}/readings")["sensor_readings"]["value"] == "0"
    assert api.must("GET", f"{pot(device)}/readings/series")["points"] == []


def test_a_crossed_threshold_is_told_once_each_way(
    device: RegisteredDevice, run: Callable[[Script], ScriptedDevice]
) -> None:
    api = device.owner.api
    with run(obliging) as scripted:
        set_up(device)
        for value in (50, 101, 102, 103, 30):
            send(scripted, value)

        def triggers() -> list[Json]:
            found = api.must("POST", "/devices/histories", {"topic": "trigger_notification/i2c1/default/40"})
            return sorted(
                (json.loads(each["payload"]) for each in found["transactions"]), key=lambda each: -each["activate"]
            )

        told = eventually(triggers, lambda found: len(found) >= 2)
    assert told == [
        {"activate": 1, "condition": "potentiometer 101 > 100 (activation)"},
        {"activate": 0, "condition": "potentiometer 30 <= 100 (deactivation)"},
    ]


def test_readings_go_on_to_another_device_of_the_owner(
    device: RegisteredDevice,
    run: Callable[[Script], ScriptedDevice],
    person: Person,
    new_device: NewDevice,
    stack: Stack,
) -> None:
    target = new_device(person)
    heard: queue.Queue[Json] = queue.Queue()

    def listening(_number: int, command: Json) -> Any:
        heard.put(command)
        return ()

    values = [131, 132, 133, 134, 135]
    with run(obliging) as scripted, ScriptedDevice.of(target, stack, listening):
        set_up(device, mode=2, hardware={"devicename": target.devicename})
        forwarded = []
        # One after the other: a function may use another access path on its second lookup.
        for value in values:
            send(scripted, value)
            forwarded.append(heard.get(timeout=PATIENCE_SECONDS))

    assert forwarded == [
        {
            "sensors": [
                {
                    "devicename": device.devicename,
                    "peripheral": "I2C",
                    "sensorname": "POT 1",
                    "attribute": "Range",
                    "value": value,
                }
            ]
        }
        for value in values
    ]

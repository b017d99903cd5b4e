"""Backtests over HTTP: formats and rejections, for every bus."""

import json
from typing import Any

import pytest

from iotcloud.backtests.service import BacktestService
from iotcloud.histories.model import Lane
from iotcloud.peripherals.model import Sensor, Slot
from iotcloud.peripherals.references import DeviceReferences
from iotcloud.wiring import Wiring
from tests.fakes.access_tokens import FakeTokens
from tests.fakes.api import call_api
from tests.fakes.histories import FakeRegistry, InMemoryMessages
from tests.fakes.messages import NOON, after, device, message
from tests.fakes.peripherals import FakeBlocks, FakeContacts, FakeSensors
from tests.fakes.readings import FakeMemories
from tests.parts import replace_part
from tests.unit.api.routes.test_readings import EPOCH, REPORT, SENSORS

ANN = FakeTokens.issue("ann")
LIGHT = Sensor(Slot("i2c", 1, 9), "LED 1", "light", "output", NOON)
THRESHOLD = {"value": 3, "min": 0, "max": 100, "activate": 0, "hysteresis": 0.5}
PROPERTIES: dict[str, dict[str, Any]] = {
    "i2c": {"range": 0, "mode": 0, "threshold": THRESHOLD},
    "adc": {"mode": 0, "threshold": THRESHOLD},
    "1wire": {"mode": 0, "threshold": THRESHOLD},
    "tprobe": {"mode": 0, "threshold": THRESHOLD, "subattributes": {"mode": 0, "threshold": {"value": 60}}},
}
PERIOD = f"datebegin={EPOCH}&dateend={EPOCH + 100}"


@pytest.fixture
def messages(wired: Wiring) -> InMemoryMessages:
    sensors, log = FakeSensors(), InMemoryMessages()
    for sensor in (*SENSORS.values(), LIGHT):
        sensors.add("PH80", sensor)
    replace_part(
        wired,
        "backtests.service",
        BacktestService(
            FakeRegistry([device()]),
            sensors,
            log,
            FakeMemories(),
            FakeBlocks(),
            FakeContacts(),
            DeviceReferences(FakeRegistry()),
            lambda: after(1000),
        ),
    )
    log.put_messages([message(5, lane=Lane.READINGS, payload=json.dumps({"sensors": REPORT}))])
    return log


def path(bus: str, query: str = PERIOD, name: str | None = None) -> str:
    sensorname = SENSORS[bus].sensorname if name is None else name
    return f"/devices/device/Barn unit/{bus}/1/sensors/sensor/{sensorname}/readings/rehearsal?{query}"


@pytest.mark.parametrize("bus", SENSORS)
def test_rehearse_properties_tells_what_would_have_fired(messages: InMemoryMessages, bus: str) -> None:
    answer = call_api("POST", path(bus), PROPERTIES[bus], token=ANN)

    assert answer.status == 200, answer.text
    first = answer.body["triggers"][0]
    value = {"i2c": 131, "adc": 3.5, "1wire": 19.5, "tprobe": 21.5}[bus]
    name = SENSORS[bus].sensor_class
    assert {key: first[key] for key in first if key != "notices"} == {
        "timestamp": EPOCH + 5,
        "activate": 1,
        "kind": "threshold",
        "class": name,
        "value": float(value),
        "condition": f"{name} {value} > 3 (activation)",
    }
    (notice,) = first["notices"]
    assert (notice["type"], notice["recipient"], "reason" in notice) == ("Email", "user@example.com", False)
    assert notice["message"].startswith("Sensor threshold activated\r\n")
    assert [each["class"] for each in answer.body["triggers"][1:]] == (["humidity"] if bus == "tprobe" else [])
    assert "cursor" not in answer.body


def test_rehearse_properties_tells_of_silence_without_a_value(messages: InMemoryMessages) -> None:
    answer = call_api("POST", path("adc"), {"mode": 2, "inactivity_seconds": 60}, token=ANN)

    (told,) = answer.body["triggers"]
    assert (told["kind"], told["timestamp"], told["activate"], "value" in told) == ("silence", EPOCH + 65, 1, False)


def test_rehearse_properties_says_what_would_have_been_refused(messages: InMemoryMessages) -> None:
    block = {
        "messages": [{"message": "Hot", "enable": False}, {"message": "Cool", "enable": True}],
        "endpoints": {"email": {"recipients": "user@example.com", "enable": True, "recipients_list": []}},
    }

    answer = call_api("POST", path("adc"), {**PROPERTIES["adc"], "notification": block}, token=ANN)

    (notice,) = answer.body["triggers"][0]["notices"]
    assert notice == {
        "type": "Email",
        "recipient": "user@example.com",
        "reason": "message on activation is disabled",
    }


def test_rehearse_properties_comes_in_pages(messages: InMemoryMessages) -> None:
    told, cursor = [], ""
    for _ in range(2):
        query = f"{PERIOD}&limit=1" + (f"&cursor={cursor}" if cursor else "")
        answer = call_api("POST", path("tprobe", query), PROPERTIES["tprobe"], token=ANN).body
        told += [each["class"] for each in answer["triggers"]]
        cursor = answer.get("cursor", "")

    assert (told, cursor) == (["temperature", "humidity"], "")


def test_the_cursor_of_other_properties_is_refused(messages: InMemoryMessages) -> None:
    page = call_api("POST", path("tprobe", f"{PERIOD}&limit=1"), PROPERTIES["tprobe"], token=ANN).body
    other = {**PROPERTIES["tprobe"], "threshold": {"value": 4}}

    answer = call_api("POST", path("tprobe", f"{PERIOD}&limit=1&cursor={page['cursor']}"), other, token=ANN)

    assert answer.status == 400


@pytest.mark.parametrize(
    ("query", "body"),
    [
        ("datebegin=x", PROPERTIES["adc"]),
        ("dateend=-1", PROPERTIES["adc"]),
        ("limit=0", PROPERTIES["adc"]),
        ("limit=many", PROPERTIES["adc"]),
        ("cursor=AAAA", PROPERTIES["adc"]),
        (PERIOD, {}),
        (PERIOD, {"mode": 3}),
        (PERIOD, {"mode": 0, "threshold": {"value": "3"}}),
        (PERIOD, {"mode": 0, "threshold": {"hysteresis": -1}}),
        (PERIOD, {"mode": 0, "inactivity_seconds": 1}),
        (PERIOD, []),
        (PERIOD, None),
    ],
)
def test_rehearse_properties_refuses_what_makes_no_sense(messages: InMemoryMessages, query: str, body: object) -> None:
    assert call_api("POST", path("adc", query), body, token=ANN).status == 400


@pytest.mark.parametrize(("bus", "name"), [("i2c", "Nobody"), ("i2c", "LED 1")])
def test_rehearse_properties_is_about_inputs_that_are_there(messages: InMemoryMessages, bus: str, name: str) -> None:
    assert call_api("POST", path(bus, name=name), PROPERTIES[bus], token=ANN).status == 404


def test_rehearse_properties_of_anothers_device_is_refused(messages: InMemoryMessages) -> None:
    assert call_api("POST", path("adc"), PROPERTIES["adc"], token=FakeTokens.issue("mallory")).status == 404
    assert call_api("POST", path("adc"), PROPERTIES["adc"]).status == 401

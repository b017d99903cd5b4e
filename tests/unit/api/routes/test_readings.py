"""The operations on readings over HTTP: formats, empty responses and rejections, for every bus."""

import csv
import json
from datetime import datetime, timedelta
from io import StringIO
from typing import Any

import pytest

from iotcloud.errors import InvalidInput
from iotcloud.histories.model import Lane
from iotcloud.peripherals.model import Sensor, Slot
from iotcloud.peripherals.sensor_registration import SensorRegistration
from iotcloud.readings.model import read_samples
from iotcloud.readings.schema import read_series_query
from iotcloud.readings.series import SeriesService
from iotcloud.readings.service import ReadingService
from iotcloud.readings.state.resets import StateResets
from iotcloud.wiring import Wiring
from tests.fakes.access_tokens import FakeTokens
from tests.fakes.api import call_api
from tests.fakes.device_link import FakeDeviceLink
from tests.fakes.histories import FakeRegistry, InMemoryMessages
from tests.fakes.messages import NOON, after, device, message
from tests.fakes.peripherals import FakeBlocks, FakeConfigurations, FakeSensors, FakeSlotMemory
from tests.fakes.readings import FakeMemories
from tests.parts import replace_part

ANN = FakeTokens.issue("ann")
DEVICE = "/devices/device/Barn unit"
EPOCH = int(NOON.timestamp())
SENSORS = {
    "i2c": Sensor(Slot("i2c", 1, 40), "POT 1", "potentiometer", "input", NOON, is_enabled=True),
    "adc": Sensor(Slot("adc", 1), "Wind 1", "anemometer", "input", NOON, is_enabled=True),
    "1wire": Sensor(Slot("1wire", 1), "DS 1", "temperature", "input", NOON, is_enabled=True),
    "tprobe": Sensor(Slot("tprobe", 1), "TH 1", "temperature", "input", NOON, subclass="humidity", is_enabled=True),
}
REPORT = {
    "i2c1": [{"address": 40, "value": 131}],
    "adc1": [{"value": 3.5}],
    "1wire1": [{"value": 19.5}],
    "tprobe1": [{"value": 21.5, "subclass": {"value": 61}}],
}
LATEST: dict[str, Any] = {
    "i2c": {"value": 131.0, "lowest": 131.0, "highest": 131.0},
    "adc": {"value": 3.5, "lowest": 3.5, "highest": 3.5},
    "1wire": {"value": 19.5, "lowest": 19.5, "highest": 19.5},
    "tprobe": {
        "value": 21.5,
        "lowest": 21.5,
        "highest": 21.5,
        "subclass": {"value": 61.0, "lowest": 61.0, "highest": 61.0},
    },
}


class Harness:
    """The services that the routes ask."""

    def __init__(self, wired: Wiring) -> None:
        registry, self.messages, self.states = FakeRegistry([device()]), InMemoryMessages(), FakeMemories()
        sensors, self.link = FakeSensors(), FakeDeviceLink()
        for sensor in SENSORS.values():
            sensors.add("PH80", sensor)
        forgetter = StateResets(registry, self.states, lambda: after(1000))
        slots = SensorRegistration(registry, sensors, FakeConfigurations(), FakeBlocks(), FakeSlotMemory(), self.link)
        replace_part(
            wired,
            "readings.service",
            ReadingService(registry, sensors, self.messages, self.states, forgetter, slots, self.link),
        )
        replace_part(
            wired, "readings.series", SeriesService(registry, sensors, self.messages, self.states, lambda: after(1000))
        )

    def keep(self, number: int) -> None:
        kept = message(number, lane=Lane.READINGS, payload=json.dumps({"sensors": REPORT}))
        self.messages.put_messages([kept])
        known = self.states.find({"PH80": "rPH80"})["PH80"]
        samples, _ = read_samples(kept.payload, kept.received_at, kept.message_id)
        self.states.save("PH80", "rPH80", known.state.with_samples(samples), known.version)


@pytest.fixture
def harness(wired: Wiring) -> Harness:
    return Harness(wired)


def path(bus: str, rest: str = "readings") -> str:
    return f"{DEVICE}/{bus}/1/sensors/sensor/{SENSORS[bus].sensorname}/{rest}"


@pytest.mark.parametrize("bus", SENSORS)
def test_get_readings_answers_in_the_contracts_shape(harness: Harness, bus: str) -> None:
    harness.keep(1)

    answer = call_api("GET", path(bus), token=ANN)

    assert (answer.status, answer.body["sensor_readings"]) == (200, LATEST[bus])


@pytest.mark.parametrize("bus", SENSORS)
def test_get_readings_of_a_sensor_that_sent_nothing_are_zeros_in_text(harness: Harness, bus: str) -> None:
    assert call_api("GET", path(bus), token=ANN).body["sensor_readings"] == {
        "value": "0",
        "lowest": "0",
        "highest": "0",
    }


@pytest.mark.parametrize("bus", SENSORS)
def test_list_slot_readings_names_the_sensors(harness: Harness, bus: str) -> None:
    slot = f"{DEVICE}/{bus}/1/sensors/readings"

    assert call_api("GET", slot, token=ANN).body["sensor_readings"] == [{"sensorname": SENSORS[bus].sensorname}]
    harness.keep(1)
    assert call_api("GET", slot, token=ANN).body["sensor_readings"] == [
        {"sensorname": SENSORS[bus].sensorname, "readings": LATEST[bus]}
    ]


@pytest.mark.parametrize("bus", SENSORS)
def test_list_slot_shows_sensors_with_their_readings(harness: Harness, bus: str) -> None:
    harness.keep(1)
    entry = {"class": SENSORS[bus].class_number, "enabled": 1, "address": 40}
    harness.link.replies[f"get_{bus}_devs"] = {"value": [entry]}

    (sensor,) = call_api("GET", f"{DEVICE}/{bus}/1/sensors", token=ANN).body["sensors"]

    assert sensor["readings"] == LATEST[bus]


@pytest.mark.parametrize("bus", SENSORS)
def test_list_slot_says_when_the_device_is_offline(harness: Harness, bus: str) -> None:
    answer = call_api("GET", f"{DEVICE}/{bus}/1/sensors", token=ANN)

    assert "offline" in answer.body["message"]
    assert [sensor["enabled"] for sensor in answer.body["sensors"]] == [0]
    assert "readings" not in answer.body["sensors"][0]


@pytest.mark.parametrize("bus", SENSORS)
def test_readings_can_be_deleted_by_sensor_and_by_slot(harness: Harness, bus: str) -> None:
    for delete in (path(bus), f"{DEVICE}/{bus}/1/sensors/readings"):
        harness.keep(1)
        assert call_api("DELETE", delete, token=ANN).status == 200
        assert call_api("GET", path(bus), token=ANN).body["sensor_readings"]["value"] == "0"


def test_list_readings_puts_them_beside_each_enabled_input(harness: Harness) -> None:
    harness.keep(1)
    harness.link.replies["get_devs"] = {"value": {"i2c1": [{"class": 3, "enabled": 1, "address": 40}]}}

    (sensor,) = call_api("GET", f"{DEVICE}/sensors/readings", token=ANN).body["sensors"]

    assert sensor["readings"] == LATEST["i2c"]
    assert (sensor["sensorname"], sensor["source"], sensor["number"], sensor["address"]) == ("POT 1", "i2c", "1", 40)
    assert "deviceid" not in sensor


def test_list_readings_is_empty_while_the_device_does_not_answer(harness: Harness) -> None:
    for what in ("readings", "readings/dataset"):
        answer = call_api("GET", f"{DEVICE}/sensors/{what}", token=ANN)
        assert (answer.status, answer.body["sensors"]) == (200, [])


def test_list_datasets_has_a_list_of_values_for_each_class(harness: Harness) -> None:
    harness.keep(1)
    harness.keep(2)
    harness.link.replies["get_devs"] = {
        "value": {"adc1": [{"class": 6, "enabled": 1}], "tprobe1": [{"class": 4, "enabled": 1}]}
    }

    sensors = call_api("GET", f"{DEVICE}/sensors/readings/dataset", token=ANN).body["sensors"]

    labels = [str(EPOCH + 1), str(EPOCH + 2)]
    assert {sensor["sensorname"]: sensor["dataset"] for sensor in sensors} == {
        "Wind 1": {"labels": labels, "data": [3.5, 3.5]},
        "TH 1": {"labels": labels, "data": [[21.5, 21.5], [61.0, 61.0]]},
    }


def test_delete_device_readings_lists_the_inputs(harness: Harness) -> None:
    harness.keep(1)

    answer = call_api("DELETE", f"{DEVICE}/sensors/readings", token=ANN)

    assert {sensor["sensorname"] for sensor in answer.body["sensors"]} == {"POT 1", "Wind 1", "DS 1", "TH 1"}
    assert call_api("GET", path("adc"), token=ANN).body["sensor_readings"]["value"] == "0"


@pytest.mark.parametrize("bus", SENSORS)
def test_get_series_answers_points_page_by_page(harness: Harness, bus: str) -> None:
    for number in range(5):
        harness.keep(number)
    asked = f"datebegin={EPOCH + 1}&dateend={EPOCH + 3}&limit=2"

    first = call_api("GET", f"{path(bus, 'readings/series')}?{asked}", token=ANN).body
    second = call_api("GET", f"{path(bus, 'readings/series')}?{asked}&cursor={first['cursor']}", token=ANN).body

    points = first["points"] + second["points"]
    assert [point["timestamp"] - EPOCH for point in points] == [1, 2, 3]
    assert points[0]["mean"] == LATEST[bus]["value"]
    assert ("subclass" in points[0]) is (bus == "tprobe")
    assert "cursor" not in second


def test_get_series_sums_up_intervals(harness: Harness) -> None:
    for number in range(20):
        harness.keep(number)

    answer = call_api("GET", f"{path('tprobe', 'readings/series')}?interval=3600", token=ANN)

    assert answer.body["points"] == [
        {
            "timestamp": EPOCH,
            "count": 20,
            "min": 21.5,
            "max": 21.5,
            "mean": 21.5,
            "subclass": {"min": 61.0, "max": 61.0, "mean": 61.0},
        }
    ]


@pytest.mark.parametrize(
    "asked",
    [
        "limit=0",
        "limit=1001",
        "limit=x",
        "interval=0",
        "interval=-1",
        "interval=1.5",
        "interval=99999999",
        "datebegin=x",
        "datebegin=99999999999",
        "dateend=-1",
        "dateend=%C2%B2",
        "cursor=x",
    ],
)
def test_get_series_refuses_questions_that_make_no_sense(harness: Harness, asked: str) -> None:
    answer = call_api("GET", f"{path('adc', 'readings/series')}?{asked}", token=ANN)

    assert (answer.status, answer.body["status"]) == (400, "NG")


@pytest.mark.parametrize("bus", SENSORS)
def test_export_series_has_the_points_of_the_series(harness: Harness, bus: str) -> None:
    for number in range(5):
        harness.keep(number)
    asked = f"datebegin={EPOCH + 1}&dateend={EPOCH + 3}"

    answer = call_api("GET", f"{path(bus, 'readings/series/export')}?{asked}", token=ANN)
    rows = list(csv.DictReader(StringIO(answer.text)))

    assert (answer.status, answer.headers["Content-Type"]) == (200, "text/csv; charset=utf-8")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="series.csv"'
    assert [int(row["timestamp"]) - EPOCH for row in rows] == [1, 2, 3]
    assert {float(row["mean"]) for row in rows} == {LATEST[bus]["value"]}
    assert {row["submean"] for row in rows} == {"61.0" if bus == "tprobe" else ""}
    assert "X-Cursor" not in answer.headers


@pytest.mark.parametrize("interval", ["", "&interval=60"])
def test_export_series_joined_is_the_series(harness: Harness, monkeypatch: pytest.MonkeyPatch, interval: str) -> None:
    monkeypatch.setattr("api.routes.readings.MAX_EXPORTED_POINTS", 7)
    for number in range(20 if interval == "" else 300):
        harness.keep(number)
    asked = f"{path('tprobe', 'readings/series/export')}?format=csv&datebegin={EPOCH}&dateend={EPOCH + 900}{interval}"

    texts, cursor = [], ""
    while cursor is not None:
        answer = call_api("GET", f"{asked}&cursor={cursor}", token=ANN)
        texts.append(answer.text)
        cursor = answer.headers.get("X-Cursor")
    monkeypatch.undo()

    assert "".join(texts) == call_api("GET", asked, token=ANN).text
    assert len(texts) == (3 if interval == "" else 1)


def test_export_series_of_nothing_is_a_table_without_rows(harness: Harness) -> None:
    for name, text in (("csv", "timestamp,count,min,max,mean,submin,submax,submean\r\n"), ("ndjson", "")):
        answer = call_api("GET", f"{path('adc', 'readings/series/export')}?format={name}", token=ANN)
        assert (answer.status, answer.text) == (200, text)


@pytest.mark.parametrize("asked", ["format=xls", "interval=0", "datebegin=x", "dateend=-1", "cursor=x"])
def test_export_series_refuses_questions_that_make_no_sense(harness: Harness, asked: str) -> None:
    answer = call_api("GET", f"{path('adc', 'readings/series/export')}?{asked}", token=ANN)

    assert (answer.status, answer.body["status"]) == (400, "NG")


@pytest.mark.parametrize("bus", SENSORS)
@pytest.mark.parametrize(
    ("method", "rest"),
    [("GET", "readings"), ("DELETE", "readings"), ("GET", "readings/series"), ("GET", "readings/series/export")],
)
def test_what_is_not_there_is_not_found(harness: Harness, bus: str, method: str, rest: str) -> None:
    nobody = FakeTokens.issue("bob")

    assert call_api(method, path(bus, rest), token=nobody).status == 404
    assert call_api(method, f"{DEVICE}/{bus}/1/sensors/sensor/Nobody's/{rest}", token=ANN).status == 404
    assert call_api(method, path(bus, rest)).status == 401


@pytest.mark.parametrize(("bus", "number"), [("adc", 3), ("1wire", 2), ("tprobe", 2), ("i2c", 5), ("adc", 0)])
def test_a_slot_that_the_board_has_not_is_refused(harness: Harness, bus: str, number: int) -> None:
    for method in ("GET", "DELETE"):
        assert call_api(method, f"{DEVICE}/{bus}/{number}/sensors/readings", token=ANN).status == 400


@pytest.mark.parametrize(
    ("text", "offset"),
    [
        ("", 0),
        ("Europe/Berlin", 60),
        ("Etc/GMT+5", -300),
        ("+05:30", 330),
        (" 05:30", 330),
        ("-0330", -210),
        ("UTC", 0),
    ],
)
def test_intervals_begin_by_the_clocks_of_a_zone_or_offset(text: str, offset: int) -> None:
    asked, _ = read_series_query({"timezone": text} if text else {})

    assert asked.zone.utcoffset(datetime(2026, 1, 1)) == timedelta(minutes=offset)  # noqa: DTZ001


@pytest.mark.parametrize(
    "text",
    ["Nowhere", "Europe", "../etc/passwd", "/etc/passwd", "+24:00", "+5", "a" * 100, "\x00", "Europe/Berlin\n", "é"],
)
def test_a_zone_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        read_series_query({"timezone": text})

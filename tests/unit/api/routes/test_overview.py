"""Devices at a glance over HTTP: shape, paging, refusals."""

import json

import pytest

from iotcloud.devices.presence import Mark, Presence
from iotcloud.devices.service import DeviceService
from iotcloud.histories.model import Lane
from iotcloud.peripherals.model import Configuration, Sensor, Slot
from iotcloud.readings.alerts.threshold_state import ThresholdState
from iotcloud.readings.overview import OverviewService
from iotcloud.readings.state.model import DeviceState, SensorState
from iotcloud.wiring import Wiring
from tests.fakes.access_tokens import FakeTokens
from tests.fakes.api import call_api
from tests.fakes.devices import FakeDevices, FakeRights, make_device
from tests.fakes.histories import InMemoryMessages
from tests.fakes.messages import NOON, after, message
from tests.fakes.peripherals import FakeConfigurations, FakeSensors
from tests.fakes.readings import FakeMemories
from tests.parts import replace_part

ANN = FakeTokens.issue("ann")
OVERVIEW = "/devices/overview"
HEAT = Sensor(
    Slot("tprobe", 1), "TH 1", "temperature", "input", NOON, subclass="humidity", is_enabled=True, units=("C", "%")
)
REPORT = {"sensors": {"tprobe1": [{"value": 21.5, "subclass": {"value": 61}}]}}


@pytest.fixture(autouse=True)
def registry(wired: Wiring) -> FakeDevices:
    registry, sensors, ports = FakeDevices(), FakeSensors(), FakeConfigurations()
    states, log = FakeMemories(), InMemoryMessages()
    registry.add(
        make_device(
            "Barn unit", deviceid="PH80", registration="rPH80", registered_at=NOON, presence=Presence(Mark(NOON, 1))
        )
    )
    sensors.add("PH80", HEAT)
    ports.save("PH80", Configuration(Slot("gpio", 1), {}, is_enabled=True))
    log.put_messages([message(1, lane=Lane.READINGS, payload=json.dumps(REPORT))])
    alarm = SensorState(threshold_state=ThresholdState("t", was_active=True))
    states.save("PH80", "rPH80", DeviceState({HEAT.slot: alarm}), 0)
    devices = DeviceService(registry, sensors, FakeRights())
    replace_part(wired, "readings.overview", OverviewService(devices, sensors, ports, states, log))
    return registry


def test_a_device_is_shown_with_all_that_a_card_needs() -> None:
    answer = call_api("GET", OVERVIEW, token=ANN)

    at, noon = str(int(after(1).timestamp())), str(int(NOON.timestamp()))
    assert (answer.status, answer.body) == (
        200,
        {
            "status": "OK",
            "message": "Done",
            "devices": [
                {
                    "devicename": "Barn unit",
                    "deviceid": "PH80",
                    "serialnumber": "00079",
                    "timestamp": noon,
                    "online": True,
                    "connected_at": noon,
                    "role": "owner",
                    "alarm": True,
                    "ports": [{"source": "gpio", "number": "1", "enabled": 1}],
                    "sensors": [
                        {
                            "source": "tprobe",
                            "number": "1",
                            "sensorname": "TH 1",
                            "class": "temperature",
                            "subclass": "humidity",
                            "type": "input",
                            "enabled": 1,
                            "units": ["C", "%"],
                            "value": 21.5,
                            "subvalue": 61.0,
                            "timestamp": at,
                            "alarm": True,
                            "inactive": False,
                            "dataset": {"labels": [at], "data": [[21.5], [61.0]]},
                        }
                    ],
                }
            ],
        },
    )


def test_pages_follow_each_other(registry: FakeDevices) -> None:
    registry.add(make_device("Attic", deviceid="ATTIC"))

    first = call_api("GET", f"{OVERVIEW}?limit=1", token=ANN).body
    second = call_api("GET", f"{OVERVIEW}?limit=1&cursor={first['cursor']}", token=ANN).body

    assert [device["devicename"] for device in (*first["devices"], *second["devices"])] == ["Attic", "Barn unit"]
    assert "cursor" not in second


def test_somebody_without_devices_gets_an_empty_page() -> None:
    assert call_api("GET", OVERVIEW, token=FakeTokens.issue("bob")).body["devices"] == []


@pytest.mark.parametrize("query", ["limit=0", "limit=26", "limit=x", "limit=-1", "limit=025", "cursor=x"])
def test_a_bad_page_is_refused(query: str) -> None:
    assert call_api("GET", f"{OVERVIEW}?{query}", token=ANN).status == 400

"""The overview of devices: ports, latest values, alarms, small charts, and the requests of a page."""

import json
from dataclasses import replace
from typing import Any

import pytest

from iotcloud.devices.model import Device, Role
from iotcloud.devices.service import DeviceService
from iotcloud.errors import InvalidInput
from iotcloud.histories.model import Lane, position_of
from iotcloud.peripherals.model import Configuration, Sensor, Slot
from iotcloud.readings.alerts.inactivity import Inactivity
from iotcloud.readings.alerts.threshold_state import ThresholdState
from iotcloud.readings.overview import OverviewService
from iotcloud.readings.state.model import DeviceState, SensorState
from tests.fakes.devices import FakeDevices, FakeRights
from tests.fakes.histories import InMemoryMessages
from tests.fakes.messages import NOON, after, device, message
from tests.fakes.peripherals import FakeConfigurations, FakeSensors
from tests.fakes.readings import FakeMemories

POT = Sensor(Slot("i2c", 1, 40), "POT 1", "potentiometer", "input", NOON, is_enabled=True)
LED = Sensor(Slot("i2c", 1, 8), "LED 1", "light", "output", NOON)
WIND = Sensor(Slot("adc", 1), "Wind 1", "anemometer", "input", NOON)
HEAT = Sensor(Slot("tprobe", 1), "TH 1", "temperature", "input", NOON, subclass="humidity")


class Harness:
    """The service and its dependencies."""

    def __init__(self) -> None:
        self.registry, self.rights, self.messages = FakeDevices(), FakeRights(), InMemoryMessages()
        self.sensors, self.ports, self.states = FakeSensors(), FakeConfigurations(), FakeMemories()
        devices = DeviceService(self.registry, self.sensors, self.rights)
        self.service = OverviewService(devices, self.sensors, self.ports, self.states, self.messages)

    def register(self, one: Device, *sensors: Sensor) -> None:
        self.registry.add(one)
        for sensor in sensors:
            self.sensors.add(one.deviceid, sensor)

    def keep(self, number: int, deviceid: str = "PH80", **sources: Any) -> None:
        text = json.dumps({"sensors": {name: [entry] for name, entry in sources.items()}})
        self.messages.put_messages([message(number, deviceid, lane=Lane.READINGS, payload=text)])

    def glance(self, username: str = "ann") -> Any:
        (one,) = self.service.list_overview(username, 25).items
        return one


@pytest.fixture
def harness() -> Harness:
    harness = Harness()
    harness.register(device(), POT, LED, WIND, HEAT)
    return harness


def test_sensors_come_with_their_latest_values_and_times(harness: Harness) -> None:
    harness.keep(1, adc1={"value": 3}, tprobe1={"value": 20, "subclass": {"value": 60}})
    harness.keep(2, adc1={"value": 4})

    found = {one.sensor.sensorname: one.points[-1:] for one in harness.glance().sensors}

    assert [(point.at, point.value.value) for point in found["Wind 1"]] == [(after(2), 4)]
    assert [(point.at, point.value.value, point.value.subvalue) for point in found["TH 1"]] == [(after(1), 20, 60)]
    assert (list(found["POT 1"]), list(found["LED 1"])) == ([], [])


def test_a_chart_has_the_newest_25_points_of_the_first_two_inputs_that_have_some(harness: Harness) -> None:
    for number in range(40):
        harness.keep(number, adc1={"value": number}, tprobe1={"value": number}, i2c1={"address": 40, "value": number})

    charts = {one.sensor.sensorname: one.points for one in harness.glance().sensors if one.is_charted}

    assert list(charts) == ["Wind 1", "POT 1"]
    assert [point.value.value for point in charts["POT 1"]] == list(range(15, 40))


def test_an_input_without_points_leaves_its_chart_to_the_next(harness: Harness) -> None:
    harness.keep(1, tprobe1={"value": 20}, i2c1={"address": 40, "value": 5})

    assert [one.sensor.sensorname for one in harness.glance().sensors if one.is_charted] == ["POT 1", "TH 1"]


def test_readings_that_were_deleted_do_not_count(harness: Harness) -> None:
    harness.keep(1, adc1={"value": 3})
    state = DeviceState({WIND.slot: SensorState(cleared=position_of(after(2)))})
    harness.states.save("PH80", "rPH80", state, 0)

    assert all(not one.points for one in harness.glance().sensors)


@pytest.mark.parametrize(
    ("state", "is_alarming", "is_inactive"),
    [
        (SensorState(), False, False),
        (SensorState(threshold_state=ThresholdState("t", was_active=True)), True, False),
        (SensorState(subthreshold_state=ThresholdState("t", was_active=True)), True, False),
        (SensorState(inactivity=Inactivity(60, position_of(NOON), is_inactive=True)), False, True),
        (SensorState(inactivity=Inactivity(60, position_of(NOON))), False, False),
    ],
)
def test_a_sensor_beyond_its_threshold_or_silent_alarms_its_device(
    harness: Harness, state: SensorState, *, is_alarming: bool, is_inactive: bool
) -> None:
    harness.states.save("PH80", "rPH80", DeviceState({HEAT.slot: state}), 0)

    one = harness.glance()
    (heat,) = [each for each in one.sensors if each.sensor == HEAT]

    assert (heat.is_alarming, heat.is_inactive) == (is_alarming, is_inactive)
    assert one.is_alarming is (is_alarming or is_inactive)


def test_what_an_earlier_owner_measured_is_not_shown(harness: Harness) -> None:
    harness.messages.put_messages(
        [message(1, lane=Lane.READINGS, payload='{"sensors": {"adc1": [{"value": 9}]}}', registration="earlier")]
    )
    alarm = DeviceState({WIND.slot: SensorState(threshold_state=ThresholdState("t", was_active=True))})
    harness.states.save("PH80", "earlier", alarm, 0)

    one = harness.glance()

    assert (one.is_alarming, [each.points for each in one.sensors if each.points]) == (False, [])


def test_ports_are_those_that_were_ever_set(harness: Harness) -> None:
    harness.ports.save("PH80", Configuration(Slot("gpio", 2), {"direction": 0}, is_enabled=True))
    harness.ports.save("PH80", Configuration(Slot("uart", 1), {"baudrate": 7}))
    harness.ports.save("PH80", Configuration(POT.slot, {}, is_enabled=True))

    ports = [(port.slot.source, port.is_enabled) for port in harness.glance().ports]

    assert ports == [("uart", False), ("gpio2", True)]


def test_a_device_without_inputs_reads_no_log(harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    harness.register(device("LAMP", "Lamp", owner="bob"), LED)
    monkeypatch.setattr(harness.messages, "read_device", None)

    one = harness.glance("bob")

    assert [each.sensor for each in one.sensors] == [LED]


def test_a_page_leads_to_the_next_and_shows_each_device_once(harness: Harness) -> None:
    for number in range(30):
        harness.register(device(f"D{number:02}", f"Unit {number:02}", owner="cleo"), WIND)
        harness.keep(1, f"D{number:02}", adc1={"value": number})

    first = harness.service.list_overview("cleo", 25)
    second = harness.service.list_overview("cleo", 25, first.cursor)

    shown = [(one.device.devicename, one.sensors[0].points[-1].value.value) for one in (*first.items, *second.items)]
    assert shown == [(f"Unit {number:02}", number) for number in range(30)]
    assert second.cursor is None
    with pytest.raises(InvalidInput):
        harness.service.list_overview("ann", 25, first.cursor)


def test_nobody_sees_a_device_whose_share_was_taken_back(harness: Harness) -> None:
    shared = replace(
        device("BARN", "Shared", owner="bob", username="vic", role=Role.VIEWER), invited_as="v@example.com"
    )
    harness.register(shared, WIND)
    harness.keep(1, "BARN", adc1={"value": 7})
    assert harness.glance("vic").sensors[0].points[-1].value.value == 7

    harness.rights.taken.add(("BARN", "vic"))

    assert harness.service.list_overview("vic", 25).items == []

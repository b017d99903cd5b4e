"""Readings for users: latest values with extremes, charts, and the effect of deleting."""

import json
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from iotcloud.devices.model import Device, Role
from iotcloud.errors import DeviceNotRegistered, SensorBusy, SensorNotRegistered
from iotcloud.histories.model import Lane
from iotcloud.peripherals.model import ADC, I2C, Sensor, SensorTypeInvalid, Slot
from iotcloud.peripherals.sensor_registration import SensorRegistration
from iotcloud.readings.model import Extremes, Value, read_samples
from iotcloud.readings.service import DATASET_POINTS, NOTHING, ReadingService, SensorReadings
from iotcloud.readings.state.model import VersionConflict
from iotcloud.readings.state.resets import StateResets
from tests.fakes.device_link import FakeDeviceLink
from tests.fakes.histories import FakeRegistry, InMemoryMessages
from tests.fakes.messages import NOON, after, device, message
from tests.fakes.peripherals import FakeBlocks, FakeConfigurations, FakeSensors, FakeSlotMemory
from tests.fakes.readings import FakeMemories

POT = Sensor(Slot("i2c", 1, 40), "POT 1", "potentiometer", "input", NOON, is_enabled=True)
LED = Sensor(Slot("i2c", 1, 8), "LED 1", "light", "output", NOON, is_enabled=True)
WIND = Sensor(Slot("adc", 1), "Wind 1", "anemometer", "input", NOON, is_enabled=True)


class Harness:
    """The service and its dependencies; readings are stored like the sensorian does."""

    def __init__(self, *devices: Device) -> None:
        self.now: datetime = after(10_000)
        self.registry = FakeRegistry(list(devices or [device()]))
        self.messages, self.states = InMemoryMessages(), FakeMemories()
        self.sensors, self.link = FakeSensors(), FakeDeviceLink()
        self.forgetter = StateResets(self.registry, self.states, lambda: self.now)
        for sensor in (POT, LED, WIND):
            self.sensors.add("PH80", sensor)
        slots = SensorRegistration(
            self.registry, self.sensors, FakeConfigurations(), FakeBlocks(), FakeSlotMemory(), self.link
        )
        self.service = ReadingService(
            self.registry, self.sensors, self.messages, self.states, self.forgetter, slots, self.link
        )

    def keep(self, number: int, **values: float) -> None:
        sources: dict[str, Any] = {}
        if "pot" in values:
            sources["i2c1"] = [{"address": 40, "value": values["pot"]}]
        if "wind" in values:
            sources["adc1"] = [{"value": values["wind"]}]
        kept = message(number, lane=Lane.READINGS, payload=json.dumps({"sensors": sources}))
        self.messages.put_messages([kept])
        known = self.states.find({"PH80": "rPH80"})["PH80"]
        samples, _ = read_samples(kept.payload, kept.received_at, kept.message_id)
        self.states.save("PH80", "rPH80", known.state.with_samples(samples), known.version)

    def wind(self) -> SensorReadings:
        ((_, readings),) = self.service.join_readings(
            self.registry.devices[0], [self.sensors.kept["PH80", "Wind 1"]], DATASET_POINTS
        )
        return readings


def numbers(readings: SensorReadings) -> list[float]:
    return [point.value.value for point in readings.points]


def test_the_latest_reading_comes_with_its_extremes() -> None:
    harness = Harness()
    for number, value in enumerate([5, 9, 2, 7]):
        harness.keep(number, wind=value)

    readings = harness.wind()

    assert readings.latest == Value(7)
    assert readings.extremes == Extremes(2, 9)


def test_a_sensor_that_sent_nothing_has_no_readings() -> None:
    assert Harness().wind() == NOTHING


def test_a_reading_that_is_not_remembered_yet_widens_the_extremes_all_the_same() -> None:
    harness = Harness()
    harness.keep(1, wind=5)
    harness.messages.put_messages([message(2, lane=Lane.READINGS, payload='{"sensors": {"adc1": [{"value": 99}]}}')])

    assert harness.wind().extremes == Extremes(5, 99)


def test_a_chart_has_the_newest_25_points_oldest_first() -> None:
    harness = Harness()
    for number in range(40):
        harness.keep(number, wind=number)

    readings = harness.wind()

    assert numbers(readings) == list(range(15, 40))
    assert readings.points[0].at == after(15)
    assert readings.extremes == Extremes(0, 39)


def test_a_point_whose_value_is_zero_is_a_point() -> None:
    harness = Harness()
    harness.keep(1, wind=0)

    assert numbers(harness.wind()) == [0]


def test_a_sensor_that_sends_no_more_keeps_its_last_readings() -> None:
    harness = Harness()
    for number in range(30):
        harness.keep(number, wind=number, pot=1)
    for number in range(30, 100):
        harness.keep(number, pot=1)

    assert harness.wind().latest == Value(29)
    assert numbers(harness.wind()) == list(range(5, 30))


def test_readings_of_several_sensors_take_one_request_to_the_log(monkeypatch: pytest.MonkeyPatch) -> None:
    harness = Harness()
    harness.keep(1, wind=1, pot=1)
    reads: list[object] = []
    original = harness.messages.read_device
    monkeypatch.setattr(harness.messages, "read_device", lambda *window: reads.append(window) or original(*window))

    harness.service.join_readings(device(), [POT, WIND])

    assert len(reads) == 1


def test_list_readings_shows_enabled_inputs_as_the_device_reports_them() -> None:
    harness = Harness()
    harness.keep(1, wind=3, pot=131)
    harness.link.replies["get_devs"] = {
        "value": {
            "i2c1": [{"class": 3, "enabled": 1, "address": 40}, {"class": 2, "enabled": 1, "address": 8}],
            "adc1": [{"class": 6, "enabled": 0}],
        }
    }

    joined = harness.service.list_readings("ann", "Barn unit")

    assert [(sensor.sensorname, readings.latest) for sensor, readings in joined] == [("POT 1", Value(131))]
    switched = harness.sensors.find("PH80", "Wind 1")
    assert switched is not None
    assert (switched.is_enabled, switched.is_configured) == (False, True)


@pytest.mark.parametrize("reply", [{}, {"value": None}, {"value": []}, {"value": {"adc1": 7}}])
def test_list_readings_shows_nothing_that_the_device_does_not_report(reply: dict[str, Any]) -> None:
    harness = Harness()
    harness.link.replies["get_devs"] = reply

    assert harness.service.list_readings("ann", "Barn unit") == []


def test_list_readings_shows_nothing_while_the_device_does_not_answer() -> None:
    harness = Harness()

    assert harness.service.list_readings("ann", "Barn unit") == []
    assert harness.sensors.find("PH80", "Wind 1") == WIND


def test_list_slot_joins_readings_to_enabled_inputs() -> None:
    harness = Harness()
    harness.keep(1, pot=131)
    reported = [{"class": 3, "enabled": 1, "address": 40}, {"class": 2, "enabled": 1, "address": 8}]
    harness.link.replies["get_i2c_devs"] = {"value": reported}

    slot = harness.service.list_slot("ann", "Barn unit", I2C, 1)

    assert {sensor.sensorname: readings.latest for sensor, readings in slot.joined} == {
        "POT 1": Value(131),
        "LED 1": None,
    }
    assert slot.is_device_reachable


def test_list_slot_shows_no_readings_while_the_device_does_not_answer() -> None:
    harness = Harness()
    harness.keep(1, pot=131)

    slot = harness.service.list_slot("ann", "Barn unit", I2C, 1)

    assert [readings for _, readings in slot.joined] == [NOTHING, NOTHING]
    assert not slot.is_device_reachable


def test_list_slot_readings_shows_enabled_inputs_without_asking_the_device() -> None:
    harness = Harness()
    harness.keep(1, pot=131)

    joined = harness.service.list_slot_readings("ann", "Barn unit", I2C, 1)

    assert [(sensor.sensorname, readings.latest) for sensor, readings in joined] == [("POT 1", Value(131))]
    assert harness.link.sent == []
    assert harness.service.list_slot_readings("ann", "Barn unit", I2C, 2) == []


def test_deleted_readings_are_gone_and_new_ones_count_from_then_on() -> None:
    harness = Harness()
    harness.keep(1, wind=50, pot=7)
    harness.now = after(5)

    harness.service.delete_readings("ann", "Barn unit", ADC, 1, "Wind 1")

    assert harness.wind() == NOTHING
    assert harness.service.get_readings("ann", "Barn unit", I2C, 1, "POT 1").latest == Value(7)
    harness.keep(4, wind=99)
    assert harness.wind() == NOTHING
    harness.keep(6, wind=3)
    assert (harness.wind().latest, harness.wind().extremes) == (Value(3), Extremes(3, 3))


def test_readings_of_a_slot_or_of_the_whole_device_can_be_deleted() -> None:
    harness = Harness()
    harness.keep(1, wind=50, pot=7)

    harness.service.delete_slot_readings("ann", "Barn unit", I2C, 1)
    assert harness.service.get_readings("ann", "Barn unit", I2C, 1, "POT 1") == NOTHING
    assert harness.wind() != NOTHING

    inputs = harness.service.delete_device_readings("ann", "Barn unit")
    assert harness.wind() == NOTHING
    assert [sensor.sensorname for sensor in inputs] == ["Wind 1", "POT 1"]


def test_readings_that_are_still_on_their_way_when_they_are_deleted_do_not_count() -> None:
    harness = Harness()

    harness.service.delete_readings("ann", "Barn unit", ADC, 1, "Wind 1")
    harness.keep(1, wind=5)

    assert harness.wind() == NOTHING


def test_nothing_is_forgotten_of_a_device_that_is_gone() -> None:
    harness = Harness()
    harness.registry.devices = []

    harness.forgetter.reset_slots("PH80", [WIND.slot])

    assert harness.states.rows == {}


def test_outputs_and_sensors_that_are_not_there_have_no_readings() -> None:
    harness = Harness()

    for act in (harness.service.get_readings, harness.service.delete_readings):
        with pytest.raises(SensorTypeInvalid):
            act("ann", "Barn unit", I2C, 1, "LED 1")
        with pytest.raises(SensorNotRegistered):
            act("ann", "Barn unit", I2C, 2, "POT 1")
        with pytest.raises(SensorNotRegistered):
            act("ann", "Barn unit", ADC, 1, "Nobody's")


def test_another_users_device_is_not_there() -> None:
    harness = Harness()

    with pytest.raises(DeviceNotRegistered):
        harness.service.list_readings("bob", "Barn unit")
    with pytest.raises(DeviceNotRegistered):
        harness.service.list_slot_readings("bob", "Barn unit", I2C, 1)
    with pytest.raises(DeviceNotRegistered):
        harness.service.delete_device_readings("bob", "Barn unit")


def test_only_the_owner_deletes() -> None:
    harness = Harness(device(owner="ann", username="bob", role=Role.VIEWER))
    harness.keep(1, wind=5)

    assert harness.service.get_readings("bob", "Barn unit", ADC, 1, "Wind 1").latest == Value(5)
    for act in (
        lambda: harness.service.delete_readings("bob", "Barn unit", ADC, 1, "Wind 1"),
        lambda: harness.service.delete_slot_readings("bob", "Barn unit", ADC, 1),
        lambda: harness.service.delete_device_readings("bob", "Barn unit"),
    ):
        with pytest.raises(DeviceNotRegistered):
            act()


def test_a_slot_that_is_rearmed_or_forgotten_tells_again_and_late_readings_do_not() -> None:
    harness = Harness()
    harness.keep(1, wind=5)
    harness.now = after(100)

    harness.forgetter.rearm_slot("PH80", WIND.slot)
    rearmed = harness.states.find({"PH80": "rPH80"})["PH80"].state.of(WIND.slot)
    assert rearmed.extremes == Extremes(5, 5)
    assert rearmed.threshold_state.since > message(99).position
    assert rearmed.subthreshold_state == rearmed.threshold_state

    harness.forgetter.reset_slots("PH80", [WIND.slot])
    forgotten = harness.states.find({"PH80": "rPH80"})["PH80"].state.of(WIND.slot)
    assert forgotten.extremes is None
    assert forgotten.cleared == rearmed.threshold_state.since


def test_a_memory_that_changes_meanwhile_is_changed_again(monkeypatch: pytest.MonkeyPatch) -> None:
    harness = Harness()
    harness.keep(1, wind=5)
    original = harness.states.save
    attempts = iter([True, False])

    def save(*arguments: Any) -> None:
        if next(attempts):
            raise VersionConflict
        original(*arguments)

    monkeypatch.setattr(harness.states, "save", save)

    harness.forgetter.reset_slots("PH80", [WIND.slot])

    assert harness.wind() == NOTHING


def test_a_memory_that_never_stands_still_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    harness = Harness()
    harness.keep(1, wind=5)

    def busy(*_: object) -> None:
        raise VersionConflict

    monkeypatch.setattr(harness.states, "save", busy)

    with pytest.raises(SensorBusy):
        harness.forgetter.reset_slots("PH80", [WIND.slot])


@pytest.mark.parametrize("every", [2, 10, 50])
def test_a_slow_sensors_chart_has_its_own_newest_points(every: int) -> None:
    harness = Harness()
    for number in range(30 * every):
        harness.keep(number, pot=1, **({"wind": number} if number % every == 0 else {}))

    assert numbers(harness.wind()) == [number * every for number in range(5, 30)]


def test_a_late_message_does_not_push_newer_readings_out_of_the_chart() -> None:
    harness = Harness()
    for number in range(25):
        harness.keep(number + 3000, wind=number)
    for number in range(30):
        sample = {"age": 1500, "sensors": {"adc1": [{"value": -1}]}}
        late = message(number + 4000, lane=Lane.READINGS, payload=json.dumps({"samples": [sample]}))
        harness.messages.put_messages([late])

    assert numbers(harness.wind()) == list(range(25))


def test_a_new_sensor_shows_nothing_of_what_was_in_its_place() -> None:
    harness = Harness()
    for number in range(3):
        harness.keep(number, wind=number)
    harness.now = after(10)
    harness.sensors.kept["PH80", "Wind 1"] = replace(WIND, registered_at=after(10))
    harness.forgetter.begin_slot("PH80", WIND)
    assert harness.wind() == NOTHING

    harness.keep(11, wind=7)

    assert numbers(harness.wind()) == [7]
    assert harness.wind().extremes == Extremes(7, 7)


def test_readings_of_another_class_count_for_nothing() -> None:
    harness = Harness()
    harness.forgetter.begin_slot("PH80", WIND)
    harness.now = after(0)
    harness.forgetter.begin_slot("PH80", WIND)
    for number, (value, number_of_class) in enumerate([(5, 6), (80, 4), (6, 6)]):
        payload = json.dumps({"sensors": {"adc1": [{"value": value, "class": number_of_class}]}})
        kept = message(number + 1, lane=Lane.READINGS, payload=payload)
        harness.messages.put_messages([kept])
        known = harness.states.find({"PH80": "rPH80"})["PH80"]
        samples, _ = read_samples(kept.payload, kept.received_at, kept.message_id)
        harness.states.save("PH80", "rPH80", known.state.with_samples(samples), known.version)

    assert numbers(harness.wind()) == [5, 6]
    assert harness.wind().extremes == Extremes(5, 6)


def test_a_message_that_came_twice_is_one_point_of_the_chart() -> None:
    harness = Harness()
    for number, seconds in enumerate((1, 1.2, 5)):
        payload = json.dumps({"sensors": {"adc1": [{"value": 5}]}})
        harness.messages.put_messages([message(number, lane=Lane.READINGS, payload=payload, seconds=seconds)])

    assert numbers(harness.wind()) == [5, 5]

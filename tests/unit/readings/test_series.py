"""A sensor's course over time: whole, in pages, summed up, and without what was deleted or is not asked for."""

import json
import random
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iotcloud.errors import DeviceNotRegistered, InvalidInput, SensorNotRegistered
from iotcloud.histories.model import Lane, position_of
from iotcloud.pages import make_cursor
from iotcloud.peripherals.model import ADC, I2C, TPROBE, Sensor, SensorTypeInvalid, Slot
from iotcloud.readings.model import DeviceMemory, SlotMemory
from iotcloud.readings.series import MAX_REQUESTS, Aggregate, SeriesPoint, SeriesQuestion, SeriesService
from tests.fakes.histories import FakeRegistry, InMemoryMessages
from tests.fakes.messages import NOON, after, device, message
from tests.fakes.peripherals import FakeSensors
from tests.fakes.readings import FakeMemories

WIND = Sensor(Slot("adc", 1), "Wind 1", "anemometer", "input", NOON)
PROBE = Sensor(Slot("tprobe", 1), "TH 1", "temperature", "input", NOON, subclass="humidity")
ALL = SeriesQuestion(after(-3600), after(100_000))


class House:
    """The series and what they stand on."""

    def __init__(self) -> None:
        self.registry = FakeRegistry([device()])
        self.messages, self.sensors, self.memories = InMemoryMessages(), FakeSensors(), FakeMemories()
        self.sensors.add("PH80", WIND)
        self.sensors.add("PH80", PROBE)
        self.service = SeriesService(self.registry, self.sensors, self.messages, self.memories, lambda: after(1000))

    def keep(self, number: int, wind: float, seconds: float | None = None) -> None:
        self.keep_payload(number, {"sensors": {"adc1": [{"value": wind}]}}, seconds)

    def keep_payload(self, number: int, payload: Any, seconds: float | None = None) -> None:
        self.messages.put_messages([message(number, lane=Lane.READINGS, payload=json.dumps(payload), seconds=seconds)])

    def page(self, asked: SeriesQuestion, limit: int = 1000, cursor: str | None = None) -> Any:
        return self.service.get_series("ann", "Barn unit", ADC, 1, "Wind 1", asked, limit, cursor)

    def read(self, asked: SeriesQuestion = ALL, limit: int = 1000) -> list[SeriesPoint]:
        points: list[SeriesPoint] = []
        cursor = None
        for _ in range(1000):
            page = self.page(asked, limit, cursor)
            assert len(page.items) <= limit
            points += page.items
            cursor = page.cursor
            if cursor is None:
                return points
        raise AssertionError("the series has no end")


def values(points: list[SeriesPoint]) -> list[tuple[float, float]]:
    return [((point.at - NOON).total_seconds(), point.value.mean) for point in points]


def test_every_reading_between_two_instants_is_a_point_oldest_first() -> None:
    house = House()
    for number in range(5):
        house.keep(number, number * 10)

    assert values(house.read(SeriesQuestion(after(1), after(4)))) == [(1, 10), (2, 20), (3, 30)]


def test_a_question_that_leaves_the_period_open_is_about_the_last_day() -> None:
    house = House()
    for seconds in (999.9, 1000, 1000 - 86400, 1000 - 86401):
        house.keep(int(seconds) % 1000, seconds, seconds)

    assert values(house.read(SeriesQuestion())) == [(1000 - 86400, 1000 - 86400), (999.9, 999.9)]


def test_readings_of_an_interval_become_one_point_at_its_begin() -> None:
    house = House()
    for number in range(25):
        house.keep(number, number)

    points = house.read(SeriesQuestion(after(0), after(100), timedelta(seconds=10)))

    assert [((each.at - NOON).total_seconds(), each.value) for each in points] == [
        (0, Aggregate(0, 9, 45, 10)),
        (10, Aggregate(10, 19, 145, 10)),
        (20, Aggregate(20, 24, 110, 5)),
    ]


def test_both_classes_of_a_sensor_have_their_course() -> None:
    house = House()
    house.keep_payload(1, {"sensors": {"tprobe1": [{"value": 21, "subclass": {"value": 60}}]}})
    house.keep_payload(2, {"sensors": {"tprobe1": [{"value": 23}]}})

    page = house.service.get_series(
        "ann", "Barn unit", TPROBE, 1, "TH 1", SeriesQuestion(after(0), after(9), timedelta(seconds=60)), 10
    )

    assert page.items == [SeriesPoint(NOON, Aggregate(21, 23, 44, 2), Aggregate(60, 60, 60, 1))]


@pytest.mark.parametrize("limit", [1, 2, 3, 7])
@pytest.mark.parametrize("interval", [None, timedelta(seconds=4)])
def test_pages_together_are_the_whole_series(limit: int, interval: timedelta | None) -> None:
    house = House()
    for number in range(30):
        house.keep(number, number)
    asked = SeriesQuestion(after(0), after(30), interval)

    assert house.read(asked, limit) == house.read(asked)


@given(st.integers(0, 2**32), st.integers(1, 9), st.sampled_from([None, 3, 10, 1000]))
@settings(max_examples=60)
def test_pages_cut_anywhere_are_the_whole_series(seed: int, limit: int, interval: int | None) -> None:
    """Also where the log answers few messages at once, and a page ends because it took its share of requests."""
    draw, house = random.Random(seed), House()
    house.messages.page = draw.randint(1, 4)
    for number in range(60):
        house.keep(number, draw.randint(0, 9))
    asked = SeriesQuestion(after(0), after(60), None if interval is None else timedelta(seconds=interval))

    points = house.read(asked, limit)

    assert sum(point.value.count for point in points) == 60
    assert len({point.at for point in points}) == len(points)
    if interval is not None:
        assert len(points) == -(-60 // interval)


def test_a_page_reads_a_bounded_number_of_times_however_little_it_finds() -> None:
    house = House()
    house.messages.page = 1
    for number in range(100):
        house.keep_payload(number, {"sensors": {"adc2": [{"value": 1}]}})

    page = house.page(ALL)

    assert page.items == []
    assert page.cursor is not None
    assert house.messages.reads == MAX_REQUESTS


def test_packed_samples_are_points_of_their_own_time() -> None:
    house = House()
    samples = [{"age": age, "sensors": {"adc1": [{"value": age}]}} for age in (20, 10, 0)]
    house.keep_payload(1, {"samples": samples}, seconds=60)
    house.keep_payload(2, {"samples": samples}, seconds=90)

    assert values(house.read(SeriesQuestion(after(45), after(75)), limit=1)) == [(50, 10), (60, 0), (70, 20)]


def test_readings_that_were_deleted_and_messages_that_are_none_are_left_out() -> None:
    house = House()
    for number in range(4):
        house.keep(number, number)
    house.keep_payload(9, "nothing", seconds=2.5)
    memory = DeviceMemory({WIND.slot: SlotMemory(cleared=position_of(after(2)))})
    house.memories.save("PH80", "rPH80", memory, 0)

    assert values(house.read()) == [(2, 2), (3, 3)]


def test_a_former_life_of_the_device_is_not_shown() -> None:
    house = House()
    house.keep(1, 1)
    house.registry.devices = [device(registration="second")]

    assert house.read() == []


def test_what_is_not_there_is_refused() -> None:
    house = House()
    house.sensors.add("PH80", Sensor(Slot("i2c", 1, 8), "LED 1", "light", "output", NOON))
    with pytest.raises(DeviceNotRegistered):
        house.service.get_series("bob", "Barn unit", ADC, 1, "Wind 1", ALL, 10)
    with pytest.raises(SensorNotRegistered):
        house.service.get_series("ann", "Barn unit", ADC, 2, "Wind 1", ALL, 10)
    with pytest.raises(SensorTypeInvalid):
        house.service.get_series("ann", "Barn unit", I2C, 1, "LED 1", ALL, 10)


def test_a_cursor_is_good_for_its_own_question_only() -> None:
    house = House()
    for number in range(4):
        house.keep(number, number)
    cursor = house.page(ALL, 2).cursor

    with pytest.raises(InvalidInput):
        house.page(SeriesQuestion(after(0), after(9)), 2, cursor)


@pytest.mark.parametrize(
    "place",
    [
        "",
        "{}",
        "[]",
        '[0, 1, "x"]',
        '[0, 1, "", "", null]',
        '[0, 1, 7, "", null]',
        '[0, 1, "0", 7, null]',
        '[1e99, 1, "0", "", null]',
        '["a", 1, "0", "", null]',
        '[0, 1, "0", "", 7]',
        '[0, 1, "0", "", [0, [1, 2]]]',
        '[0, 1, "0", "", [0, [1, 2, 3, 0]]]',
        '[0, 1, "0", "", [0, ["a", 2, 3, 1]]]',
    ],
)
def test_a_forged_cursor_is_refused(place: str) -> None:
    house = House()

    with pytest.raises(InvalidInput):
        house.page(ALL, 2, make_cursor(f"series of ann rPH80 {WIND.slot} {ALL}", place))

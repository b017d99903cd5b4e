"""A sensor's series: complete, in pages, aggregated, without deleted readings."""

import json
import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from math import isfinite
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from api.exports import FORMATS
from iotcloud.device_input import MAX_NUMBER
from iotcloud.errors import DeviceNotRegistered, InvalidInput, SensorNotRegistered
from iotcloud.histories.model import Lane, position_of
from iotcloud.pagination import make_cursor
from iotcloud.peripherals.model import ADC, I2C, TPROBE, Sensor, SensorTypeInvalid, Slot
from iotcloud.readings.model import read_samples
from iotcloud.readings.reading_order import span_of
from iotcloud.readings.schema import SeriesPointShape, SeriesRow
from iotcloud.readings.series import (
    MAX_REQUESTS,
    Aggregate,
    SeriesPoint,
    SeriesQuestion,
    SeriesService,
    begin_of_interval,
)
from iotcloud.readings.state.model import DeviceState, SensorState
from tests.fakes.histories import FakeRegistry, InMemoryMessages
from tests.fakes.messages import NOON, after, device, message
from tests.fakes.peripherals import FakeSensors
from tests.fakes.readings import FakeMemories

LONG_AGO = after(-1_000_000)
WIND = Sensor(Slot("adc", 1), "Wind 1", "anemometer", "input", LONG_AGO)
PROBE = Sensor(Slot("tprobe", 1), "TH 1", "temperature", "input", LONG_AGO, subclass="humidity")
ALL = SeriesQuestion(after(-3600), after(100_000))


class Harness:
    """The series and their dependencies."""

    def __init__(self) -> None:
        self.registry = FakeRegistry([device()])
        self.messages, self.sensors, self.states = InMemoryMessages(), FakeSensors(), FakeMemories()
        self.sensors.add("PH80", WIND)
        self.sensors.add("PH80", PROBE)
        self.service = SeriesService(self.registry, self.sensors, self.messages, self.states, lambda: after(1000))

    def keep(self, number: int, wind: float, seconds: float | None = None) -> None:
        self.keep_payload(number, {"sensors": {"adc1": [{"value": wind}]}}, seconds)

    def keep_payload(self, number: int, payload: Any, seconds: float | None = None) -> None:
        kept = message(number, lane=Lane.READINGS, payload=json.dumps(payload), seconds=seconds)
        self.messages.put_messages([kept])
        samples, _ = read_samples(kept.payload, kept.received_at, kept.message_id)
        if span := span_of(kept, samples):
            self.messages.put_spans("ann", "PH80", "rPH80", [span])

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
    harness = Harness()
    for number in range(5):
        harness.keep(number, number * 10)

    assert values(harness.read(SeriesQuestion(after(1), after(4)))) == [(1, 10), (2, 20), (3, 30)]


def test_a_question_that_leaves_the_period_open_is_about_the_last_day() -> None:
    harness = Harness()
    for seconds in (999.9, 1000, 1000 - 86400, 1000 - 86401):
        harness.keep(int(seconds) % 1000, seconds, seconds)

    assert values(harness.read(SeriesQuestion())) == [(1000 - 86400, 1000 - 86400), (999.9, 999.9)]


def test_readings_of_an_interval_become_one_point_at_its_begin() -> None:
    harness = Harness()
    for number in range(25):
        harness.keep(number, number)

    points = harness.read(SeriesQuestion(after(0), after(100), timedelta(seconds=10)))

    assert [((each.at - NOON).total_seconds(), each.value) for each in points] == [
        (0, Aggregate(0, 9, 45, 10)),
        (10, Aggregate(10, 19, 145, 10)),
        (20, Aggregate(20, 24, 110, 5)),
    ]


def test_both_classes_of_a_sensor_have_their_course() -> None:
    harness = Harness()
    harness.keep_payload(1, {"sensors": {"tprobe1": [{"value": 21, "subclass": {"value": 60}}]}})
    harness.keep_payload(2, {"sensors": {"tprobe1": [{"value": 23}]}})

    page = harness.service.get_series(
        "ann", "Barn unit", TPROBE, 1, "TH 1", SeriesQuestion(after(0), after(9), timedelta(seconds=60)), 10
    )

    assert page.items == [SeriesPoint(NOON, Aggregate(21, 23, 44, 2), Aggregate(60, 60, 60, 1))]


@pytest.mark.parametrize("limit", [1, 2, 3, 7])
@pytest.mark.parametrize("interval", [None, timedelta(seconds=4)])
def test_pages_together_are_the_whole_series(limit: int, interval: timedelta | None) -> None:
    harness = Harness()
    for number in range(30):
        harness.keep(number, number)
    asked = SeriesQuestion(after(0), after(30), interval)

    assert harness.read(asked, limit) == harness.read(asked)


@given(st.integers(0, 2**32), st.integers(1, 9), st.sampled_from([None, 3, 10, 1000]))
@settings(max_examples=60)
def test_pages_cut_anywhere_are_the_whole_series(seed: int, limit: int, interval: int | None) -> None:
    """Also where the log answers few messages at once, and a page ends because it took its share of requests."""
    draw, harness = random.Random(seed), Harness()
    harness.messages.page = draw.randint(1, 4)
    for number in range(60):
        harness.keep(number, draw.randint(0, 9))
    asked = SeriesQuestion(after(0), after(60), None if interval is None else timedelta(seconds=interval))

    points = harness.read(asked, limit)

    assert sum(point.value.count for point in points) == 60
    assert len({point.at for point in points}) == len(points)
    if interval is not None:
        assert len(points) == -(-60 // interval)


def test_a_page_reads_a_bounded_number_of_times_however_little_it_finds() -> None:
    harness = Harness()
    harness.messages.page = 1
    for number in range(100):
        harness.keep_payload(number, {"sensors": {"adc2": [{"value": 1}]}})

    page = harness.page(ALL)

    assert page.items == []
    assert page.cursor is not None
    assert harness.messages.reads == MAX_REQUESTS


def test_packed_samples_are_points_of_their_own_time() -> None:
    harness = Harness()
    samples = [{"age": age, "sensors": {"adc1": [{"value": age}]}} for age in (20, 10, 0)]
    harness.keep_payload(1, {"samples": samples}, seconds=60)
    harness.keep_payload(2, {"samples": samples}, seconds=90)

    assert values(harness.read(SeriesQuestion(after(45), after(75)), limit=1)) == [(50, 10), (60, 0), (70, 20)]


def test_readings_that_were_deleted_and_messages_that_are_none_are_left_out() -> None:
    harness = Harness()
    for number in range(4):
        harness.keep(number, number)
    harness.keep_payload(9, "nothing", seconds=2.5)
    state = DeviceState({WIND.slot: SensorState(cleared=position_of(after(2)))})
    harness.states.save("PH80", "rPH80", state, 0)

    assert values(harness.read()) == [(2, 2), (3, 3)]


def test_a_former_life_of_the_device_is_not_shown() -> None:
    harness = Harness()
    harness.keep(1, 1)
    harness.registry.devices = [device(registration="second")]

    assert harness.read() == []


def test_what_is_not_there_is_refused() -> None:
    harness = Harness()
    harness.sensors.add("PH80", Sensor(Slot("i2c", 1, 8), "LED 1", "light", "output", NOON))
    with pytest.raises(DeviceNotRegistered):
        harness.service.get_series("bob", "Barn unit", ADC, 1, "Wind 1", ALL, 10)
    with pytest.raises(SensorNotRegistered):
        harness.service.get_series("ann", "Barn unit", ADC, 2, "Wind 1", ALL, 10)
    with pytest.raises(SensorTypeInvalid):
        harness.service.get_series("ann", "Barn unit", I2C, 1, "LED 1", ALL, 10)


def test_a_cursor_is_good_for_its_own_question_only() -> None:
    harness = Harness()
    for number in range(4):
        harness.keep(number, number)
    cursor = harness.page(ALL, 2).cursor

    with pytest.raises(InvalidInput):
        harness.page(SeriesQuestion(after(0), after(9)), 2, cursor)


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
    harness = Harness()

    with pytest.raises(InvalidInput):
        harness.page(ALL, 2, make_cursor(f"series of ann rPH80 {WIND.slot} {ALL}", place))


def packed(*samples: tuple[float, float]) -> dict[str, Any]:
    """Make a message of samples, each so many seconds old."""
    return {"samples": [{"age": age, "sensors": {"adc1": [{"value": value}]}} for age, value in samples]}


def test_a_backlog_is_shown_in_the_order_of_its_own_time() -> None:
    harness = Harness()
    harness.keep(0, 100, seconds=1200)
    harness.keep_payload(1, packed(*((1210 - at, at) for at in range(0, 600, 60))), seconds=1210)
    harness.keep_payload(2, packed(*((1220 - at, at) for at in range(600, 1200, 60))), seconds=1220)
    harness.keep(3, 101, seconds=1230)
    own = [(float(at), float(at)) for at in range(0, 1200, 60)]

    assert values(harness.read()) == [*own, (1200, 100), (1230, 101)]
    assert values(harness.read(SeriesQuestion(after(0), after(1200)))) == own
    assert values(harness.read(SeriesQuestion(after(300), after(310)))) == [(300, 300)]
    assert values(harness.read(limit=1)) == [*own, (1200, 100), (1230, 101)]


@given(st.integers(0, 2**32), st.integers(1, 9), st.sampled_from([None, 3, 10, 1000]))
@settings(max_examples=60)
@example(16726, 1, None)
@example(16726, 1, 10)
def test_late_samples_are_where_a_plain_reader_would_put_them(seed: int, limit: int, interval: int | None) -> None:
    draw, harness = random.Random(seed), Harness()
    harness.messages.page = draw.choice([1, 2, 4, 1000])
    expected: dict[float, float] = {}
    for number in range(40):
        at = 100 * number + draw.randint(0, 50)
        ages = draw.sample(range(1, 3600), draw.choice([0, 0, 1, 5]))
        live = {"sensors": {"adc1": [{"value": number}]}} if draw.random() < 0.7 or not ages else {}
        harness.keep_payload(number, live | packed(*((age, at - age) for age in ages)), seconds=at)
        expected |= {float(at): float(number)} if live else {}
        expected |= {float(at - age): float(at - age) for age in ages if float(at - age) not in expected}
    asked = SeriesQuestion(after(500), after(3000), None if interval is None else timedelta(seconds=interval))

    points = harness.read(asked, limit)

    wanted = {at: value for at, value in expected.items() if 500 <= at < 3000}
    assert points == sorted(points, key=lambda point: point.at)
    assert sum(point.value.count for point in points) >= len(wanted)
    if interval is None:
        assert {at for at, _ in values(points)} == wanted.keys()


@pytest.mark.parametrize("limit", [1, 10, 100, 1000])
def test_a_page_reads_few_more_messages_than_it_shows(limit: int) -> None:
    harness = Harness()
    for number in range(3000):
        harness.keep(number, number)
    for number in range(0, 3000, 300):
        harness.keep_payload(number + 50_000, packed(*((age, age) for age in range(60, 360, 60))), seconds=number + 0.5)

    page = harness.page(ALL, limit)

    assert len(page.items) == limit
    assert harness.messages.rows_read <= 5 * limit + 20


def test_what_was_received_before_the_sensor_was_registered_is_none_of_its_readings() -> None:
    harness = Harness()
    harness.sensors.kept["PH80", "Wind 1"] = replace(WIND, registered_at=after(100))
    harness.keep(1, 1, seconds=99)
    harness.keep(2, 2, seconds=100)
    harness.keep_payload(3, packed((60, 3)), seconds=120)

    assert values(harness.read()) == [(60, 3), (100, 2)]


@pytest.mark.parametrize(("sensor_class", "is_shown"), [(6, True), (4, False), (None, True), ("6", True), (True, True)])
def test_readings_of_another_class_are_none_of_a_sensors(sensor_class: Any, is_shown: bool) -> None:
    harness = Harness()
    harness.keep_payload(1, {"sensors": {"adc1": [{"value": 1, "class": sensor_class}]}})

    assert len(harness.read()) == int(is_shown)


def test_a_message_that_came_twice_is_one_point() -> None:
    harness = Harness()
    harness.keep(1, 5, seconds=10)
    harness.keep(2, 5, seconds=10.2)
    harness.keep(3, 5, seconds=11)
    harness.keep(4, 6, seconds=11.1)

    assert values(harness.read()) == [(10, 5), (11, 5), (11.1, 6)]
    assert values(harness.read(limit=1)) == [(10, 5), (11, 5), (11.1, 6)]


@pytest.mark.parametrize("limit", [1, 2, 1000])
def test_a_message_of_several_samples_that_came_twice_counts_once(limit: int) -> None:
    harness = Harness()
    message_of_a_minute = packed((60, 1), (30, 2), (1, 3))
    for number, seconds in enumerate((100, 110, 165)):
        harness.keep_payload(number, message_of_a_minute, seconds=seconds)

    assert values(harness.read(limit=limit)) == [(40, 1), (70, 2), (99, 3), (105, 1), (135, 2), (164, 3)]


def test_a_value_that_returns_at_once_is_a_point_of_its_own() -> None:
    harness = Harness()
    for number, wind in enumerate((101, 99, 101, 101)):
        harness.keep(number, wind, seconds=10 + number / 10)

    assert values(harness.read()) == [(10, 101), (10.1, 99), (10.2, 101)]
    assert values(harness.read(limit=1)) == [(10, 101), (10.1, 99), (10.2, 101)]


Sent = tuple[float, int, tuple[int, ...]]
"""When a message came, in seconds; its value; and the ages of its samples, none for a live one."""


def expected(sent: list[Sent]) -> list[tuple[float, float]]:
    """The points of a series: each message is compared with all earlier ones."""
    points: list[tuple[float, float]] = []
    shown: list[Sent] = []
    for place, (at, wind, ages) in enumerate(sent):
        earlier = sent[:place]
        if ages:
            same = [one for one in shown if one[1:] == (wind, ages)][-1:]
            is_again = any(at - one[0] < max(0.5, ages[0] - ages[-1]) for one in same)
        else:
            live = [one for one in earlier if not one[2]][-1:]
            is_again = any(one[1] == wind and round(at - one[0], 3) < 0.5 for one in live)
        if not is_again:
            shown.append((at, wind, ages))
            points += [(round(at - age, 3), wind) for age in ages or (0,)]
    return sorted(points)


MOMENTS, WINDS = st.integers(0, 40), st.integers(1, 2)


@given(
    st.lists(st.tuples(MOMENTS, WINDS, st.just(())), max_size=20),
    st.lists(st.tuples(MOMENTS, WINDS, st.sampled_from([(3, 1), (60, 2), (1,)])), max_size=3),
    st.sampled_from([1, 2, 5, 1000]),
    st.sampled_from([4, 9, 1000]),
)
@settings(max_examples=100)
def test_repetitions_are_left_out_and_nothing_else(
    live: list[Sent], late: list[Sent], limit: int, at_once: int
) -> None:
    """Also where pages are cut between a message and its repetition."""
    harness = Harness()
    harness.messages.page = at_once
    in_order = sorted([*live, *late], key=lambda one: one[0])
    sent = [(100 + tenths / 10, wind, ages) for tenths, wind, ages in in_order]
    for number, (at, wind, ages) in enumerate(sent):
        if ages:
            harness.keep_payload(number, packed(*((age, wind) for age in ages)), seconds=at)
        else:
            harness.keep(number, wind, seconds=at)

    assert sorted(values(harness.read(limit=limit))) == expected(sent)


BERLIN, KATHMANDU = ZoneInfo("Europe/Berlin"), timezone(timedelta(hours=5, minutes=45))


@pytest.mark.parametrize(
    ("at", "interval", "zone", "begin"),
    [
        ("2026-11-02T12:00:00+00:00", 86400, UTC, "2026-11-02T00:00:00+00:00"),
        ("2026-11-02T22:59:59+00:00", 86400, BERLIN, "2026-11-01T23:00:00+00:00"),
        ("2026-11-02T23:00:00+00:00", 86400, BERLIN, "2026-11-02T23:00:00+00:00"),
        # Days of 25 and of 23 hours.
        ("2026-10-25T22:59:59+00:00", 86400, BERLIN, "2026-10-24T22:00:00+00:00"),
        ("2026-03-29T21:59:59+00:00", 86400, BERLIN, "2026-03-28T23:00:00+00:00"),
        # The hour that the clocks show twice.
        ("2026-10-25T00:30:00+00:00", 3600, BERLIN, "2026-10-25T00:00:00+00:00"),
        ("2026-10-25T01:30:00+00:00", 3600, BERLIN, "2026-10-25T01:00:00+00:00"),
        ("2026-11-02T18:20:00+00:00", 86400, KATHMANDU, "2026-11-02T18:15:00+00:00"),
        ("1969-12-31T22:00:00+00:00", 86400, UTC, "1969-12-31T00:00:00+00:00"),
    ],
)
def test_intervals_begin_by_the_clocks_of_the_zone(at: str, interval: int, zone: tzinfo, begin: str) -> None:
    found = begin_of_interval(datetime.fromisoformat(at), timedelta(seconds=interval), zone)

    assert found == datetime.fromisoformat(begin)


def test_the_sums_of_the_largest_readings_are_numbers_in_every_format() -> None:
    harness = Harness()
    for number in range(200):
        harness.keep(number, MAX_NUMBER if number % 3 else -MAX_NUMBER)
    (point,) = harness.read(SeriesQuestion(after(0), after(200), timedelta(days=1)))

    shown, row = SeriesPointShape.of_point(point), SeriesRow.of_point(point)

    assert all(isfinite(number) for number in (shown.min, shown.max, shown.mean, row.min, row.max, row.mean))
    json.loads(shown.model_dump_json(), parse_constant=lambda _: pytest.fail("no JSON"))
    for chosen in FORMATS:
        assert "inf" not in FORMATS[chosen].write(SeriesRow, [row]).lower()

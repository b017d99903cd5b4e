"""The figures of a fleet."""

from hypothesis import given
from hypothesis import strategies as st

from simulators.devices.fleet.tally import Stream, Tally, percentiles


class Clock:
    """Time that only the test moves."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_stream_counts_all_and_rates_only_the_last_seconds() -> None:
    clock = Clock()
    stream = Stream(clock)
    for _ in range(30):
        stream.add(0.5)
    clock.now += 9
    stream.add(0.1)
    assert (stream.total, stream.rate) == (31, 3.1)
    clock.now += 2
    assert (stream.total, stream.rate) == (31, 0.1)
    assert stream.percentiles(0.5) == [0.1]
    assert stream.longest_seconds == 0.5
    clock.now += 20
    assert stream.percentiles(0.5, 0.99) == [None, None]


def test_the_report_tells_durations_after_a_time_of_silence() -> None:
    clock = Clock()
    tally = Tally(clock)
    tally.acknowledged("server/A/x", 0.0125)
    clock.now += 60
    figures = tally.figures()
    assert figures["acknowledged_ms"] == {"p50": 12.5, "p95": 12.5, "p99": 12.5}


def test_percentiles_are_those_of_the_nearest_rank() -> None:
    assert percentiles([0.1 * number for number in range(1, 101)], 0.5, 0.95, 0.99, 1.0) == [5.0, 9.5, 9.9, 10.0]


@given(st.lists(st.floats(0, 10), min_size=1), st.floats(0.01, 1))
def test_percentile_leaves_its_share_at_or_below(durations: list[float], share: float) -> None:
    (value,) = percentiles(durations, share)
    assert value in durations
    assert sum(duration <= value for duration in durations) >= share * len(durations) - 1e-9


def test_tally_tells_problems_apart_and_remembers_the_last() -> None:
    tally = Tally()
    tally.lost("cut")
    tally.lost("cut")
    tally.refused("nothing listens")
    tally.not_sent("server/A/x", "not connected")
    tally.problem("cannot subscribe")
    tally.answered(503, 0.1, "Device is unreachable")
    tally.answered(200, 0.1)
    assert tally.problems == {
        "connection lost": 2,
        "connection refused": 1,
        "message not sent": 1,
        "other": 1,
        "REST 503": 1,
    }
    assert tally.last_problem == "REST 503: Device is unreachable"
    assert tally.calls.total == 2


def test_figures_hold_counts_and_milliseconds() -> None:
    tally = Tally()
    tally.connected("A")
    tally.sent("sensor_reading", b"{}")
    tally.received("get_status", b"{}")
    tally.acknowledged("server/A/sensor_reading", 0.0125)
    figures = tally.figures()
    assert (figures["connects"], figures["messages_out"], figures["messages_in"], figures["acknowledged"]) == (
        1,
        1,
        1,
        1,
    )
    assert figures["acknowledged_ms"] == {"p50": 12.5, "p95": 12.5, "p99": 12.5}
    assert figures["call_ms"] == {"p50": None, "p95": None, "p99": None}


def test_tally_tells_how_long_the_newest_connection_took() -> None:
    clock = Clock()
    tally = Tally(clock)
    for seconds in (2.0, 3.5):
        clock.now += seconds
        tally.connected("FLEET00001")
    assert (tally.figures()["connects"], tally.figures()["last_connect_seconds"]) == (2, 5.5)

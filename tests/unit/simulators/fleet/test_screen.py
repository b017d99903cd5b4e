"""The console output of a fleet."""

import io

from rich.console import Console

from simulators.devices.fleet import screen
from simulators.devices.fleet.tally import Tally


def shown(renderable: object) -> str:
    console = Console(file=io.StringIO(), width=140)
    console.print(renderable)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_table_shows_connections_rates_round_trips_and_problems() -> None:
    tally = Tally()
    for _ in range(100):
        tally.sent("sensor_reading", b"{}")
        tally.acknowledged("server/A/sensor_reading", 0.025)
    tally.answered(503, 3.0)
    tally.lost("cut")
    text = shown(screen.table(tally, 499, 500, 3723))
    assert "499 of 500 devices connected, 1:02:03" in text
    assert "10.0" in text
    assert text.count("25.0") == 4
    assert "3000.0" in text
    assert "connection lost" in text
    assert "last problem: connection lost: cut" in text


def test_table_of_a_quiet_fleet_has_no_calls_and_no_problems() -> None:
    text = shown(screen.table(Tally(), 0, 10, 0))
    assert "REST calls" not in text
    assert "no problems" in text


def test_line_for_logs_holds_the_same() -> None:
    tally = Tally()
    tally.acknowledged("server/A/x", 0.002)
    tally.refused("nothing listens")
    line = screen.line(tally, 1, 2, 61)
    assert line.startswith("0:01:01  1/2 connected")
    assert "p50 2.0 p99 2.0 ms" in line
    assert line.endswith("problems 1 connection refused: nothing listens")


def test_progress_without_a_terminal_tells_only_the_end() -> None:
    console = Console(file=io.StringIO())
    done: list[int] = []
    screen.with_progress(console, "registering devices", map(done.append, range(3)), [0, 1, 2])
    assert done == [0, 1, 2]
    assert isinstance(console.file, io.StringIO)
    assert console.file.getvalue() == "registering devices: 3 done\n"

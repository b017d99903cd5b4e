"""Benchmark of operations on ports and sensors, beside a call without a device."""

from collections import defaultdict
from collections.abc import Callable, Mapping

from tests.bench.people import Bench, BenchDevice, Caller
from tests.bench.recipes import BUSES, PORTS_AND_SENSORS, Recipe
from tests.bench.round_trips import NO_DEVICE, SIMULATOR, in_turns, is_answered, times_of
from tests.bench.tables import Row, Section


def measure(bench: Bench) -> list[Section]:
    """Call every operation of groups 3 to 7 in turns, and put the same operations of several buses together."""
    owner = bench.caller()
    device, other = bench.register(owner), bench.register(owner)
    bench.run(device, "--log-level", "warning", module=SIMULATOR)
    bench.wait_for(owner, device)
    for bus in BUSES:
        assert call(owner, bus.first, device, other)()
    by_id = {recipe.id: recipe for recipe in PORTS_AND_SENSORS}
    asked = {identity: call(owner, recipe, device, other) for identity, recipe in by_id.items()}
    asked[NO_DEVICE] = lambda: is_answered(owner, "/devices")
    preparations = {recipe.id: asked[recipe.before] for recipe in PORTS_AND_SENSORS if recipe.before}
    times = in_turns(asked, bench.calls // 2, preparations)
    bench.stop_devices()
    return [
        Section(
            "Operations of ports and sensors",
            f"{bench.calls // 2} calls of every operation of groups 3 to 7, in turns, by one caller on a kept "
            "connection; milliseconds. The device is the simulated one in Python, with MQTT 5. Ratios are to 2A.",
            ("operations", "p50", "p95", "p99", "p50 ratio", "p99 ratio", "not answered"),
            rows(times, bench.calls // 2),
            "The goals, for a command and its reply alone (3A to 3E, 3H, 3I, 3L to 3N), are 1.4 for p50 and 2 for p99. "
            "Other operations also read or write tables, or ask the device twice.",
        )
    ]


def call(caller: Caller, recipe: Recipe, device: BenchDevice, other: BenchDevice) -> Callable[[], bool]:
    """Return a function that calls an operation and returns whether it succeeded."""
    path = recipe.path_of(device, other)
    return lambda: caller.call(recipe.method, path, recipe.body)[0] == 200


def rows(times: Mapping[str, list[float]], calls: int) -> list[Row]:
    """Make a row of each kind, in the order of the first operation of that kind."""
    kinds: dict[str, list[str]] = defaultdict(list)
    kinds[""].append(NO_DEVICE)
    for recipe in PORTS_AND_SENSORS:
        kinds[recipe.kind].append(recipe.id)
    base = sorted(times[NO_DEVICE])
    made: list[Row] = []
    for kind, ids in kinds.items():
        pooled = sorted(time for identity in ids for time in times[identity])
        name = f"{', '.join(ids)}: {kind}" if kind else NO_DEVICE
        made.append((name, *times_of(pooled, base), len(ids) * calls - len(pooled)))
    return made

"""Benchmark of commands to a device, beside a call without a device and an echo on the broker."""

import random
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType, TracebackType
from typing import Self

import boto3

from iotcloud.adapters.mqtt_gateway import DataEndpoint, MqttGateway
from iotcloud.adapters.mqtt_session import MqttSession
from tests.bench.people import Bench, BenchDevice, Caller
from tests.bench.tables import Row, Section, percentile
from tests.e2e.api_rights import borrow_api_rights

SIMULATOR = "simulators.devices.python"
ECHO = "tests.bench.echo_device"
NO_DEVICE = "2A, no device"
CALLERS = 8
WARM_UP_ROUNDS = 5
STARTING_SECONDS = 5.0
PATIENCE_SECONDS = 10.0


@dataclass(frozen=True)
class Kind:
    """A kind of device."""

    name: str
    module: str
    options: tuple[str, ...]


KINDS = (
    Kind("MQTT 5, TCP_NODELAY", ECHO, ("--no-delay",)),
    Kind("MQTT 5", ECHO, ()),
    Kind("MQTT 3.1.1, TCP_NODELAY", ECHO, ("--mqtt", "3.1.1", "--no-delay")),
    Kind("MQTT 3.1.1", ECHO, ("--mqtt", "3.1.1")),
    Kind("simulated device, MQTT 5", SIMULATOR, ("--log-level", "warning")),
    Kind("simulated device, MQTT 3.1.1", SIMULATOR, ("--log-level", "warning", "--mqtt", "3.1.1")),
)


def measure(bench: Bench) -> list[Section]:
    """Call in turns, so that whatever else the machine does hits all kinds alike."""
    caller, devices = set_up(bench, KINDS)
    asked: dict[str, Callable[[], bool]] = {NO_DEVICE: lambda: is_answered(caller, "/devices")}
    for kind, device in zip(KINDS, devices, strict=True):
        asked[f"3A, {kind.name}"] = lambda path=f"{device.path}/status": is_answered(caller, path)
    with BareEcho(bench, devices[0]) as echo:
        asked["bare echo on the broker"] = echo.go_round
        times = in_turns(asked, bench.calls)
    bench.stop_devices()
    base = sorted(times[NO_DEVICE])
    return [
        Section(
            "Round trip of a command",
            f"{bench.calls} calls of each kind, in turns, by one caller on a kept connection; milliseconds. 3A is a "
            "command to a device and its reply, 2A reads the caller's devices and asks none of them; ratios are to 2A.",
            ("call", "p50", "p95", "p99", "p50 ratio", "p99 ratio", "not answered"),
            [(name, *times_of(sorted(each), base), bench.calls - len(each)) for name, each in times.items()],
            "The goals are 1.4 for p50 and 2 for p99.",
        )
    ]


def measure_throughput(bench: Bench) -> list[Section]:
    """Let eight callers ask at once: no device, each its own device, then all the same one."""
    owner = bench.caller()
    callers = [owner, *(bench.caller(owner.username) for _ in range(CALLERS - 1))]
    no_device = ["/devices"] * CALLERS
    # New environments of the function start meanwhile, as many as there are callers.
    at_once("", callers, no_device, STARTING_SECONDS)
    base = at_once(NO_DEVICE, callers, no_device, bench.seconds)
    rows: list[Row] = [(*base, 1.0)]
    for kind in (KINDS[1], KINDS[3]):
        devices = run_devices(bench, owner, (kind,) * CALLERS)
        for what, targets in (("a device each", devices), ("one device", devices[:1] * CALLERS)):
            paths = [f"{device.path}/status" for device in targets]
            at_once("", callers, paths, STARTING_SECONDS)
            row = at_once(f"3A, {kind.name}, {what}", callers, paths, bench.seconds)
            rows.append((*row, row[1] / base[1]))
        bench.stop_devices()
    return [
        Section(
            "Commands at once",
            f"{CALLERS} callers for {bench.seconds:.0f} s, each asking again as soon as it was answered; "
            "the ratio is to as many callers who ask no device.",
            ("call", "calls/s", "p50 ms", "p99 ms", "not answered", "ratio"),
            rows,
        )
    ]


def set_up(bench: Bench, kinds: Sequence[Kind]) -> tuple[Caller, list[BenchDevice]]:
    """Make a person with a device of each kind, all running."""
    owner = bench.caller()
    return owner, run_devices(bench, owner, kinds)


def run_devices(bench: Bench, owner: Caller, kinds: Sequence[Kind]) -> list[BenchDevice]:
    """Run a new device of each kind, and return them when all answer."""
    devices = [bench.register(owner) for _ in kinds]
    for kind, device in zip(kinds, devices, strict=True):
        bench.run(device, *kind.options, module=kind.module)
    for device in devices:
        bench.wait_for(owner, device)
    return devices


def is_answered(caller: Caller, path: str) -> bool:
    """Call, and return whether there was a reply."""
    return caller.call("GET", path)[0] == 200


def in_turns(
    asked: Mapping[str, Callable[[], bool]],
    rounds: int,
    preparations: Mapping[str, Callable[[], bool]] = MappingProxyType({}),
) -> dict[str, list[float]]:
    """Take the time of each that succeeds, round by round, each round in another order; milliseconds.

    What has to come before one each time is done without a look at clock and outcome.
    """
    times: dict[str, list[float]] = {name: [] for name in asked}
    for number in range(-WARM_UP_ROUNDS, rounds):
        for name in random.sample(list(asked), len(asked)):
            if name in preparations:
                preparations[name]()
            started_at = time.perf_counter()
            if asked[name]() and number >= 0:
                times[name].append(1000 * (time.perf_counter() - started_at))
    return times


def at_once(
    what: str, callers: Sequence[Caller], paths: Sequence[str], seconds: float
) -> tuple[str, float, float, float, int]:
    """Let all callers call at the same time; return the case, responses per second, p50, p99, and failures."""
    times: list[float] = []
    failures: list[int] = []
    ends_at = time.monotonic() + seconds

    def ask(caller: Caller, path: str) -> None:
        while time.monotonic() < ends_at:
            started_at = time.perf_counter()
            status, _ = caller.call("GET", path)
            if status == 200:
                times.append(1000 * (time.perf_counter() - started_at))
            else:
                failures.append(status)

    threads = [threading.Thread(target=ask, args=pair) for pair in zip(callers, paths, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    times.sort()
    return (what, len(times) / seconds, percentile(times, 0.5), percentile(times, 0.99), len(failures))


class BareEcho:
    """A kept session that publishes and waits, without a REST call: the time of broker, device and machine alone."""

    def __init__(self, bench: Bench, device: BenchDevice) -> None:
        rights = borrow_api_rights(bench.stack, bench.aws)
        region = bench.stack["region"]
        session = boto3.Session(rights["AWS_ACCESS_KEY_ID"], rights["AWS_SECRET_ACCESS_KEY"], region_name=region)
        credentials = session.get_credentials()
        assert credentials is not None
        endpoint = DataEndpoint(lambda: bench.aws("iot"), "")
        gateway = MqttGateway(credentials, region, endpoint.find_host, bench.stack["endpoint_url"])
        deadline = time.monotonic() + PATIENCE_SECONDS
        self._session = MqttSession(gateway.upgrade(), deadline)
        self._deviceid = device.deviceid
        self._session.listen(f"server/{device.deviceid}/echo", deadline)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._session.close()

    def go_round(self) -> bool:
        """Publish, and wait for the echo."""
        topic = f"server/{self._deviceid}/echo"
        self._session.publish(f"{self._deviceid}/echo", b"{}", topic, b"bench")
        return self._session.next_message(time.monotonic() + PATIENCE_SECONDS) is not None


def times_of(times: Sequence[float], base: Sequence[float]) -> tuple[float, ...]:
    """The sorted times' p50, p95 and p99, and the ratios of the first and the last to those of the base."""
    p50, p95, p99 = (percentile(times, share) for share in (0.5, 0.95, 0.99))
    return (p50, p95, p99, p50 / percentile(base, 0.5), p99 / percentile(base, 0.99))

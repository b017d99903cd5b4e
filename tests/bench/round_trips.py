"""How long a command takes to a device and back, beside a call that asks no device and a bare echo on the broker."""

import random
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
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
            [(*_row(name, sorted(each), base), bench.calls - len(each)) for name, each in times.items()],
        )
    ]


def measure_throughput(bench: Bench) -> list[Section]:
    """Let eight callers ask at once: each its own device, then all the same one."""
    rows: list[Row] = []
    for kind in (KINDS[1], KINDS[3]):
        owner, devices = set_up(bench, (kind,) * CALLERS)
        callers = [bench.caller(owner.username) for _ in range(CALLERS)]
        for what, targets in (("a device each", devices), ("one device", devices[:1] * CALLERS)):
            rows.append(at_once(f"{kind.name}, {what}", callers, targets, bench.seconds))
        bench.stop_devices()
    return [
        Section(
            "Commands at once",
            f"{CALLERS} callers for {bench.seconds:.0f} s, each sending 3A as soon as the one before was answered.",
            ("devices", "commands/s", "p50 ms", "p99 ms", "not answered"),
            rows,
        )
    ]


def set_up(bench: Bench, kinds: Sequence[Kind]) -> tuple[Caller, list[BenchDevice]]:
    """Make a person with a device of each kind, all running."""
    owner = bench.caller()
    devices = [bench.register(owner) for _ in kinds]
    for kind, device in zip(kinds, devices, strict=True):
        bench.run(device, *kind.options, module=kind.module)
    for device in devices:
        bench.wait_for(owner, device)
    return owner, devices


def is_answered(caller: Caller, path: str) -> bool:
    """Ask, and tell whether there was an answer."""
    return caller.call("GET", path)[0] == 200


def in_turns(asked: Mapping[str, Callable[[], bool]], rounds: int) -> dict[str, list[float]]:
    """Take the time of each that succeeds, round by round, each round in another order; milliseconds."""
    times: dict[str, list[float]] = {name: [] for name in asked}
    for number in range(-WARM_UP_ROUNDS, rounds):
        for name in random.sample(list(asked), len(asked)):
            started_at = time.perf_counter()
            if asked[name]() and number >= 0:
                times[name].append(1000 * (time.perf_counter() - started_at))
    return times


def at_once(what: str, callers: Sequence[Caller], devices: Sequence[BenchDevice], seconds: float) -> Row:
    """Let all callers ask at the same time, and count."""
    times: list[float] = []
    failures: list[int] = []
    ends_at = time.monotonic() + seconds

    def ask(caller: Caller, device: BenchDevice) -> None:
        while time.monotonic() < ends_at:
            started_at = time.perf_counter()
            status, _ = caller.call("GET", f"{device.path}/status")
            if status == 200:
                times.append(1000 * (time.perf_counter() - started_at))
            else:
                failures.append(status)

    threads = [threading.Thread(target=ask, args=pair) for pair in zip(callers, devices, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    times.sort()
    return (what, len(times) / seconds, percentile(times, 0.5), percentile(times, 0.99), len(failures))


class BareEcho:
    """A kept session that publishes and waits, without a call around it: what broker, device and machine take alone."""

    def __init__(self, bench: Bench, device: BenchDevice) -> None:
        rights = borrow_api_rights(bench.stack, bench.aws)
        region = bench.stack["region"]
        session = boto3.Session(rights["AWS_ACCESS_KEY_ID"], rights["AWS_SECRET_ACCESS_KEY"], region_name=region)
        credentials = session.get_credentials()
        assert credentials is not None
        endpoint = DataEndpoint(lambda: bench.aws("iot"), "")
        gateway = MqttGateway(credentials, region, endpoint.find_host, bench.stack["endpoint_url"])
        self._session = MqttSession(gateway.upgrade())
        self._deviceid = device.deviceid
        self._session.listen(f"server/{device.deviceid}/echo")
        self._session.await_acknowledged(time.monotonic() + PATIENCE_SECONDS)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._session.close()

    def go_round(self) -> bool:
        """Publish, and wait for the echo."""
        topic = f"server/{self._deviceid}/echo"
        self._session.publish(f"{self._deviceid}/echo", b"{}", topic, b"bench")
        return self._session.next_message(time.monotonic() + PATIENCE_SECONDS) is not None


def _row(name: str, times: Sequence[float], base: Sequence[float]) -> tuple[object, ...]:
    shares = (0.5, 0.95, 0.99)
    p50, p95, p99 = (percentile(times, share) for share in shares)
    return (name, p50, p95, p99, p50 / percentile(base, 0.5), p99 / percentile(base, 0.99))

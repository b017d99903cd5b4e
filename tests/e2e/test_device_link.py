"""The device link on the real broker: lost connections, late, missing or invalid replies, and many concurrent callers.
The device returns a token of each command, so a reply to the wrong caller is detected."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from random import Random
from typing import Any
from uuid import uuid4

import pytest

from iotcloud.adapters.device_link import PROOF_SECONDS
from iotcloud.commands.model import REPLY_SECONDS, SETTLED_AFTER
from simulators.devices.python.faults import Faults
from tests.e2e.api_rights import borrow_api_rights
from tests.e2e.faulty_network import FaultyNetwork
from tests.e2e.link_caller import LinkCaller
from tests.e2e.patience import PATIENCE_SECONDS, eventually
from tests.e2e.scripted_device import Json, Script, ScriptedDevice, echo, reply_to, unreliable

Stack = Mapping[str, Any]
API = "set_status"
"""A command that changes something: it must never be sent twice."""
BOTH = pytest.mark.parametrize("is_mqtt5", [True, False], ids=["MQTT 5", "MQTT 3.1.1"])


@pytest.fixture(scope="module")
def link_stack(stack: Stack, aws: Callable[[str], Any]) -> Stack:
    """Return the stack with an access key for callers, which has exactly the API function's rights."""
    return {**stack, "link_key": borrow_api_rights(stack, aws)}


@pytest.fixture
def connect_device(stack: Stack, tmp_path: Path) -> Iterator[Callable[..., ScriptedDevice]]:
    opened: list[ScriptedDevice] = []

    def connect(script: Script = echo, *, is_mqtt5: bool = True) -> ScriptedDevice:
        device = ScriptedDevice(stack, tmp_path, f"LINK{uuid4().hex[:12]}", script, is_mqtt5=is_mqtt5)
        opened.append(device.__enter__())
        return device

    yield connect
    for device in opened:
        device.__exit__(None, None, None)


@pytest.fixture
def caller(link_stack: Stack, monkeypatch: pytest.MonkeyPatch) -> Iterator[LinkCaller]:
    with connected(link_stack, monkeypatch) as caller:
        yield caller


@contextmanager
def connected(stack: Stack, monkeypatch: pytest.MonkeyPatch, link_url: str | None = None) -> Iterator[LinkCaller]:
    for name in ("AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "")
    caller = LinkCaller(stack, link_url)
    yield caller
    caller.link.close()


class CallerProcess:
    """A number of callers in a separate process; results come in the order in which calls end."""

    def __init__(self, stack: Stack, callers: int = 1) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.e2e.link_caller", json.dumps(dict(stack)), str(callers)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
            | {"POWERTOOLS_METRICS_DISABLED": "true"},
        )
        assert self._read() == "ready\n"

    def begin(self, deviceid: str, api: str, payload: Mapping[str, object], seconds: float = REPLY_SECONDS) -> None:
        assert self.process.stdin is not None
        call = {"deviceid": deviceid, "api": api, "payload": payload, "seconds": seconds}
        print(json.dumps(call), file=self.process.stdin, flush=True)

    def end(self) -> Json:
        outcome: Json = json.loads(self._read())
        return outcome

    def call(self, deviceid: str, api: str, payload: Mapping[str, object], seconds: float = REPLY_SECONDS) -> Json:
        self.begin(deviceid, api, payload, seconds)
        return self.end()

    def stop(self) -> None:
        self.process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        self.process.send_signal(signal.SIGCONT)

    def close(self) -> None:
        self.go_on()
        self.process.kill()
        self.process.communicate()

    def _read(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline()


@pytest.fixture
def new_process(link_stack: Stack) -> Iterator[Callable[..., CallerProcess]]:
    started: list[CallerProcess] = []

    def start(callers: int = 1) -> CallerProcess:
        started.append(CallerProcess(link_stack, callers))
        return started[-1]

    yield start
    for process in started:
        process.close()


tokens = (f"token {number}" for number in count())


def answered(outcome: Json, token: object) -> bool:
    """Whether the reply is there; a reply to another's command fails the test."""
    if "reply" not in outcome:
        return False
    assert outcome["reply"]["value"]["command"] == {"token": token}, "a reply was given to the wrong caller"
    return True


def call(
    caller: LinkCaller | CallerProcess, device: ScriptedDevice, api: str = API, seconds: float = REPLY_SECONDS
) -> Json:
    token = next(tokens)
    outcome = caller.call(device.deviceid, api, {"token": token}, seconds)
    answered(outcome, token)
    return outcome


# ---------------------------------------------------------------- the way there and back


@BOTH
def test_a_reply_comes_back(caller: LinkCaller, connect_device: Callable[..., ScriptedDevice], is_mqtt5: bool) -> None:
    device = connect_device(is_mqtt5=is_mqtt5)

    for _ in range(20):
        assert "reply" in call(caller, device, seconds=PATIENCE_SECONDS)

    assert caller.protocols.known == ({device.deviceid: True} if is_mqtt5 else {})


def test_a_silent_device_is_given_up_after_three_seconds(caller: LinkCaller) -> None:
    outcome = caller.call("LINKNOBODY", "get_status", {})

    assert outcome["error"] == "DeviceUnreachable"
    # Less when so little time was left that the command was not sent.
    assert REPLY_SECONDS - 0.5 < outcome["seconds"] < PATIENCE_SECONDS


@BOTH
@pytest.mark.parametrize("payload", [b"", b"{", b"\xff\x00", b'["no object"]'])
def test_a_reply_that_is_no_json_object_is_a_failed_communication(
    caller: LinkCaller, connect_device: Callable[..., ScriptedDevice], payload: bytes, is_mqtt5: bool
) -> None:
    device = connect_device(lambda _number, _command: [(0, payload)], is_mqtt5=is_mqtt5)

    outcome = caller.call(device.deviceid, API, {}, PATIENCE_SECONDS)

    assert outcome["error"] == "CommunicationFailed"
    assert outcome["seconds"] < PATIENCE_SECONDS


def test_a_reply_of_almost_128_kb_comes_back(caller: LinkCaller, connect_device: Callable[..., ScriptedDevice]) -> None:
    text = "x" * (127 * 1024)
    device = connect_device(lambda _number, _command: [(0, json.dumps({"value": text}).encode())])

    assert caller.call(device.deviceid, API, {})["reply"] == {"value": text}


def test_what_a_device_says_unasked_is_nobodys_reply(
    caller: LinkCaller, connect_device: Callable[..., ScriptedDevice]
) -> None:
    device = connect_device(is_mqtt5=False)
    assert "reply" in call(caller, device, seconds=PATIENCE_SECONDS)

    for _ in range(5):
        device.publish(API, b'{"value": "nobody asked"}')
        time.sleep(0.05)
        assert "reply" in call(caller, device, seconds=PATIENCE_SECONDS)


# ---------------------------------------------------------------- connections that die


@BOTH
def test_a_connection_cut_between_two_calls_is_replaced(
    link_stack: Stack, monkeypatch: pytest.MonkeyPatch, connect_device: Callable[..., ScriptedDevice], is_mqtt5: bool
) -> None:
    device = connect_device(is_mqtt5=is_mqtt5)
    host, port = link_stack["endpoint_url"].removeprefix("http://").split(":")
    with FaultyNetwork(host, int(port)) as network, connected(link_stack, monkeypatch, network.url) as caller:
        for number in range(3):
            assert "reply" in call(caller, device, seconds=PATIENCE_SECONDS)
            assert network.connections == number + 1
            network.cut()
    assert len(device.commands) == 3


@BOTH
def test_a_half_open_connection_is_found_out_and_the_command_sent_once(
    link_stack: Stack, monkeypatch: pytest.MonkeyPatch, connect_device: Callable[..., ScriptedDevice], is_mqtt5: bool
) -> None:
    device = connect_device(is_mqtt5=is_mqtt5)
    host, port = link_stack["endpoint_url"].removeprefix("http://").split(":")
    with FaultyNetwork(host, int(port)) as network, connected(link_stack, monkeypatch, network.url) as caller:
        assert "reply" in call(caller, device, seconds=PATIENCE_SECONDS)
        network.go_silent()
        outcome = call(caller, device, seconds=PATIENCE_SECONDS)

        assert "reply" in outcome
        assert outcome["seconds"] >= PROOF_SECONDS
        assert network.connections == 2
    assert len(device.commands) == 2


def cut_once_asked(network: FaultyNetwork, device: ScriptedDevice) -> None:
    """Cut the connections when the device has its second command, long before it answers."""
    eventually(lambda: len(device.commands), lambda count: count == 2)
    network.cut()


@BOTH
def test_a_connection_lost_while_waiting_is_reported_and_the_command_not_repeated(
    link_stack: Stack, monkeypatch: pytest.MonkeyPatch, connect_device: Callable[..., ScriptedDevice], is_mqtt5: bool
) -> None:
    device = connect_device(
        lambda number, command: [(-2.0 if number == 1 else 0.0, reply_to(number, command))], is_mqtt5=is_mqtt5
    )
    host, port = link_stack["endpoint_url"].removeprefix("http://").split(":")
    with FaultyNetwork(host, int(port)) as network, connected(link_stack, monkeypatch, network.url) as caller:
        assert "reply" in call(caller, device, seconds=PATIENCE_SECONDS)
        cutting = threading.Thread(target=cut_once_asked, args=(network, device))
        cutting.start()
        outcome = call(caller, device, seconds=PATIENCE_SECONDS)
        cutting.join()
        assert outcome["error"] == "CommunicationFailed"
        # The reply to the lost command may still come; with MQTT 3.1.1 the next caller waits for it.
        time.sleep(3)
        assert len(device.commands) == 2

        assert "reply" in call(caller, device, seconds=PATIENCE_SECONDS)


# ---------------------------------------------------------------- late and lost replies


@BOTH
@pytest.mark.parametrize("is_in_order", [True, False], ids=["the device is held up", "the reply is overtaken"])
def test_a_late_reply_is_never_given_to_the_next_caller(
    caller: LinkCaller, connect_device: Callable[..., ScriptedDevice], is_mqtt5: bool, is_in_order: bool
) -> None:
    late = -3.5 if is_in_order else 3.5

    def script(number: int, command: Json) -> Iterable[tuple[float, bytes]]:
        yield (late if number == 0 else 0.0), reply_to(number, command)

    device = connect_device(script, is_mqtt5=is_mqtt5)
    # A command that only reads: with MQTT 3.1.1, replies out of order can be matched only for these.
    assert call(caller, device, "get_status")["error"] == "DeviceUnreachable"
    for _ in range(6):
        assert "reply" in call(caller, device, "get_status", seconds=PATIENCE_SECONDS)


def test_after_a_lost_reply_the_next_one_is_taken_once_the_lost_one_cannot_well_come_any_more(
    caller: LinkCaller, connect_device: Callable[..., ScriptedDevice]
) -> None:
    device = connect_device(lambda number, command: [] if number == 0 else echo(number, command), is_mqtt5=False)

    began_at = time.monotonic()
    assert call(caller, device)["error"] == "DeviceUnreachable"
    assert "reply" in call(caller, device, seconds=PATIENCE_SECONDS)
    assert time.monotonic() - began_at > SETTLED_AFTER.total_seconds()


# ---------------------------------------------------------------- several environments


@BOTH
def test_two_environments_alternate_on_one_device(
    new_process: Callable[..., CallerProcess], connect_device: Callable[..., ScriptedDevice], is_mqtt5: bool
) -> None:
    device = connect_device(is_mqtt5=is_mqtt5)
    first, second = new_process(), new_process()

    numbers = []
    for _ in range(50):
        for environment in (first, second):
            outcome = call(environment, device, seconds=PATIENCE_SECONDS)
            assert "reply" in outcome
            numbers.append(outcome["reply"]["value"]["number"])

    assert numbers == list(range(100))


@BOTH
def test_an_environment_that_is_frozen_between_two_calls_goes_on(
    new_process: Callable[..., CallerProcess], connect_device: Callable[..., ScriptedDevice], is_mqtt5: bool
) -> None:
    device = connect_device(is_mqtt5=is_mqtt5)
    frozen, other = new_process(), new_process()
    assert "reply" in call(frozen, device, seconds=PATIENCE_SECONDS)

    frozen.stop()
    for _ in range(10):
        assert "reply" in call(other, device, seconds=PATIENCE_SECONDS)
    frozen.go_on()

    for _ in range(5):
        assert "reply" in call(frozen, device, seconds=PATIENCE_SECONDS)


@BOTH
def test_an_environment_that_is_frozen_while_it_waits_never_takes_anothers_reply(
    new_process: Callable[..., CallerProcess], connect_device: Callable[..., ScriptedDevice], is_mqtt5: bool
) -> None:
    def script(number: int, command: Json) -> Iterable[tuple[float, bytes]]:
        yield (-1.0 if number == 0 else 0.0), reply_to(number, command)

    device = connect_device(script, is_mqtt5=is_mqtt5)
    frozen, other = new_process(), new_process()
    assert call(other, connect_device(is_mqtt5=is_mqtt5), seconds=PATIENCE_SECONDS)["reply"]
    token = next(tokens)
    frozen.begin(device.deviceid, API, {"token": token})
    eventually(lambda: [command["token"] for command in device.commands], lambda heard: token in heard)
    frozen.stop()

    outcomes = [call(other, device) for _ in range(2)]
    time.sleep(3)
    outcomes += [call(other, device, seconds=PATIENCE_SECONDS) for _ in range(3)]
    frozen.go_on()

    answered(frozen.end(), token)
    assert all("reply" in outcome for outcome in outcomes[2:])
    assert "reply" in call(frozen, device, seconds=PATIENCE_SECONDS)
    assert [command["token"] for command in device.commands].count(token) == 1


@BOTH
@pytest.mark.parametrize("devices", [1, 10])
def test_twenty_callers_at_once_get_each_their_own_reply(
    new_process: Callable[..., CallerProcess],
    connect_device: Callable[..., ScriptedDevice],
    is_mqtt5: bool,
    devices: int,
) -> None:
    targets = [connect_device(is_mqtt5=is_mqtt5) for _ in range(devices)]
    processes = [new_process(callers=5) for _ in range(4)]

    # The first round also connects twenty sessions at once; it is of another api, whose turns are its own.
    for api in ("set_settings", API, API, API):
        for place in range(20):
            payload = {"token": next(tokens)}
            processes[place % 4].begin(targets[place % devices].deviceid, api, payload, PATIENCE_SECONDS)
        outcomes = [process.end() for process in processes for _ in range(5)]
        is_answered = [answered(outcome, outcome["payload"]["token"]) for outcome in outcomes]
        assert all(is_answered) or api != API, outcomes


@BOTH
def test_among_lost_doubled_and_late_replies_nobody_gets_anothers(
    new_process: Callable[..., CallerProcess], connect_device: Callable[..., ScriptedDevice], is_mqtt5: bool
) -> None:
    """The small version of the bench section `faults`: late replies come after their caller's timeout."""
    faults = Faults(drop=0.05, duplicate=0.05, delay=0.05, delay_seconds=3.2, random=Random(5))
    targets = [connect_device(unreliable(faults), is_mqtt5=is_mqtt5) for _ in range(10)]
    processes = [new_process(callers=5) for _ in range(4)]

    for number in range(160):
        payload = {"token": next(tokens)}
        processes[number % 4].begin(targets[number % 10].deviceid, "get_status", payload)
    outcomes = [process.end() for process in processes for _ in range(40)]

    is_answered = [answered(outcome, outcome["payload"]["token"]) for outcome in outcomes]
    # Callers that wait for the lease behind a lost reply time out too; on a busy machine most of them do.
    assert is_answered.count(True) > 20
    assert {outcome.get("error") for outcome in outcomes} <= {None, "DeviceUnreachable", "CommunicationFailed"}

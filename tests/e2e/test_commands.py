"""Operations 3A to 3D through the deployed API: with the simulated device on MQTT 5 and 3.1.1, and a plain client."""

import json
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from simulators.cloud.rest import RestApi
from tests.e2e.patience import PATIENCE_SECONDS, eventually, quickest
from tests.e2e.people import NewDevice, Person, RegisteredDevice, RunDevice, Stack
from tests.e2e.scripted_device import ScriptedDevice, reply_to
from tests.failures import failure

ONE_OF_EACH: list[tuple[str, str, object]] = [
    ("GET", "gpio/voltage", None),
    ("POST", "gpio/voltage", {"voltage": 1}),
    ("GET", "settings", None),
    ("POST", "uart/enable", {"enable": 1}),
    ("GET", "uart/properties", None),
    ("GET", "gpios", None),
    ("GET", "adc/1/sensors", None),
    ("GET", "adc/1/sensors/sensor/T1/properties", None),
    ("GET", "sensors/readings", None),
]
"""An operation of each kind that waits for the device: method, path, body."""
WAITING_SECONDS = 3.0
"""How long a device that may be there is waited for."""
GATEWAY_SECONDS = 29.0
"""When API Gateway gives up."""
PROTOCOLS = pytest.mark.parametrize("mqtt", ["5", "3.1.1"])


def ask(device: RegisteredDevice, method: str, path: str, body: object = None) -> tuple[int, dict[str, Any]]:
    return device.owner.api.call(method, f"{device.path}/{path}", body)


def until_answered(device: RegisteredDevice, method: str, path: str, body: object = None) -> dict[str, Any]:
    """Retry while a busy machine delays the device's reply beyond three seconds; the command may run twice."""
    status, answer = eventually(lambda: ask(device, method, path, body), lambda answered: answered[0] != 503)
    assert status == 200, answer
    return answer


def wait_for_status(device: RegisteredDevice, wanted: int) -> None:
    eventually(lambda: ask(device, "GET", "status"), lambda answer: answer[1].get("value", {}).get("status") == wanted)


@PROTOCOLS
def test_a_device_is_asked_and_told(device: RegisteredDevice, run_device: RunDevice, mqtt: str) -> None:
    run_device(device, "--mqtt", mqtt, "--version", "0.7")
    wait_for_status(device, 1)

    assert until_answered(device, "GET", "status") == {
        "status": "OK",
        "message": "Done",
        "value": {"status": 1, "version": "0.7"},
    }
    assert until_answered(device, "POST", "settings", {"sensorrate": 9}) == {"status": "OK", "message": "Done"}
    assert until_answered(device, "GET", "settings")["value"] == {"sensorrate": 9}
    assert until_answered(device, "POST", "status", {"status": 4})["value"]["status"] in (5, 6)
    wait_for_status(device, 6)
    assert until_answered(device, "POST", "status", {"status": 7})["value"]["status"] in (0, 1)
    wait_for_status(device, 1)
    assert device.owner.api.must("GET", device.path)["device"]["version"] == "0.7"


def test_a_restarted_device_comes_back(device: RegisteredDevice, run_device: RunDevice) -> None:
    child = run_device(device)
    wait_for_status(device, 1)

    assert until_answered(device, "POST", "status", {"status": 2})["value"]["status"] == 3
    eventually(lambda: child.log.read_text().count("connected as"), lambda times: times >= 2)
    wait_for_status(device, 1)


@PROTOCOLS
def test_what_a_device_speaks_is_learned_from_its_first_reply(
    stack: Stack, aws: Callable[[str], Any], device: RegisteredDevice, run_device: RunDevice, mqtt: str
) -> None:
    run_device(device, "--mqtt", mqtt)

    row = aws("dynamodb").get_item(
        TableName=f"{stack['stack_name']}-devices", Key={"deviceid": {"S": device.deviceid}}, ConsistentRead=True
    )["Item"]
    assert row.get("is_mqtt5") == ({"BOOL": True} if mqtt == "5" else None)


def test_a_device_that_never_connected_is_unreachable_after_three_seconds(device: RegisteredDevice) -> None:
    seconds, (status, answer) = quickest(lambda: ask(device, "GET", "status"), attempts=2)

    assert (status, answer) == (503, failure("Device is unreachable", value={}))
    assert WAITING_SECONDS <= seconds < GATEWAY_SECONDS


def test_a_silent_device_is_unreachable_with_its_version_and_last_heartbeat(
    device: RegisteredDevice, run_device: RunDevice
) -> None:
    began = int(time.time())
    child = run_device(device, "--version", "0.7")
    eventually(lambda: device.owner.api.must("GET", device.path)["device"], lambda shown: "heartbeat" in shown)
    child.stop(PATIENCE_SECONDS)

    status, answer = ask(device, "GET", "status")

    assert status == 503
    assert answer["value"]["version"] == "0.7"
    assert began <= int(answer["value"]["heartbeat"]) <= time.time()


@pytest.mark.parametrize("payload", [b"", b"not JSON", b"[]", b'{"value": {"status": "running"}}', b"\xff" * 1000])
def test_nonsense_from_a_device_is_a_failed_communication(
    device: RegisteredDevice, stack: Stack, payload: bytes
) -> None:
    with ScriptedDevice.of(device, stack, lambda _number, _command: [(0, payload)], is_mqtt5=False):
        status, answer = ask(device, "GET", "status")

    assert (status, answer) == (500, failure("Could not communicate with device"))


def test_no_operation_takes_nonsense_silence_or_anothers_reply_for_an_answer(
    device: RegisteredDevice, stack: Stack
) -> None:
    """tests/unit/api/test_every_reply.py has all operations and many more replies, without a broker."""
    sensor = {"manufacturer": "m", "model": "n", "class": "temperature", "type": "input"}
    labels: dict[str, list[str]] = {"units": [], "formats": [], "attributes": []}
    assert ask(device, "POST", "adc/1/sensors/sensor/T1", sensor | labels)[0] == 200
    failed = (500, failure("Could not communicate with device"))
    voltage = (200, {"status": "OK", "message": "Done", "value": {"voltage": 1}})
    right, others = b'{"value": {"voltage": 1}}', b'{"value": {"voltage": 0}}'
    replies: list[tuple[float, bytes]] = []
    with ScriptedDevice.of(device, stack, lambda _number, _command: list(replies)) as scripted:
        for malformed in (b"", b"[1]", b'{"value": NaN}'):
            replies[:] = [(0, malformed)]
            for method, path, body in ONE_OF_EACH:
                assert ask(device, method, path, body) == failed, (path, malformed)
        replies[:] = [(0, right), (0, right), (0.05, others)]
        for _ in range(20):
            assert ask(device, "GET", "gpio/voltage") == voltage
        replies.clear()
        commands = len(scripted.commands)
        for method, path, body in ONE_OF_EACH[:2]:
            assert ask(device, method, path, body)[0] == 503
        assert "offline" in ask(device, "GET", "adc/1/sensors")[1]["message"]
        assert len(scripted.commands) == commands + 3


def test_a_plain_client_is_asked_as_well(device: RegisteredDevice, stack: Stack) -> None:
    reply = json.dumps({"value": {"status": 6, "version": "plain"}}).encode()
    with ScriptedDevice.of(device, stack, lambda _number, _command: [(0, reply)], is_mqtt5=False) as client:
        assert ask(device, "GET", "status")[1]["value"] == {"status": 6, "version": "plain"}
        assert client.commands == [{}]


def test_a_command_is_written_as_the_firmware_expects(device: RegisteredDevice, stack: Stack) -> None:
    seen: list[bytes] = []
    reply = b'{"value": {"status": 3}}'
    with ScriptedDevice.of(device, stack, lambda _number, _command: [(0, reply)], is_mqtt5=False) as client:
        client.listen(seen.append)
        ask(device, "POST", "status", {"status": 2})

    assert seen == [b'{"status": 2}']


@PROTOCOLS
def test_many_callers_of_one_device_get_each_an_answer_of_their_own(
    device: RegisteredDevice, run_device: RunDevice, mqtt: str
) -> None:
    run_device(device, "--mqtt", mqtt, "--counter")

    def call(_number: int) -> tuple[int, dict[str, Any]]:
        return ask(device, "GET", "status")

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(call, range(80)))

    counters = Counter(answer["value"]["counter"] for status, answer in answers if status == 200)
    others = {(status, answer["message"]) for status, answer in answers if status != 200}
    assert others <= {(503, "Device is unreachable"), (500, "Could not communicate with device")}
    assert set(counters.values()) == {1}, "two callers were given the same reply"
    # On an idle machine all are answered; on a crowded one some wait in vain for their turn.
    assert len(counters) >= 40


def test_a_late_reply_is_not_the_next_callers(device: RegisteredDevice, stack: Stack) -> None:
    def script(number: int, command: dict[str, Any]) -> list[tuple[float, bytes]]:
        reply = json.dumps({"value": {"status": 1, "version": f"reply {number}"}}).encode()
        return [(-3.5 if number == 0 else 0.0, reply)]

    with ScriptedDevice.of(device, stack, script, is_mqtt5=False):
        assert ask(device, "GET", "status")[0] == 503
        versions = [ask(device, "GET", "status")[1]["value"]["version"] for _ in range(3)]

    assert "reply 0" not in versions
    assert len(set(versions)) == 3


def test_another_persons_device_does_not_exist(
    new_device: NewDevice, person: Person, new_person: Callable[[], Person], stack: Stack
) -> None:
    device, stranger = new_device(person), new_person()
    with ScriptedDevice.of(device, stack, lambda number, command: [(0, reply_to(number, command))]) as client:
        for method, path, body in (
            ("GET", "status", None),
            ("POST", "status", {"status": 2}),
            ("GET", "settings", None),
            ("POST", "settings", {"sensorrate": 1}),
        ):
            status, answer = stranger.api.call(method, f"{device.path}/{path}", body)
            assert (status, answer["message"]) == (404, "Device is not registered")
        assert RestApi(stack["api_url"]).call("GET", f"{device.path}/status")[0] == 401
        assert client.commands == []


def test_an_offline_device_holds_up_nobody_else(new_device: NewDevice, person: Person, run_device: RunDevice) -> None:
    offline, running = new_device(person), new_device(person)
    run_device(running)
    is_over = threading.Event()
    waited: list[int] = []

    def wait_again_and_again() -> None:
        while not is_over.is_set():
            waited.append(ask(offline, "GET", "status")[0])

    waiting = [threading.Thread(target=wait_again_and_again) for _ in range(3)]
    for thread in waiting:
        thread.start()
    try:
        seconds, (status, _) = quickest(lambda: ask(running, "GET", "status"))
    finally:
        is_over.set()
        for thread in waiting:
            thread.join()

    assert (status, set(waited)) == (200, {503})
    assert seconds < WAITING_SECONDS

"""One suite for both simulated devices on the real broker."""

import http.server
import json
import signal
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tests.e2e.faulty_network import FaultyNetwork
from tests.e2e.patience import eventually
from tests.e2e.simulated_device import Identity, Server, ServerSide, SimulatedDevice, Stack

CONVERSATIONS = Path(__file__).parents[1] / "events" / "device"
RECONNECT_SECONDS = 5
NOW = ("--boot-seconds", "0")
"""Spares the tests the second that a booting device takes."""

SILENT = ("--sensorrate", "3600")
"""Prevents readings during other conversations, however long these take."""
TRANSITIONS = (0, 3, 5)
"""Statuses that a device leaves by itself."""

Start = Callable[..., SimulatedDevice]


@pytest.fixture(params=["python", "nodejs"])
def kind(request: pytest.FixtureRequest) -> str:
    """Name each simulated device."""
    return str(request.param)


@pytest.fixture
def identity(stack: Stack, tmp_path: Path) -> Identity:
    """Return a device with a certificate, known only to the broker."""
    return Identity.enrol(stack, f"SIM{uuid4().hex[:12].upper()}", tmp_path)


@pytest.fixture(scope="module")
def hearing_server(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Give a server that hears every device."""
    server = Server(stack, tmp_path_factory.mktemp("server"))
    yield server
    server.close()


@pytest.fixture
def server(hearing_server: Server, identity: Identity) -> ServerSide:
    """Give the server's side of the device's conversation."""
    return hearing_server.side(identity.thing)


@pytest.fixture
def start(kind: str, stack: Stack, identity: Identity) -> Iterator[Start]:
    """Give a function that starts the device with options."""
    started: list[SimulatedDevice] = []

    def begin(*options: str) -> SimulatedDevice:
        started.append(SimulatedDevice(kind, stack, identity, *options))
        return started[-1]

    yield begin
    for device in started:
        device.__exit__(None, None, None)


@pytest.fixture
def boot(start: Start, server: ServerSide) -> Start:
    """Give a function that starts the device and answers its question for a configuration."""

    def begin(*options: str, configuration: object = None) -> SimulatedDevice:
        device = start(*NOW, *SILENT, *options)
        server.hear("req_configuration")
        server.send("rcv_configuration", configuration or {})
        assert server.ask("get_status", {})["value"]["status"] == 1
        return device

    return begin


@pytest.mark.parametrize("version", ["5", "3.1.1"])
def test_device_boots_asks_for_its_configuration_and_runs(start: Start, server: ServerSide, version: str) -> None:
    device = start("--mqtt", version, "--version", "2.0")
    assert server.hear("req_configuration").payload == {}
    assert server.ask("get_settings", {}) == {"value": {"sensorrate": 5}}
    server.send("rcv_configuration", {})
    assert server.ask("get_status", {}) == {"value": {"status": 1, "version": "2.0"}}
    device.shows("<- get_status {}")
    device.shows("-> get_status {")


@pytest.mark.parametrize(
    ("name", "version"),
    [
        *((name, "5") for name in ("gpio", "malformed", "notifications", "sensors", "uart", "uart_commands")),
        ("sensors", "3.1.1"),
    ],
)
def test_device_holds_its_side_of_a_conversation_over_the_broker(
    boot: Start, server: ServerSide, name: str, version: str
) -> None:
    conversation = json.loads((CONVERSATIONS / f"{name}.json").read_text())
    device = boot("--mqtt", version)
    for step in conversation["steps"]:
        shown = len(device.output)
        take(step, device, server)
        for text in step.get("says", []):
            device.shows(text, after=shown)
        for kind, *what in step.get("expect", []):
            if kind == "restart":
                server.hear("req_configuration")
            else:
                api, payload = what
                assert server.hear(api).payload == payload, step


def take(step: dict[str, Any], device: SimulatedDevice, server: ServerSide) -> None:
    """Let the cause of a conversation's step happen to a device that runs."""
    if "receive" in step:
        server.send(step["receive"], step["text"] if "text" in step else step["payload"])
    elif "type" in step:
        device.type_line(step["type"])
    elif "pin" in step:
        number, level = step["pin"]
        device.type_line(f"gpio {number} {'high' if level else 'low'}")
        if "expect" not in step:
            eventually(lambda: server.ask("get_gpios", {})["value"]["gpios"][number - 1]["status"], level.__eq__)
    else:
        time.sleep(step["wait"])
        if "expect" not in step:
            eventually(lambda: server.ask("get_status", {})["value"]["status"], lambda one: one not in TRANSITIONS)


def test_reply_carries_the_correlation_data_of_an_mqtt5_request(boot: Start, server: ServerSide) -> None:
    boot("--mqtt", "5")
    for correlation in (b"\x00\x01\xff", b"second"):
        server.send("get_settings", {}, correlation=correlation)
        assert server.hear("get_settings").correlation == correlation
    server.send("get_settings", {})
    assert server.hear("get_settings").correlation is None


def test_mqtt311_device_answers_requests_that_carry_correlation_data(boot: Start, server: ServerSide) -> None:
    boot("--mqtt", "3.1.1")
    server.send("get_settings", {}, correlation=b"x")
    assert server.hear("get_settings").correlation is None


def test_restart_takes_three_to_four_seconds_and_gives_the_ports_back(boot: Start, server: ServerSide) -> None:
    device = boot()
    server.ask("set_adc_dev_prop", {"mode": 0, "class": 6, "number": 1})
    began = time.monotonic()
    assert server.ask("set_status", {"status": 2}) == {"value": {"status": 3}}
    server.hear("req_configuration")
    assert time.monotonic() - began >= 3
    server.send("rcv_configuration", {"adc": [{"class": 6, "attributes": {"mode": 0}, "enabled": 1}, {}]})
    assert server.ask("get_devs", {}) == {"value": {"adc1": [{"class": 6, "enabled": 1}]}}
    device.shows("connected as", times=2)
    assert "!!" not in device.output


def test_device_publishes_readings_of_its_script_in_the_shape_of_the_protocol(
    boot: Start, server: ServerSide, tmp_path: Path
) -> None:
    values = tmp_path / "values.csv"
    values.write_text("i2c1@40,tprobe1,tprobe1/subclass\n131,22.5,61.5\n132,22.75,61.0\n")
    configuration = {
        "i2c": [[{"address": 40, "class": 3, "attributes": {"range": 0, "mode": 0}, "enabled": 1}], [], [], []],
        "tprobe": [{"class": 4, "subclass": 5, "attributes": {"subattributes": {}}, "enabled": 1}],
    }
    device = boot("--values", str(values), configuration=configuration)
    server.ask("set_settings", {"sensorrate": 1})
    assert [server.hear("sensor_reading").payload for _ in range(2)] == [
        {
            "sensors": {
                "i2c1": [{"address": 40, "value": pot, "class": 3}],
                "tprobe1": [{"value": warm, "class": 4, "subclass": {"value": wet, "class": 5}}],
            }
        }
        for pot, warm, wet in ((131, 22.5, 61.5), (132, 22.75, 61.0))
    ]
    device.type_line("value i2c1@40 7")
    eventually(lambda: server.hear("sensor_reading").payload["sensors"]["i2c1"][0]["value"], lambda value: value == 7)


def test_faults_on_request_double_and_count_replies(start: Start, server: ServerSide) -> None:
    start(*NOW, "--no-configuration", "--duplicate", "1", "--delay", "1:0.3", "--counter", "--log-level", "warning")
    wait_until_it_answers(server)
    began = time.monotonic()
    server.send("get_status", {}, correlation=b"x")
    first, second = server.hear_next("get_status"), server.hear_next("get_status")
    assert time.monotonic() - began >= 0.3
    assert first == second
    assert first.payload["value"]["counter"] >= 1
    assert first.correlation == b"x"


def wait_until_it_answers(server: ServerSide) -> None:
    """Return once the device has answered; more of its answers may be on their way."""
    while server.hears_nothing_for(1):
        server.send("get_settings", {})


@pytest.mark.parametrize("version", ["5", "3.1.1"])
@pytest.mark.parametrize("signal_number", [signal.SIGINT, signal.SIGTERM])
def test_device_disconnects_and_ends_well_when_told_to(
    boot: Start, version: str, signal_number: signal.Signals
) -> None:
    device = boot("--mqtt", version)
    assert device.stop(signal_number) == 0
    assert device.output.rstrip().endswith("disconnected")


@pytest.mark.parametrize("version", ["5", "3.1.1"])
def test_device_connects_again_after_a_lost_connection(
    start: Start, stack: Stack, server: ServerSide, version: str
) -> None:
    with FaultyNetwork(stack["mqtt_host"], stack["mqtt_port"]) as network:
        port = network.url.rsplit(":", 1)[1]
        device = start(*NOW, "--mqtt", version, "--port", port)
        server.hear("req_configuration")
        began = time.monotonic()
        network.cut()
        device.shows("connection lost")
        server.hear_next("req_configuration")
        assert time.monotonic() - began >= RECONNECT_SECONDS - 1
        assert server.ask("get_settings", {}) == {"value": {"sensorrate": 5}}


@pytest.mark.parametrize("version", ["5", "3.1.1"])
def test_device_goes_on_trying_while_nobody_listens_and_ends_well(start: Start, version: str) -> None:
    device = start("--port", "1", "--mqtt", version)
    device.shows("cannot connect: nothing listens on that port", times=2)
    assert device.stop() == 0


@pytest.mark.parametrize("version", ["5", "3.1.1"])
def test_device_with_an_id_that_is_not_its_own_is_refused_and_told_so(start: Start, version: str) -> None:
    device = start("--device-id", "SOMEBODYELSE", "--mqtt", version)
    device.shows("cannot connect: ")
    assert device.stop() == 0


def test_device_does_not_trust_a_server_of_another_authority(start: Start, identity: Identity) -> None:
    device = start("--ca", str(identity.certificate))
    device.shows("certificate is not trusted by --ca")
    assert device.stop() == 0


@pytest.mark.parametrize(
    ("option", "content", "complaint"),
    [
        ("--ca", "nothing", "is not a PEM certificate"),
        ("--cert", "nothing", "are not a PEM pair"),
        ("--key", "nothing", "are not a PEM pair"),
        ("--cert", None, "no such file"),
    ],
)
def test_unusable_files_end_it_at_once_with_the_reason(
    start: Start, tmp_path: Path, option: str, content: str | None, complaint: str
) -> None:
    path = tmp_path / "given.pem"
    if content is not None:
        path.write_text(content)
    device = start(option, str(path))
    assert device.exit_code() == 2
    assert complaint in device.output
    assert "Traceback" not in device.output


def test_key_of_another_device_ends_it_at_once_with_the_reason(start: Start, stack: Stack, tmp_path: Path) -> None:
    other = Identity.enrol(stack, f"SIM{uuid4().hex[:12].upper()}", tmp_path)
    device = start("--key", str(other.key))
    assert device.exit_code() == 2
    assert "do not belong together" in device.output


@pytest.fixture
def firmware() -> Iterator[tuple[str, bytes]]:
    """Give the address of a web server, and the firmware that it serves as `ft900/modem_0.2.bin`."""
    content = bytes(range(256)) * 700

    class Files(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path != "/firmware/ft900/modem_0.2.bin":
                self.send_error(404)
                return
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Be quiet."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Files) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/firmware", content
        server.shutdown()


def test_device_updates_itself_over_http(boot: Start, server: ServerSide, firmware: tuple[str, bytes]) -> None:
    url, content = firmware
    boot("--firmware-url", url)
    offer = {"version": "0.2", "size": len(content), "location": "ft900/modem_0.2.bin"}
    assert server.ask("beg_ota", {**offer, "checksum": 1}) == {}
    assert server.hear("end_ota").payload == {"value": {"result": "failed"}}
    assert server.ask("beg_ota", {**offer, "location": "ft900/absent.bin"}) == {}
    assert server.hear("end_ota").payload == {"value": {"result": "failed"}}
    assert server.ask("beg_ota", {**offer, "checksum": zlib.crc32(content)}) == {}
    assert server.hear("end_ota").payload == {"value": {"result": "successful"}}
    assert server.ask("get_status", {})["value"]["version"] == "0.2"

"""The options of a simulated device."""

from pathlib import Path

import pytest

from simulators.devices.python import command_line
from simulators.devices.python.board import BoardOptions
from simulators.devices.python.device import FirmwareSource, Qualities

NEEDED = ["--ca", "ca.pem", "--cert", "d.pem", "--key", "d.key", "--device-id", "D1"]


def test_defaults_are_a_plain_device_on_this_machine() -> None:
    options = command_line.parse(NEEDED)
    endpoint = command_line.endpoint(options)
    assert (endpoint.host, endpoint.port, endpoint.deviceid) == ("127.0.0.1", 8883, "D1")
    assert command_line.board_options(options) == BoardOptions()
    assert command_line.qualities(options) == Qualities(replies=0, events=1)
    assert command_line.firmware(options) is None
    assert command_line.faults(options).deliveries() == [0.0]


def test_all_options_arrive(tmp_path: Path) -> None:
    configuration, values = tmp_path / "c.json", tmp_path / "v.csv"
    configuration.write_text('{"adc": [{}, {}]}')
    values.write_text("adc1\n3.4\n")
    options = command_line.parse(
        [
            *NEEDED, "--version", "1.0", "--boot-seconds", "0", "--sensorrate", "7",
            "--readings-per-message", "3", "--no-configuration",
            "--delete-configuration", "--configuration", str(configuration), "--values", str(values), "--counter",
            "--chunk-bytes", "512",
            "--firmware-url", "https://f.example/firmware", "--firmware-ca", "f.pem", "--reply-qos", "1",
            "--event-qos", "0", "--drop", "1", "--duplicate", "0.5", "--delay", "0.25:2", "--seed", "7",
        ]
    )  # fmt: skip
    assert command_line.board_options(options) == BoardOptions(
        version="1.0",
        boot_seconds=0,
        sensorrate_seconds=7,
        readings_per_message=3,
        asks_configuration=False,
        deletes_configuration=True,
        configuration={"adc": [{}, {}]},
        counts_status_replies=True,
        updates_by_https=True,
        chunk_bytes=512,
        scripts={"adc1": [3.4]},
    )
    assert command_line.firmware(options) == FirmwareSource("https://f.example/firmware", Path("f.pem"))
    assert command_line.qualities(options) == Qualities(replies=1, events=0)
    faults = command_line.faults(options)
    assert (faults.drop, faults.duplicate, faults.delay, faults.delay_seconds) == (1, 0.5, 0.25, 2)


@pytest.mark.parametrize(
    "wrong",
    [
        ["--drop", "1.5"],
        ["--delay", "0.5"],
        ["--delay", "2:1"],
        ["--delay", "0.5:-1"],
        ["--boot-seconds", "-1"],
        ["--mqtt", "3.1"],
        ["--configuration", "absent.json"],
        ["--values", "absent.csv"],
    ],
)
def test_wrong_option_ends_with_a_message(wrong: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        command_line.parse([*NEEDED, *wrong])
    assert ended.value.code == 2
    assert wrong[0] in capsys.readouterr().err

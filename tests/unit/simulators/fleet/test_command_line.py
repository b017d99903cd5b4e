"""The options of a fleet."""

import json
from pathlib import Path

import pytest

from simulators.devices.fleet.command_line import parse

STACK = {"api_url": "http://api.example", "mqtt_host": "127.0.0.1", "mqtt_port": 8884, "mqtt_ca": "/ca.pem"}


@pytest.fixture
def stack_file(tmp_path: Path) -> str:
    path = tmp_path / "stack.json"
    path.write_text(json.dumps(STACK))
    return str(path)


def test_fleet_finds_its_server_in_the_stack_file(stack_file: str) -> None:
    settings = parse(["--stack", stack_file, "--count", "500"])
    assert (settings.api_url, settings.host, settings.port, settings.ca) == (
        "http://api.example",
        "127.0.0.1",
        8884,
        Path("/ca.pem"),
    )
    assert (settings.count, settings.sensorrate_seconds, settings.asks_configuration) == (500, 5, True)


def test_options_go_before_the_stack_file(stack_file: str) -> None:
    settings = parse(
        ["--stack", stack_file, "--host", "h", "--port", "1", "--ca", "c", "--api-url", "u", "--no-configuration"]
    )
    assert (settings.host, settings.port, settings.ca, settings.api_url) == ("h", 1, Path("c"), "u")
    assert not settings.asks_configuration


def test_without_a_stack_file_the_server_must_be_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    absent = str(tmp_path / "absent.json")
    with pytest.raises(SystemExit):
        parse(["--stack", absent])
    assert "give --host, --port and --ca" in capsys.readouterr().err
    settings = parse(["--stack", absent, "--host", "h", "--ca", "c"])
    assert (settings.api_url, settings.port) == (None, 8883)


@pytest.mark.parametrize("wrong", [["--count", "0"], ["--registrars", "-1"], ["--mqtt", "4"]])
def test_wrong_option_ends_with_a_message(
    stack_file: str, wrong: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        parse(["--stack", stack_file, *wrong])
    assert wrong[0] in capsys.readouterr().err

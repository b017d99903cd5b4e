"""The console output of the functions' logs."""

import json
import time

import pytest

from simulators.cloud.console import Screen, readable


def test_an_entry_shows_function_level_message_and_its_own_fields() -> None:
    entry = {"level": "INFO", "message": "answered", "operation": "3A", "status": 200, "service": "iotcloud"}
    assert readable(0.0, "iotcloud-api", json.dumps(entry)).plain.endswith(
        "iotcloud-api INFO answered operation=3A status=200"
    )


def test_a_failure_shows_its_traceback() -> None:
    entry = {"level": "ERROR", "message": "failed", "exception": "Traceback ...\nBroken: pipe"}
    assert readable(0.0, "iotcloud-api", json.dumps(entry)).plain.endswith("ERROR failed \nTraceback ...\nBroken: pipe")


@pytest.mark.parametrize("line", ["printed by hand", '"only a text"', "[1", "[1]"])
def test_any_other_line_is_shown_as_it_is(line: str) -> None:
    assert readable(0.0, "iotcloud-api", line).plain.endswith(f"iotcloud-api {line}")


def test_metrics_are_shown_without_their_frame_and_the_zeros() -> None:
    entry = {"_aws": {"Timestamp": 1}, "service": "iotcloud", "Stored": [1.0, 2.0], "Parked": [0.0]}
    assert readable(0.0, "historian", json.dumps(entry)).plain.endswith("historian Stored=3")


def test_a_line_is_shown_with_the_time_when_it_was_logged() -> None:
    assert readable(0.0, "historian", "x").plain.startswith(time.strftime("%H:%M:%S", time.localtime(0)))


def test_steps_tell_what_was_done(capsys: pytest.CaptureFixture[str]) -> None:
    with Screen().step("building", "packages built"):
        pass
    assert "✓ packages built" in capsys.readouterr().out


def test_a_step_that_fails_is_not_told_as_done(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(OSError, match="disk full"), Screen().step("building", "packages built"):
        raise OSError("disk full")
    assert "packages built" not in capsys.readouterr().out


def test_values_are_printed_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    Screen().table({"app": "http://[::1]:4566/[bold]"})
    assert "http://[::1]:4566/[bold]" in capsys.readouterr().out

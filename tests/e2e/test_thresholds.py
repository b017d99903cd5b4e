"""Thresholds on the local cloud: hysteresis, inactivity found by the scheduled check, and backtests of both."""

import json
import time
from collections.abc import Iterator
from typing import Any

from tests.e2e.patience import eventually
from tests.e2e.people import RegisteredDevice, Stack
from tests.e2e.scripted_device import Json, ScriptedDevice
from tests.e2e.test_readings import PROPERTIES, SENSOR, pot, send

SILENCE_SECONDS = 60
SILENCE_PATIENCE_SECONDS = 300.0
"""The inactivity time, half a minute for delayed readings, and more than a minute until the next check."""
WATCHED: Json = PROPERTIES | {
    "threshold": {"value": 100, "min": 0, "max": 100, "activate": 0, "hysteresis": 2},
    "inactivity_seconds": SILENCE_SECONDS,
}


class Keeping:
    """Store the device's properties, and return them."""

    def __init__(self) -> None:
        self.kept: Json = {}

    def __call__(self, _number: int, command: Json) -> Iterator[tuple[float, bytes]]:
        if "mode" in command:
            self.kept = {name: value for name, value in command.items() if name not in ("address", "class", "number")}
        yield 0.0, json.dumps({"value": self.kept} if set(command) == {"address", "class", "number"} else {}).encode()


def conditions(device: RegisteredDevice) -> list[str]:
    """The sensor's alerts, oldest first."""
    asked = {"topic": "trigger_notification/i2c1/default/40"}
    found = device.owner.api.must("POST", "/devices/histories", asked)["transactions"]
    return [json.loads(each["payload"])["condition"] for each in reversed(found)]


def backtested(device: RegisteredDevice, properties: Json, begin: int) -> list[str]:
    """The alerts that properties would have caused over the stored readings."""
    answer: dict[str, Any] = device.owner.api.must(
        "POST", f"{pot(device)}/readings/rehearsal?datebegin={begin}", properties
    )
    assert all(trigger["notices"] for trigger in answer["triggers"])
    return [trigger["condition"] for trigger in answer["triggers"]]


def test_hysteresis_and_silence_are_told_and_a_rehearsal_says_the_same(device: RegisteredDevice, stack: Stack) -> None:
    api, begin = device.owner.api, int(time.time())
    with ScriptedDevice.of(device, stack, Keeping()) as scripted:
        api.must("POST", pot(device), SENSOR)
        api.must("POST", f"{pot(device)}/properties", WATCHED)
        shown = api.must("GET", f"{pot(device)}/properties")["value"]
        assert (shown["threshold"]["hysteresis"], shown["inactivity_seconds"]) == (2, SILENCE_SECONDS)
        api.must("POST", f"{pot(device)}/enable", {"enable": 1})
        for value in (50, 101, 99, 102, 97):
            send(scripted, value)
        crossed = ["potentiometer 101 > 100 (activation)", "potentiometer 97 <= 100 (deactivation)"]
        eventually(lambda: conditions(device), lambda told: told == crossed)

        assert backtested(device, WATCHED, begin) == crossed
        assert backtested(device, PROPERTIES, begin) == [
            "potentiometer 101 > 100 (activation)",
            "potentiometer 99 <= 100 (deactivation)",
            "potentiometer 102 > 100 (activation)",
            "potentiometer 97 <= 100 (deactivation)",
        ]

        silent = [*crossed, "potentiometer silent for 60 s (activation)"]
        eventually(lambda: conditions(device), lambda told: told == silent, SILENCE_PATIENCE_SECONDS)
        send(scripted, 50)
        heard = [*silent, "potentiometer heard again (deactivation)"]
        eventually(lambda: conditions(device), lambda told: told == heard)
        assert backtested(device, WATCHED, begin) == heard

"""Callers of a fleet's devices."""

import asyncio
from collections.abc import Callable
from random import Random
from typing import Any

import pytest

from simulators.devices.fleet import callers
from simulators.devices.fleet.callers import NO_ANSWER, call_devices
from simulators.devices.fleet.tally import Tally
from tests.unit.simulators.until import until


class FakeApi:
    """Knows one device; another does not answer, and a third cannot even be asked for."""

    def __init__(self) -> None:
        self.paths: list[str] = []

    def call(self, method: str, path: str, body: object = None) -> tuple[int, dict[str, Any]]:
        self.paths.append(f"{method} {path}")
        if "Fleet%20A" in path:
            return 200, {"status": "OK", "value": {"status": 1}}
        if "Fleet%20B" in path:
            return 503, {"status": "NG", "message": "Device is unreachable"}
        raise ConnectionRefusedError("refused")


def call_until(is_so: Callable[[Tally], bool], names: list[str]) -> tuple[FakeApi, Tally]:
    api, tally = FakeApi(), Tally()

    async def scenario() -> None:
        calling = asyncio.create_task(call_devices(api, names, 2, tally, Random(1)))
        await until(lambda: is_so(tally))
        calling.cancel()
        await asyncio.gather(calling, return_exceptions=True)

    asyncio.run(scenario())
    return api, tally


def test_callers_ask_devices_for_their_status_and_count_the_answers() -> None:
    api, tally = call_until(
        lambda tally: tally.calls.total > 10 and 0 < tally.problems["REST 503"] < tally.calls.total,
        ["Fleet A", "Fleet B"],
    )
    assert set(api.paths) == {
        "GET /devices/device/Fleet%20A/status",
        "GET /devices/device/Fleet%20B/status",
    }
    assert tally.last_problem == "REST 503: Device is unreachable"


def test_api_that_cannot_be_reached_is_counted_and_not_hammered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(callers, "PAUSE_AFTER_REFUSAL_SECONDS", 3600)
    api, _ = call_until(lambda tally: tally.problems[f"REST {NO_ANSWER}"] == 2, ["Fleet C"])
    assert len(api.paths) == 2

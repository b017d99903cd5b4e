"""The devices of a fleet start no faster than the server accepts them."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from simulators.devices.fleet import fleet as fleet_module
from simulators.devices.fleet.command_line import Settings, parse
from simulators.devices.fleet.fleet import MAX_CONNECTING, Fleet
from simulators.devices.fleet.identities import make_identities
from simulators.devices.fleet.tally import Tally
from simulators.devices.python.links import LinkEvents
from tests.unit.simulators.until import PATIENCE_SECONDS, until


class SlowLink:
    """Is up only when the test says so."""

    def __init__(self, events: LinkEvents) -> None:
        self.events = events

    def open(self) -> None:
        """Wait for the test."""

    async def close(self) -> None:
        """Be gone at once."""


@pytest.fixture
def links(monkeypatch: pytest.MonkeyPatch) -> list[SlowLink]:
    made: list[SlowLink] = []

    def link_maker(*_: Any) -> Callable[[LinkEvents], SlowLink]:
        def make(events: LinkEvents) -> SlowLink:
            made.append(SlowLink(events))
            return made[-1]

        return make

    monkeypatch.setattr(fleet_module, "link_maker", link_maker)
    return made


def settings(count: int) -> Settings:
    return parse(
        ["--stack", "absent", "--host", "h", "--ca", "c", "--count", str(count), "--connects-per-second", "100000"]
    )


def test_devices_wait_until_others_have_connected(links: list[SlowLink], tmp_path: Path) -> None:
    count = MAX_CONNECTING + 5

    async def scenario() -> None:
        fleet = Fleet(settings(count), make_identities("UNIT", count, tmp_path), Tally())
        starting = asyncio.create_task(fleet.start())
        await until(lambda: len(fleet.devices) == MAX_CONNECTING)
        await asyncio.sleep(0.1)  # More than the rate of connecting needs for others.
        assert len(fleet.devices) == MAX_CONNECTING
        assert fleet.connected == 0
        for link in links[:3]:
            link.events.link_up()
        await until(lambda: len(fleet.devices) >= MAX_CONNECTING + 3)
        await asyncio.sleep(0.1)
        assert (len(fleet.devices), fleet.connected) == (MAX_CONNECTING + 3, 3)
        for link in links[3:]:
            link.events.link_up()
        await asyncio.wait_for(starting, PATIENCE_SECONDS)
        assert len(fleet.devices) == count
        await fleet.stop()

    asyncio.run(scenario())

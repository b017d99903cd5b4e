"""The running device, on a link that records messages."""

import asyncio
import json
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import pytest

from simulators.devices.python import device as device_module
from simulators.devices.python.board import Board, BoardOptions
from simulators.devices.python.console import Console
from simulators.devices.python.device import Device, FirmwareSource, Qualities
from simulators.devices.python.downloads import DownloadFailed
from simulators.devices.python.faults import Faults
from simulators.devices.python.links import LinkError, LinkEvents
from tests.unit.simulators.until import until


@dataclass
class RememberingLink:
    """Only records its calls."""

    events: LinkEvents
    asked: list[tuple[Any, ...]] = field(default_factory=list)
    refuses_subscriptions: bool = False

    def open(self) -> None:
        self.asked.append(("open",))

    async def close(self) -> None:
        self.asked.append(("close",))

    async def subscribe(self, topic_filter: str) -> None:
        self.asked.append(("subscribe", topic_filter))
        if self.refuses_subscriptions:
            raise LinkError("not permitted")

    def publish(self, topic: str, payload: bytes, qos: int, correlation: bytes | None = None) -> None:
        self.asked.append((topic, json.loads(payload), qos, correlation))

    def take(self) -> list[tuple[Any, ...]]:
        asked, self.asked = self.asked, []
        return asked


class Bench:
    """A device that has just started, its link, and its console output."""

    def __init__(self, capsys: pytest.CaptureFixture[str], **parts: Any) -> None:
        options = BoardOptions(boot_seconds=0, asks_configuration=False, **parts.pop("options", {}))
        self.links: list[RememberingLink] = []
        self._capsys = capsys
        self.device = Device("UNIT1", Board(options, Random(1)), Console("debug"), self._make_link, **parts)
        self.device.start()

    def _make_link(self, events: LinkEvents) -> RememberingLink:
        self.links.append(RememberingLink(events))
        return self.links[-1]

    @property
    def link(self) -> RememberingLink:
        return self.links[-1]

    async def boot(self) -> None:
        self.device.link_up()
        await self.asked(2)
        self.link.take()

    async def asked(self, count: int) -> None:
        """Wait until the newest link has been asked for so much."""
        await until(lambda: len(self.link.asked) >= count)

    def shown(self) -> str:
        return self._capsys.readouterr().out


def test_device_subscribes_to_its_own_topics_once_it_is_connected(capsys: pytest.CaptureFixture[str]) -> None:
    async def scenario() -> None:
        bench = Bench(capsys)
        assert bench.link.take() == [("open",)]
        bench.device.link_up()
        await bench.asked(1)
        assert bench.link.take() == [("subscribe", "UNIT1/#")]

    asyncio.run(scenario())


def test_reply_echoes_the_correlation_data_and_an_event_carries_none(capsys: pytest.CaptureFixture[str]) -> None:
    async def scenario() -> None:
        bench = Bench(capsys)
        await bench.boot()
        bench.device.message_arrived("UNIT1/get_settings", b"{}", b"\x01\x02")
        bench.device.message_arrived("UNIT1/get_settings", b"{}", None)
        bench.device.type_line("AT+M++hello")
        reply = {"value": {"sensorrate": 5}}
        assert bench.link.take() == [
            ("server/UNIT1/get_settings", reply, 0, b"\x01\x02"),
            ("server/UNIT1/get_settings", reply, 0, None),
            ("server/UNIT1/trigger_notification/uart/mobile", {"message": "hello"}, 1, None),
        ]

    asyncio.run(scenario())


def test_qualities_of_service_can_be_chosen(capsys: pytest.CaptureFixture[str]) -> None:
    async def scenario() -> None:
        bench = Bench(capsys, qualities=Qualities(replies=1, events=0))
        await bench.boot()
        bench.device.message_arrived("UNIT1/get_uarts", b"{}", None)
        bench.device.type_line("AT+D")
        assert [asked[2] for asked in bench.link.take()] == [1, 0]

    asyncio.run(scenario())


def test_faults_drop_double_and_delay_replies_but_not_events(capsys: pytest.CaptureFixture[str]) -> None:
    async def scenario() -> None:
        dropping = Bench(capsys, faults=Faults(drop=1))
        await dropping.boot()
        dropping.device.message_arrived("UNIT1/get_uarts", b"{}", None)
        dropping.device.type_line("AT+D")
        assert [asked[0] for asked in dropping.link.take()] == ["server/UNIT1/trigger_notification/uart/default"]
        assert "dropped on purpose" in dropping.shown()

        late = Bench(capsys, faults=Faults(duplicate=1, delay=1, delay_seconds=0.05))
        await late.boot()
        late.device.message_arrived("UNIT1/get_uarts", b"{}", b"x")
        assert late.link.take() == []
        await late.asked(2)
        assert [asked[3] for asked in late.link.take()] == [b"x", b"x"]

    asyncio.run(scenario())


def test_restart_drops_the_connection_and_connects_anew(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("simulators.devices.python.board.TRANSITION_SECONDS", {3: (0.01, 0.01)})
    monkeypatch.setattr("simulators.devices.python.device.REBOOT_SECONDS", 0.01)

    async def scenario() -> None:
        bench = Bench(capsys)
        await bench.boot()
        bench.device.message_arrived("UNIT1/set_status", b'{"status": 2}', None)
        await bench.asked(3)
        assert [asked[0] for asked in bench.link.take()] == ["server/UNIT1/set_status", "close", "open"]

    asyncio.run(scenario())


def test_refused_subscription_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    async def scenario() -> None:
        bench = Bench(capsys)
        bench.link.refuses_subscriptions = True
        await bench.boot()
        assert "!! cannot subscribe to UNIT1/#: not permitted" in bench.shown()

    asyncio.run(scenario())


def test_lost_and_failed_connections_are_told_apart(capsys: pytest.CaptureFixture[str]) -> None:
    async def scenario() -> None:
        bench = Bench(capsys)
        bench.device.link_down("nothing listens")
        assert "!! cannot connect: nothing listens" in bench.shown()
        await bench.boot()
        bench.device.link_down("cut")
        assert "!! connection lost: cut" in bench.shown()
        assert not bench.device.is_up

    asyncio.run(scenario())


def test_console_shows_both_directions_and_shortens_what_is_long(capsys: pytest.CaptureFixture[str]) -> None:
    async def scenario() -> None:
        bench = Bench(capsys)
        await bench.boot()
        bench.device.message_arrived("UNIT1/get_uarts", b"{}", None)
        bench.device.message_arrived("UNIT1/status_notification", b'"' + b"x" * 1000 + b'"', None)
        bench.device.message_arrived("UNIT1/what", b"\xff\xfe", None)
        bench.device.publish_acknowledged("server/UNIT1/x", 0.0123)
        bench.device.publish_failed("server/UNIT1/y", "not connected")
        shown = bench.shown()
        assert "<- get_uarts {}\n" in shown
        assert '-> get_uarts {"value": {"uarts": [{"enabled": 1}]}}\n' in shown
        assert "... (602 more bytes)" in shown
        assert r"<- what \xff\xfe" in shown
        assert "server/UNIT1/x acknowledged after 12.3 ms" in shown
        assert "!! server/UNIT1/y not sent: not connected" in shown

    asyncio.run(scenario())


def test_keyboard_line_that_is_not_complete_is_explained(capsys: pytest.CaptureFixture[str]) -> None:
    async def scenario() -> None:
        bench = Bench(capsys)
        await bench.boot()
        bench.device.type_line("gpio 9 high")
        assert "gpio 1 to 4 high or low" in bench.shown()

    asyncio.run(scenario())


def test_stopped_device_does_nothing_any_more(capsys: pytest.CaptureFixture[str]) -> None:
    async def scenario() -> None:
        bench = Bench(capsys)
        bench.device.link_up()
        await bench.device.stop()
        await until(lambda: asyncio.all_tasks() == {asyncio.current_task()})
        assert bench.link.take() == [("open",), ("close",)]

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("files", "result"), [({"ft/a.bin": b"0123456789"}, "successful"), ({}, "failed"), (None, "failed")]
)
def test_firmware_is_fetched_by_https_and_the_result_told(
    files: dict[str, bytes] | None, result: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fetch(base_url: str, location: str, ca: Path | None) -> tuple[int, bytes]:
        assert files is not None
        if location not in files:
            raise DownloadFailed("404")
        return len(files[location]), files[location]

    monkeypatch.setattr(device_module, "fetch", fetch)

    async def scenario() -> None:
        source = None if files is None else FirmwareSource("https://firmware.example")
        bench = Bench(capsys, options={"updates_by_https": True}, firmware=source)
        await bench.boot()
        request = {"version": "0.2", "size": 10, "location": "ft/a.bin"}
        bench.device.message_arrived("UNIT1/beg_ota", json.dumps(request).encode(), None)
        await bench.asked(2)
        assert bench.link.take() == [
            ("server/UNIT1/beg_ota", {}, 0, None),
            ("server/UNIT1/end_ota", {"value": {"result": result}}, 1, None),
        ]

    asyncio.run(scenario())

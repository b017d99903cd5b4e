"""Runs a device: executes the effects of its board, on a link, in an asyncio loop."""

import asyncio
import json
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from pathlib import Path

from simulators.devices.python.board import Board
from simulators.devices.python.console import Witness
from simulators.devices.python.downloads import DownloadFailed, fetch
from simulators.devices.python.effects import Download, Effect, Publish, Reply, Restart, Say, Subscribe
from simulators.devices.python.faults import Faults
from simulators.devices.python.keyboard import Keyboard, NotUnderstood
from simulators.devices.python.links import Link, LinkError, LinkEvents

REBOOT_SECONDS = 0.5
"""Seconds for which a restarting device is disconnected."""


@dataclass(frozen=True)
class Qualities:
    """The MQTT quality of service of published messages."""

    replies: int = 0
    events: int = 1


@dataclass(frozen=True)
class FirmwareSource:
    """The source of files for updates by HTTPS."""

    base_url: str
    ca: Path | None = None


class Device:
    """Connects a board, a link and a listener. All of them run in one asyncio loop."""

    def __init__(
        self,
        deviceid: str,
        board: Board,
        witness: Witness,
        make_link: Callable[[LinkEvents], Link],
        faults: Faults | None = None,
        qualities: Qualities | None = None,
        firmware: FirmwareSource | None = None,
    ) -> None:
        self.deviceid = deviceid
        self.board = board
        self._witness = witness
        self._faults = faults or Faults()
        self._qualities = qualities or Qualities()
        self._firmware = firmware
        self._loop = asyncio.get_running_loop()
        self._wake: asyncio.TimerHandle | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._link = make_link(self)
        self.is_up = False

    def start(self) -> None:
        """Connect, and run until stopped."""
        self._link.open()

    async def stop(self) -> None:
        """Disconnect and stop."""
        if self._wake is not None:
            self._wake.cancel()
        for task in self._tasks:
            task.cancel()
        self.is_up = False
        await self._link.close()
        self._witness.say("disconnected")

    # Events of the link

    def link_up(self) -> None:
        self.is_up = True
        self._witness.connected(self.deviceid)
        self._carry_out(self.board.connect(self._loop.time()))

    def link_down(self, reason: str) -> None:
        if self.is_up:
            self.is_up = False
            self._witness.lost(reason)
            self._carry_out(self.board.disconnect(self._loop.time()))
        else:
            self._witness.refused(reason)

    def message_arrived(self, topic: str, payload: bytes, correlation: bytes | None) -> None:
        api = topic.removeprefix(f"{self.deviceid}/")
        self._witness.received(api, payload)
        self._carry_out(self.board.receive(api, payload, self._loop.time()), correlation)

    def publish_acknowledged(self, topic: str, seconds: float) -> None:
        self._witness.acknowledged(topic, seconds)

    def publish_failed(self, topic: str, reason: str) -> None:
        self._witness.not_sent(topic, reason)

    # Typed input

    def type_line(self, line: str) -> None:
        """Process a line from the keyboard."""
        try:
            self._carry_out(Keyboard(self.board).type_line(line, self._loop.time()))
        except NotUnderstood as reason:
            self._witness.say(str(reason))

    # Effects of the board

    def _carry_out(self, effects: list[Effect], correlation: bytes | None = None) -> None:
        for effect in effects:
            match effect:
                case Reply():
                    self._reply(effect, correlation)
                case Publish():
                    self._publish(effect, self._qualities.events)
                case Say(text):
                    self._witness.say(text)
                case Subscribe():
                    self._spawn(self._subscribe())
                case Restart():
                    self._spawn(self._restart())
                case Download(location):
                    self._spawn(self._download(location))
        self._set_alarm()

    def _reply(self, reply: Reply, correlation: bytes | None) -> None:
        deliveries = self._faults.deliveries()
        if not deliveries:
            self._witness.say(f"{reply.api} reply dropped on purpose")
        for delay in deliveries:
            if delay:
                self._loop.call_later(delay, self._publish, reply, self._qualities.replies, correlation)
            else:
                self._publish(reply, self._qualities.replies, correlation)

    def _publish(self, message: Publish, qos: int, correlation: bytes | None = None) -> None:
        payload = json.dumps(message.payload, ensure_ascii=False).encode()
        self._link.publish(f"server/{self.deviceid}/{message.api}", payload, qos, correlation)
        self._witness.sent(message.api, payload)

    async def _subscribe(self) -> None:
        topic_filter = f"{self.deviceid}/#"
        try:
            await self._link.subscribe(topic_filter)
        except LinkError as refused:
            self._witness.problem(f"cannot subscribe to {topic_filter}: {refused}")
            return
        self._witness.say(f"subscribed to {topic_filter}")
        self._carry_out(self.board.subscribe_done(self._loop.time()))

    async def _restart(self) -> None:
        self._witness.say("restarting")
        self.is_up = False
        await self._link.close()
        self._carry_out(self.board.disconnect(self._loop.time()))
        await asyncio.sleep(REBOOT_SECONDS)
        self._link.open()

    async def _download(self, location: str) -> None:
        if self._firmware is None:
            effects = self.board.download_failed(location, "nobody told where to get files", self._loop.time())
        else:
            try:
                length, data = await asyncio.to_thread(fetch, self._firmware.base_url, location, self._firmware.ca)
            except DownloadFailed as failed:
                effects = self.board.download_failed(location, str(failed), self._loop.time())
            else:
                effects = self.board.download_done(location, length, data, self._loop.time())
        self._carry_out(effects)

    def _set_alarm(self) -> None:
        if self._wake is not None:
            self._wake.cancel()
            self._wake = None
        if (due := self.board.next_due) is not None:
            self._wake = self._loop.call_at(due, self._alarm)

    def _alarm(self) -> None:
        self._carry_out(self.board.advance(self._loop.time()))

    def _spawn(self, coroutine: Coroutine[None, None, None]) -> None:
        task = self._loop.create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

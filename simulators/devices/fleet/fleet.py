"""Runs the devices of a fleet: all in one asyncio loop, and their connections in one thread of awscrt."""

import asyncio
from collections.abc import Sequence
from random import Random

from awscrt import io

from simulators.devices.fleet.command_line import Settings
from simulators.devices.fleet.identities import Identity
from simulators.devices.fleet.tally import Tally
from simulators.devices.python.board import Board, BoardOptions
from simulators.devices.python.device import Device
from simulators.devices.python.links import Endpoint
from simulators.devices.python.links.choice import link_maker

THERMOMETER = {
    "class": 4,
    "attributes": {
        "mode": 0,
        "threshold": {"value": 100, "min": 0, "max": 100, "activate": 0},
        "alert": {"type": 0, "period": 60000},
        "hardware": {"devicename": ""},
    },
    "enabled": 1,
}
"""Each device's sensor: a temperature on 1-Wire, far below its threshold."""


MAX_CONNECTING = 10
"""Maximum number of devices that connect at a time. Each retries every 5 s, so more could overload a busy server."""
PACING_SECONDS = 0.05


class Fleet:
    """Devices that are started one after the other, and stopped together."""

    def __init__(self, settings: Settings, identities: Sequence[Identity], tally: Tally) -> None:
        self._settings = settings
        self._tally = tally
        self._random = Random(settings.seed)  # noqa: S311
        self._bootstrap = io.ClientBootstrap(group := io.EventLoopGroup(1), io.DefaultHostResolver(group))
        self._identities = identities
        self.devices: list[Device] = []

    async def start(self) -> None:
        """Connect the devices as fast as the settings and the server allow; raise LinkError for invalid files."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        for number, identity in enumerate(self._identities):
            await asyncio.sleep(max(0, began + number / self._settings.connects_per_second - loop.time()))
            while len(self.devices) - self.connected >= MAX_CONNECTING:
                await asyncio.sleep(PACING_SECONDS)
            self.devices.append(self._make_device(identity))
            self.devices[-1].start()

    async def stop(self) -> None:
        """Disconnect all of them."""
        await asyncio.gather(*(device.stop() for device in self.devices))

    @property
    def connected(self) -> int:
        """The number of connected devices."""
        return sum(device.is_up for device in self.devices)

    def _make_device(self, identity: Identity) -> Device:
        settings = self._settings
        has_sensor = settings.sensorrate_seconds > 0
        options = BoardOptions(
            sensorrate_seconds=settings.sensorrate_seconds if has_sensor else 60,
            readings_per_message=settings.readings_per_message,
            asks_configuration=settings.asks_configuration,
            configuration={"1wire": [THERMOMETER]} if has_sensor else None,
        )
        endpoint = Endpoint(
            settings.host, settings.port, settings.ca, identity.certificate, identity.key, identity.deviceid
        )
        board = Board(options, Random(self._random.random()))  # noqa: S311
        return Device(identity.deviceid, board, self._tally, link_maker(settings.mqtt, endpoint, self._bootstrap))

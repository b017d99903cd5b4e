"""Run one simulated device until SIGINT or SIGTERM."""

import asyncio
import signal
import sys
from argparse import Namespace
from random import Random

from simulators.devices.python import command_line
from simulators.devices.python.board import Board
from simulators.devices.python.console import Console
from simulators.devices.python.device import Device
from simulators.devices.python.links import Endpoint, LinkError
from simulators.devices.python.links.choice import link_maker
from simulators.devices.python.links.tls import diagnose
from simulators.devices.python.standard_input import read_lines

SLOW_START_SECONDS = 3


async def run(options: Namespace) -> None:
    """Run a device until a stop signal; raise LinkError for invalid certificates."""
    stopping = asyncio.Event()
    for signal_number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(signal_number, stopping.set)
    endpoint = command_line.endpoint(options)
    console = Console(options.log_level)
    device = Device(
        options.device_id,
        Board(command_line.board_options(options), Random(options.seed)),  # noqa: S311
        console,
        link_maker(options.mqtt, endpoint),
        command_line.faults(options),
        command_line.qualities(options),
        command_line.firmware(options),
    )
    console.say(f"connecting to {endpoint.host}:{endpoint.port} with MQTT {options.mqtt}; Ctrl-C stops")
    device.start()
    read_lines(device.type_line)
    explaining = asyncio.create_task(_explain_slow_start(device, endpoint, console))
    await stopping.wait()
    explaining.cancel()
    await device.stop()


async def _explain_slow_start(device: Device, endpoint: Endpoint, console: Console) -> None:
    await asyncio.sleep(SLOW_START_SECONDS)
    if not device.is_up and (problem := await asyncio.to_thread(diagnose, endpoint)) is not None:
        console.problem(problem)


def main() -> int:
    """Run the command line; return 0 after a clean stop, 2 if it could not start."""
    options = command_line.parse()
    try:
        asyncio.run(run(options))
    except LinkError as unusable:
        print(f"error: {unusable}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Run a fleet until Ctrl-C, SIGTERM or the end of its duration."""

import asyncio
import json
import signal
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from random import Random
from time import monotonic

from rich.console import Console
from rich.live import Live

from simulators.cloud.rest import RestApi
from simulators.devices.fleet import screen
from simulators.devices.fleet.callers import call_devices
from simulators.devices.fleet.command_line import Settings, parse
from simulators.devices.fleet.fleet import Fleet
from simulators.devices.fleet.identities import Identity, make_identities
from simulators.devices.fleet.registration import Api, Registrar, RegistrationFailed
from simulators.devices.fleet.tally import Tally
from simulators.devices.python.links import LinkError

LOG_SECONDS = 5.0
"""Seconds between two lines if there is no terminal for a live table."""


class NotPossible(Exception):
    """The fleet cannot be started; the message has the reason."""


def main() -> int:
    """Run the command line; return 0 after a clean end, 2 if it could not start."""
    settings = parse()
    console = Console()
    identities = make_identities(settings.prefix, settings.count, settings.folder)
    try:
        api = _sign_in(settings)
        if settings.removes:
            gone = Registrar(_needed(api), settings.registrars).remove_devices(identities)
            screen.with_progress(console, "removing devices", gone, identities)
            return 0
        began, missing = monotonic(), [identity for identity in identities if not identity.is_enrolled]
        if missing:
            made = Registrar(_needed(api), settings.registrars).register_devices(missing)
            screen.with_progress(console, "registering devices", made, missing)
        registered = {"registered": len(missing), "registration_seconds": round(monotonic() - began, 1)}
        asyncio.run(_run(settings, identities, api, console, registered))
    except (LinkError, NotPossible, OSError, RegistrationFailed) as reason:
        print(f"error: {reason}", file=sys.stderr)
        return 2
    return 0


async def _run(
    settings: Settings,
    identities: Sequence[Identity],
    api: Api | None,
    console: Console,
    registered: Mapping[str, object],
) -> None:
    stopping = asyncio.Event()
    for signal_number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(signal_number, stopping.set)
    tally = Tally()
    fleet = Fleet(settings, identities, tally)
    tasks = [
        asyncio.create_task(_work(settings, fleet, identities, api, tally)),
        asyncio.create_task(_show(fleet, settings.count, tally, console)),
    ]
    for task in tasks:
        task.add_done_callback(lambda task: stopping.set() if not task.cancelled() and task.exception() else None)
    with suppress(TimeoutError):
        await asyncio.wait_for(stopping.wait(), settings.duration_seconds)
    figures = {"devices": settings.count, **registered, "connected": fleet.connected, **tally.figures()}
    for task in tasks:
        task.cancel()
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    await fleet.stop()
    for outcome in outcomes:
        if isinstance(outcome, Exception):
            raise outcome
    if settings.report is not None:
        settings.report.write_text(json.dumps(figures, indent=2) + "\n")


async def _work(
    settings: Settings, fleet: Fleet, identities: Sequence[Identity], api: Api | None, tally: Tally
) -> None:
    """Start all devices, and then the callers."""
    await fleet.start()
    if settings.callers:
        names = [identity.devicename for identity in identities]
        await call_devices(_needed(api), names, settings.callers, tally, Random(settings.seed))  # noqa: S311


async def _show(fleet: Fleet, count: int, tally: Tally, console: Console) -> None:
    loop = asyncio.get_running_loop()
    began = loop.time()
    if not console.is_terminal:
        while True:
            await asyncio.sleep(LOG_SECONDS)
            print(screen.line(tally, fleet.connected, count, loop.time() - began), flush=True)
    with Live(console=console, auto_refresh=False) as live:
        while True:
            live.update(screen.table(tally, fleet.connected, count, loop.time() - began), refresh=True)
            await asyncio.sleep(1)


def _sign_in(settings: Settings) -> RestApi | None:
    if settings.api_url is None:
        return None
    api = RestApi(settings.api_url)
    if not api.sign_in(settings.username, settings.password):
        raise NotPossible(f"{settings.api_url} does not let {settings.username} in")
    return api


def _needed(api: RestApi | Api | None) -> Api:
    if api is None:
        raise NotPossible("there are devices to register or to call, and no --api-url")
    return api


if __name__ == "__main__":
    sys.exit(main())

"""Callers that request the status of a fleet's devices through the REST API, one after the other."""

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from random import Random
from time import perf_counter
from urllib.parse import quote

from simulators.devices.fleet.registration import Api
from simulators.devices.fleet.tally import Tally

PAUSE_AFTER_REFUSAL_SECONDS = 1.0
NO_ANSWER = 0
"""The counted status if the API could not be reached."""


async def call_devices(api: Api, devicenames: Sequence[str], callers: int, tally: Tally, random: Random) -> None:
    """Run a number of callers that request randomly chosen devices, until cancelled."""
    loop = asyncio.get_running_loop()
    with ThreadPoolExecutor(callers) as pool:

        async def ask_for_ever() -> None:
            while True:
                devicename = random.choice(devicenames)
                began = perf_counter()
                status, message = await loop.run_in_executor(pool, _ask, api, devicename)
                tally.answered(status, perf_counter() - began, message)
                if status in (NO_ANSWER, 401, 429):
                    await asyncio.sleep(PAUSE_AFTER_REFUSAL_SECONDS)

        await asyncio.gather(*(ask_for_ever() for _ in range(callers)))


def _ask(api: Api, devicename: str) -> tuple[int, str]:
    try:
        status, answer = api.call("GET", f"/devices/device/{quote(devicename, safe='')}/status")
    except OSError as unreachable:
        return NO_ANSWER, str(unreachable)
    return status, str(answer.get("message", ""))

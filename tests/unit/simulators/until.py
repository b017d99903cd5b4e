"""Waits for conditions in an asyncio loop."""

import asyncio
from collections.abc import Callable
from time import monotonic

PATIENCE_SECONDS = 60.0


async def until(is_so: Callable[[], bool]) -> None:
    """Let others run until it is so."""
    deadline = monotonic() + PATIENCE_SECONDS
    while not is_so():
        assert monotonic() < deadline, "it did not come about"
        await asyncio.sleep(0.001)

"""Waiting for awscrt in an asyncio loop."""

import asyncio
from concurrent.futures import Future
from contextlib import suppress
from typing import TypeVar

Result = TypeVar("Result")


async def outcome(future: "Future[Result]") -> Result:
    """Wait for a future of awscrt's and return its result, or raise its exception.

    A cancelled waiter does not cancel the future: awscrt completes it later, and fails if it was cancelled,
    as `asyncio.wrap_future` would do.
    """
    loop = asyncio.get_running_loop()
    completed: asyncio.Future[None] = loop.create_future()

    def tell() -> None:
        if not completed.done():
            completed.set_result(None)

    def tell_loop(_: "Future[Result]") -> None:
        with suppress(RuntimeError):  # the loop is closed, so there is no waiter
            loop.call_soon_threadsafe(tell)

    future.add_done_callback(tell_loop)
    await completed
    return future.result()

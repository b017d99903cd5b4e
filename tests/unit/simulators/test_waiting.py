"""Waiting for futures that another thread completes."""

import asyncio
import threading
from concurrent.futures import Future

import pytest

from simulators.devices.python.links.waiting import outcome


def test_result_of_another_thread_arrives() -> None:
    future: Future[str] = Future()

    async def scenario() -> str:
        threading.Timer(0.02, future.set_result, ["done"]).start()
        return await outcome(future)

    assert asyncio.run(scenario()) == "done"


def test_exception_of_another_thread_is_raised() -> None:
    future: Future[str] = Future()

    async def scenario() -> str:
        threading.Timer(0.02, future.set_exception, [ConnectionError("cut")]).start()
        return await outcome(future)

    with pytest.raises(ConnectionError, match="cut"):
        asyncio.run(scenario())


def test_future_that_nobody_waits_for_any_more_can_still_be_completed() -> None:
    future: Future[str] = Future()

    async def scenario() -> None:
        waiting = asyncio.create_task(outcome(future))
        await asyncio.sleep(0)  # The task runs up to where it waits.
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        assert waiting.cancelled()

    asyncio.run(scenario())
    assert not future.cancelled()
    future.set_result("late, and after the loop was closed")

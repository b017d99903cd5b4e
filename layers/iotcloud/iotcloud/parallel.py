"""Runs independent requests concurrently."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from concurrent.futures import Future, ThreadPoolExecutor

MAX_THREADS = 8
"""Requests under way beside the caller's own. The client of the tables keeps ten connections (iotcloud.dynamodb)."""

Result = TypeVar("Result")


def run_together(requests: Sequence[Callable[[], Result]]) -> list[Result]:
    """Run all requests and return their results in order. Raise the first exception in that order.

    All have ended when this returns or raises: Lambda may freeze the environment right after.
    """
    if len(requests) < 2:
        return [request() for request in requests]
    others = [_threads().submit(request) for request in requests[1:]]
    try:
        first = requests[0]()
    finally:
        for other in others:
            other.exception()
    return [first, *(other.result() for other in others)]


class Background:
    """Requests whose outcome no answer waits for, begun on other threads. They end before the invocation does."""

    def __init__(self) -> None:
        self._begun: list[Future[object]] = []

    def begin(self, request: Callable[[], object]) -> None:
        """Begin a request on another thread."""
        self._begun.append(_threads().submit(request))

    def finish(self) -> list[BaseException]:
        """Wait until every request has ended, and return what they raised."""
        begun, self._begun = self._begun, []
        raised = [one.exception() for one in begun]
        return [one for one in raised if one is not None]


background = Background()
"""Of this execution environment; an entrypoint that may begin requests finishes them before it returns."""


@lru_cache(maxsize=1)
def _threads() -> "ThreadPoolExecutor":
    from concurrent.futures import ThreadPoolExecutor

    return ThreadPoolExecutor(MAX_THREADS, thread_name_prefix="request")

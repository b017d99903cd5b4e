"""Runs independent requests concurrently."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

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


@lru_cache(maxsize=1)
def _threads() -> "ThreadPoolExecutor":
    from concurrent.futures import ThreadPoolExecutor

    return ThreadPoolExecutor(MAX_THREADS, thread_name_prefix="request")

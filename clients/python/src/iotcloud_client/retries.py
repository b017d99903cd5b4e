"""Calls that are made again: those told to come later, and readings that a server failed to answer."""

import time
from collections.abc import Callable

import httpx

MAX_ATTEMPTS = 3
MAX_WAIT_SECONDS = 60.0
BACKOFF_SECONDS = 0.5
REFUSED_BEFORE_ANYTHING = 429
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
FAILURES_OF_SERVERS = frozenset({500, 502, 504})
"""Not 503: it means that a device did not answer, and waiting for it takes seconds."""


class RetryingTransport(httpx.BaseTransport):
    """Waits as `Retry-After` says after a 429, which nothing was done for, whatever the method.

    A GET that fails on the way or at the server is repeated up to two times, with backoff. A POST is not: it may have
    been done.
    """

    def __init__(self, wrapped: httpx.BaseTransport, sleep: Callable[[float], None] = time.sleep) -> None:
        self._wrapped = wrapped
        self._sleep = sleep

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        for attempt in range(1, MAX_ATTEMPTS):
            wait = BACKOFF_SECONDS * 2 ** (attempt - 1)
            try:
                response = self._wrapped.handle_request(request)
            except httpx.TransportError:
                if request.method not in SAFE_METHODS:
                    raise
            else:
                if response.status_code == REFUSED_BEFORE_ANYTHING:
                    wait = _seconds(response, wait)
                elif request.method not in SAFE_METHODS or response.status_code not in FAILURES_OF_SERVERS:
                    return response
                response.close()
            self._sleep(min(wait, MAX_WAIT_SECONDS))
        return self._wrapped.handle_request(request)

    def close(self) -> None:
        self._wrapped.close()


def _seconds(response: httpx.Response, otherwise: float) -> float:
    text = response.headers.get("Retry-After", "")
    return float(text) if text.isascii() and text.isdigit() else otherwise

"""Waiting for what happens behind a queue."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

PATIENCE_SECONDS = 30.0
"""How long anything may take that should take a second, on a machine that is busy."""


def eventually(look: Callable[[], T], is_it: Callable[[T], bool], patience: float = PATIENCE_SECONDS) -> T:
    """Look until it is so, and return what was seen then."""
    deadline = time.monotonic() + patience
    seen = look()
    while not is_it(seen):
        assert time.monotonic() < deadline, f"not within {patience} s, but: {seen}"
        time.sleep(0.1)
        seen = look()
    return seen

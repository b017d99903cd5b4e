"""Waiting for what happens behind a queue."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

PATIENCE_SECONDS = 120.0
"""How long anything may take that should take a second: long enough for a machine that has much else to do. Who waits
goes on as soon as it is so, and only a test that fails takes so long."""


def eventually(look: Callable[[], T], is_it: Callable[[T], bool], patience: float = PATIENCE_SECONDS) -> T:
    """Look until it is so, and return what was seen then."""
    deadline = time.monotonic() + patience
    seen = look()
    while not is_it(seen):
        assert time.monotonic() < deadline, f"not within {patience} s, but: {seen}"
        time.sleep(0.1)
        seen = look()
    return seen


def quickest(act: Callable[[], T], attempts: int = 5) -> tuple[float, T]:
    """Act several times; return the least seconds that one took, and its result.

    What waits always, waits each time. What is only held up by a busy machine is quick at least once.
    """
    taken = []
    for number in range(attempts):
        began = time.monotonic()
        result = act()
        taken.append((time.monotonic() - began, number, result))
    seconds, _, result = min(taken)
    return seconds, result

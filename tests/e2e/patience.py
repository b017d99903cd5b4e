"""Waits for conditions that a queue's consumer causes."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

PATIENCE_SECONDS = 120.0
"""Deadline for events that should take a second: long enough for a busy machine. A wait ends as soon as the condition
holds, so only a failing test takes this long."""


def eventually(look: Callable[[], T], is_it: Callable[[T], bool], patience: float = PATIENCE_SECONDS) -> T:
    """Poll until the condition holds, and return its value."""
    deadline = time.monotonic() + patience
    seen = look()
    while not is_it(seen):
        assert time.monotonic() < deadline, f"not within {patience} s, but: {seen}"
        time.sleep(0.1)
        seen = look()
    return seen


def quickest(act: Callable[[], T], attempts: int = 5) -> tuple[float, T]:
    """Run an action several times; return the seconds and the result of the quickest run.

    Code that waits is slow each time. Code that only a busy machine delays is quick at least once.
    """
    taken = []
    for number in range(attempts):
        began = time.monotonic()
        result = act()
        taken.append((time.monotonic() - began, number, result))
    seconds, _, result = min(taken)
    return seconds, result

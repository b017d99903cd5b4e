"""Notices while their carrier fails and functions are killed: each reaches a final state, none is sent twice.

`make bench` does the same with ten thousand.
"""

from tests.bench.notices import undergo
from tests.bench.people import Bench
from tests.e2e.people import Stack

NOTICES = 100


def test_every_notice_comes_to_its_end_and_none_is_taken_twice(stack: Stack) -> None:
    with Bench(stack, calls=0, seconds=0) as bench:
        ordeal = undergo(bench, NOTICES)

    assert ordeal.states.total() == NOTICES
    assert (ordeal.not_final, ordeal.sent_twice, ordeal.never_taken) == (0, 0, 0)
    assert ordeal.killed > 0, "nobody was killed, so nothing was shown"
    assert ordeal.states["sent"] > NOTICES / 4

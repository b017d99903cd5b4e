"""Readings with many faults: none is lost, none is stored or reported twice, extremes and transitions are right.

`make bench` does the same with a million.
"""

import os

import pytest

from tests.unit.readings.state.flood import Flood

READINGS = int(os.environ.get("IOTCLOUD_FLOOD", "4000"))
"""How many there are in all; `make test` takes twenty thousand."""
PARTS = 4


@pytest.mark.parametrize("seed", range(PARTS))
def test_a_flood_of_readings_is_kept_once_and_told_as_plain_readers_tell_it(seed: int) -> None:
    tally = Flood(seed, READINGS // PARTS).go()

    assert tally.differences == []
    assert (tally.lost, tally.doubled) == (0, 0)
    faults = (tally.killed, tally.throttled, tally.partly_failed, tally.deliveries - tally.readings)
    assert all(faults), "nothing went wrong, so nothing was shown"

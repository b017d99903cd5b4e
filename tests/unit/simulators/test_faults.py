"""Faults on request: their shares, and that the same seed gives the same ones."""

from random import Random

from simulators.devices.python.faults import Faults


def test_faults_come_in_their_shares() -> None:
    faults = Faults(drop=0.05, duplicate=0.05, delay=0.05, delay_seconds=2.0, random=Random(1))
    deliveries = [faults.deliveries() for _ in range(20_000)]
    assert 900 <= deliveries.count([]) <= 1100
    assert 850 <= sum(len(one) == 2 for one in deliveries) <= 1050
    assert 850 <= sum(2.0 in one for one in deliveries) <= 1050


def test_same_seed_gives_the_same_faults() -> None:
    one, other = (Faults(0.3, 0.3, 0.3, 1.0, Random(5)) for _ in range(2))
    assert [one.deliveries() for _ in range(50)] == [other.deliveries() for _ in range(50)]

"""Replies that are lost, doubled or late, on purpose: for tests of a server that must bear them."""

from dataclasses import dataclass, field
from random import Random


@dataclass
class Faults:
    """Decide for each reply what happens to it. Probabilities are from 0 to 1 and independent of each other."""

    drop: float = 0.0
    duplicate: float = 0.0
    delay: float = 0.0
    delay_seconds: float = 0.0
    random: Random = field(default_factory=Random)

    def deliveries(self) -> list[float]:
        """Tell after how many seconds each copy of the next reply goes out; empty when it is lost."""
        is_dropped, is_doubled, is_delayed = (self.random.random() < p for p in (self.drop, self.duplicate, self.delay))
        if is_dropped:
            return []
        return [self.delay_seconds if is_delayed else 0.0] * (2 if is_doubled else 1)

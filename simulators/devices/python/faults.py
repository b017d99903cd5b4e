"""Lost, duplicated and late replies, to test how a server handles them."""

from dataclasses import dataclass, field
from random import Random


@dataclass
class Faults:
    """Decides the fault of each reply. Probabilities are from 0 to 1 and independent of each other."""

    drop: float = 0.0
    duplicate: float = 0.0
    delay: float = 0.0
    delay_seconds: float = 0.0
    random: Random = field(default_factory=Random)

    def deliveries(self) -> list[float]:
        """Return the delay in seconds of each copy of the next reply; empty if it is lost."""
        is_dropped, is_doubled, is_delayed = (self.random.random() < p for p in (self.drop, self.duplicate, self.delay))
        if is_dropped:
            return []
        return [self.delay_seconds if is_delayed else 0.0] * (2 if is_doubled else 1)

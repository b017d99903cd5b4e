"""Confines a failure to its record or device, because all accounts share the batches of a queue."""

import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

GIVE_UP_SECONDS = 5.0
"""How long parts are tried after a failure. A bad record fails at once; when it takes longer, a dependency is down."""

Record = TypeVar("Record")
Outcome = TypeVar("Outcome")


@dataclass
class Failures:
    """The deliveries of a batch that failed."""

    ids: list[str] = field(default_factory=list)
    """The records to redeliver."""
    reasons: Counter[str] = field(default_factory=Counter)

    def add(self, delivery_ids: Iterable[str], failed: Exception) -> None:
        """Note the deliveries with which something failed."""
        found = list(delivery_ids)
        self.ids += found
        self.reasons[reason_of(failed)] += len(found)

    @contextmanager
    def confined(self, delivery_ids: Iterable[str]) -> Iterator[None]:
        """Note any exception as the failure of these deliveries, and go on."""
        try:
            yield
        except Exception as failed:  # noqa: BLE001 whatever it is, it must not fail the records of other accounts
            self.add(delivery_ids, failed)


def confine(
    records: Sequence[Record],
    work: Callable[[Sequence[Record]], Outcome],
    ids_of: Callable[[Record], Iterable[str]],
    failures: Failures,
    now: Callable[[], float] = time.monotonic,
) -> list[Outcome]:
    """Work on all records at once; where that fails, on each half, until the records that fail stand alone.

    `work` must be idempotent, as each redelivery demands already.
    """
    outcomes: list[Outcome] = []
    waiting, deadline = [records] if records else [], now() + GIVE_UP_SECONDS
    while waiting:
        part = waiting.pop(0)
        try:
            outcomes.append(work(part))
        except Exception as failed:  # noqa: BLE001 whatever it is, it must not fail the records of other accounts
            if len(part) == 1 or now() >= deadline:
                failures.add((delivery_id for record in part for delivery_id in ids_of(record)), failed)
            else:
                middle = len(part) // 2
                waiting[:0] = [part[:middle], part[middle:]]
    return outcomes


def reason_of(failed: Exception) -> str:
    """Name an exception by its type and its line. Its text may quote a payload, which no log may hold."""
    frames = traceback.extract_tb(failed.__traceback__)
    ours = [frame for frame in frames if "iotcloud" in Path(frame.filename).parts and __file__ != frame.filename]
    place = f" at {Path(ours[-1].filename).name}:{ours[-1].lineno}" if ours else ""
    return f"{type(failed).__name__}{place}"

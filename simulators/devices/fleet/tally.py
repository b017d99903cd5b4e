"""The figures of a fleet: counts since the start, and rates and durations of the last seconds."""

from collections import Counter, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from math import ceil
from time import monotonic

WINDOW_SECONDS = 10.0
"""Seconds covered by rates and durations."""
NEWEST = 10_000
"""Number of durations in the report."""


@dataclass
class Stream:
    """Events of one kind: their number, rate and durations."""

    clock: Callable[[], float] = monotonic
    total: int = 0
    longest_seconds: float = 0.0
    newest: deque[float] = field(default_factory=lambda: deque(maxlen=NEWEST))
    """The newest durations, of any age."""
    _recent: deque[tuple[float, float]] = field(default_factory=deque)

    def add(self, seconds: float = 0.0) -> None:
        """Count one event with its duration."""
        self.total += 1
        self.longest_seconds = max(self.longest_seconds, seconds)
        self.newest.append(seconds)
        self._recent.append((self.clock(), seconds))
        self._forget()

    @property
    def rate(self) -> float:
        """Events per second in the window."""
        self._forget()
        return len(self._recent) / WINDOW_SECONDS

    def percentiles(self, *shares: float) -> list[float | None]:
        """Percentiles of the durations in the window; None without durations."""
        self._forget()
        return percentiles((seconds for _, seconds in self._recent), *shares)

    def _forget(self) -> None:
        begin = self.clock() - WINDOW_SECONDS
        while self._recent and self._recent[0][0] < begin:
            self._recent.popleft()


def percentiles(durations: Iterable[float], *shares: float) -> list[float | None]:
    """The nearest-rank percentiles of durations."""
    ordered = sorted(durations)
    return [ordered[max(0, ceil(share * len(ordered)) - 1)] if ordered else None for share in shares]


class Tally:
    """The listener of all devices of a fleet."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock, self._began = clock, clock()
        self.messages_in = Stream(clock)
        self.messages_out = Stream(clock)
        self.acknowledgements = Stream(clock)
        self.calls = Stream(clock)
        self.connects = 0
        self.last_connect_seconds = 0.0
        """Seconds from the start to the newest connection; if none was lost, the time to connect all."""
        self.problems: Counter[str] = Counter()
        """By kind: connection lost, connection refused, message not sent, REST status, other."""
        self.last_problem = ""

    def connected(self, _deviceid: str) -> None:
        self.connects += 1
        self.last_connect_seconds = self._clock() - self._began

    def lost(self, reason: str) -> None:
        self._count("connection lost", reason)

    def refused(self, reason: str) -> None:
        self._count("connection refused", reason)

    def received(self, _api: str, _payload: bytes) -> None:
        self.messages_in.add()

    def sent(self, _api: str, _payload: bytes) -> None:
        self.messages_out.add()

    def acknowledged(self, _topic: str, seconds: float) -> None:
        self.acknowledgements.add(seconds)

    def not_sent(self, topic: str, reason: str) -> None:
        self._count("message not sent", f"{topic}: {reason}")

    def say(self, _text: str) -> None:
        """Ignore messages: a fleet has too many to print."""

    def problem(self, text: str) -> None:
        self._count("other", text)

    def answered(self, status: int, seconds: float, message: str = "") -> None:
        """Count a call of the REST API; the message is that of the response."""
        self.calls.add(seconds)
        if status != 200:
            self._count(f"REST {status}", message)

    def figures(self) -> dict[str, object]:
        """All figures for a report: rates of the last seconds, the newest durations in ms."""

        def ms(stream: Stream) -> dict[str, float | None]:
            shares = dict(zip(("p50", "p95", "p99"), percentiles(stream.newest, 0.50, 0.95, 0.99), strict=True))
            return {name: None if value is None else round(value * 1000, 2) for name, value in shares.items()}

        return {
            "connects": self.connects,
            "last_connect_seconds": round(self.last_connect_seconds, 1),
            "messages_in": self.messages_in.total,
            "messages_in_per_second": self.messages_in.rate,
            "messages_out": self.messages_out.total,
            "messages_out_per_second": self.messages_out.rate,
            "acknowledged": self.acknowledgements.total,
            "acknowledged_ms": ms(self.acknowledgements),
            "calls": self.calls.total,
            "calls_per_second": self.calls.rate,
            "call_ms": ms(self.calls),
            "problems": dict(self.problems),
        }

    def _count(self, kind: str, detail: str) -> None:
        self.problems[kind] += 1
        self.last_problem = f"{kind}: {detail}" if detail else kind

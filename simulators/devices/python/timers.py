"""Named one-shot timers of a board. The caller provides the time; nothing here waits or reads a clock."""

from collections.abc import Callable


class Timers:
    """At most one timer per name; setting a name again replaces it."""

    def __init__(self) -> None:
        self._pending: dict[str, tuple[float, Callable[[], None]]] = {}

    def set(self, name: str, due: float, action: Callable[[], None]) -> None:
        """Call `action` at `due` (seconds on the board's clock)."""
        self._pending[name] = (due, action)

    def cancel(self, name: str) -> None:
        """Delete the timer, if it is set."""
        self._pending.pop(name, None)

    def cancel_all(self) -> None:
        """Delete every timer."""
        self._pending.clear()

    @property
    def next_due(self) -> float | None:
        """The earliest due time; None without timers."""
        return min((due for due, _ in self._pending.values()), default=None)

    def take_due(self, now: float) -> Callable[[], None] | None:
        """Remove and return the action with the earliest due time; None if none is due."""
        name = min(self._pending, key=lambda name: self._pending[name][0], default=None)
        if name is None or self._pending[name][0] > now:
            return None
        return self._pending.pop(name)[1]

"""Named one-shot timers of a board, driven from outside: nothing here waits or asks for the time."""

from collections.abc import Callable


class Timers:
    """Keep at most one instant a name; setting a name again replaces it."""

    def __init__(self) -> None:
        self._pending: dict[str, tuple[float, Callable[[], None]]] = {}

    def set(self, name: str, due: float, action: Callable[[], None]) -> None:
        """Call `action` once `due` (seconds on the board's clock) has come."""
        self._pending[name] = (due, action)

    def cancel(self, name: str) -> None:
        """Forget the timer, if it is set."""
        self._pending.pop(name, None)

    def cancel_all(self) -> None:
        """Forget every timer."""
        self._pending.clear()

    @property
    def next_due(self) -> float | None:
        """The earliest instant of all; None when nothing is set."""
        return min((due for due, _ in self._pending.values()), default=None)

    def take_due(self, now: float) -> Callable[[], None] | None:
        """Remove and return the action that has been due the longest; None when none is due."""
        name = min(self._pending, key=lambda name: self._pending[name][0], default=None)
        if name is None or self._pending[name][0] > now:
            return None
        return self._pending.pop(name)[1]

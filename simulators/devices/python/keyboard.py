"""What a person types while a device runs: its serial port, and the simulated world around it."""

from collections.abc import Callable
from dataclasses import dataclass

from simulators.devices.python.board import Board
from simulators.devices.python.effects import Effect
from simulators.devices.python.gpio import HIGH, LOW, PINS
from simulators.devices.python.models import Number

LEVELS = {"low": LOW, "high": HIGH}


class NotUnderstood(ValueError):
    """A line is neither of the device nor of its world; the text tells how it should be."""


@dataclass(frozen=True)
class Keyboard:
    """Give each line to what it is about."""

    board: Board

    def type_line(self, line: str, now: float) -> list[Effect]:
        """Act on `gpio NUMBER high|low` and `value SENSOR NUMBER|free`; all else goes to the serial port.

        Raise NotUnderstood for a line of the world that is not complete.
        """
        words = line.split()
        world: dict[str, Callable[[list[str], float], list[Effect]]] = {"gpio": self._put_pin, "value": self._put_value}
        if words and (act := world.get(words[0])) is not None:
            return act(words[1:], now)
        return self.board.type_line(line, now) if words else []

    def _put_pin(self, words: list[str], now: float) -> list[Effect]:
        match words:
            case [number, level] if number in _PIN_NUMBERS and level in LEVELS:
                return self.board.put_pin(int(number), LEVELS[level], now)
        raise NotUnderstood(f"gpio 1 to {PINS} high or low, e.g. gpio 2 high")

    def _put_value(self, words: list[str], now: float) -> list[Effect]:
        match words:
            case [sensor, "free"]:
                return self.board.put_value(sensor, None, now)
            case [sensor, number] if (value := _number(number)) is not None:
                return self.board.put_value(sensor, value, now)
        raise NotUnderstood("value SENSOR NUMBER or value SENSOR free, e.g. value i2c1@40 131")


_PIN_NUMBERS = [str(number) for number in range(1, PINS + 1)]


def _number(text: str) -> Number | None:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return None

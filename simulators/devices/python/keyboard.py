"""Typed input of a running device: its serial port and its simulated surroundings."""

from collections.abc import Callable
from dataclasses import dataclass

from simulators.devices.python.board import Board
from simulators.devices.python.effects import Effect
from simulators.devices.python.gpio import HIGH, LOW, PINS
from simulators.devices.python.models import Number

LEVELS = {"low": LOW, "high": HIGH}


class NotUnderstood(ValueError):
    """An invalid line; the message has the expected form."""


@dataclass(frozen=True)
class Keyboard:
    """Passes each line to the serial port or the simulated surroundings."""

    board: Board

    def type_line(self, line: str, now: float) -> list[Effect]:
        """Handle `gpio NUMBER high|low` and `value SENSOR NUMBER|free`; other lines go to the serial port.

        Raise NotUnderstood for an incomplete line of these two forms.
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

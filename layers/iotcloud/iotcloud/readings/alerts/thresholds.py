"""Thresholds: when a reading is active, and the alert texts (device protocol 5). No I/O.

| zone     | active                    | inactive again                                        |
|----------|---------------------------|-------------------------------------------------------|
| above    | value > high              | value <= high - hysteresis                            |
| outside  | value < low or > high     | low + hysteresis <= value <= high - hysteresis        |
| within   | low <= value <= high      | value < low - hysteresis or value > high + hysteresis |

Between the two, a reading keeps the state of the one before it. Without hysteresis there is no such band.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Self

from iotcloud.readings.model import Number, is_number

MAX_PERIOD_MS = 2**31 - 1
"""The longest interval between two notices: the range of devices' counters and of the API."""


class Mode:
    """The `mode` of an input's properties (contract 3.7)."""

    SINGLE = 0
    DUAL = 1
    CONTINUOUS = 2


class Zone(StrEnum):
    """The zone of active readings."""

    ABOVE = "above"
    OUTSIDE = "outside"
    WITHIN = "within"


@dataclass(frozen=True)
class Threshold:
    """The threshold of one sensor class, with its repeat interval."""

    zone: Zone
    low: Number
    high: Number
    hysteresis: Number = 0
    repeat_ms: int | None = None
    """The repeat interval of alerts for active readings. None: one alert per activation."""

    @classmethod
    def from_attributes(cls, attributes: Mapping[str, Any]) -> Self | None:
        """Parse an input's properties. None without a valid threshold."""
        threshold, alert, mode = attributes.get("threshold"), attributes.get("alert"), attributes.get("mode")
        if not isinstance(threshold, Mapping) or mode not in (Mode.SINGLE, Mode.DUAL):
            return None
        alert = alert if isinstance(alert, Mapping) else {}
        limits = [threshold.get(name, default) for name, default in (("value", 0), ("min", 0), ("max", 100))]
        hysteresis, period = threshold.get("hysteresis", 0), alert.get("period", 60000)
        if not all(is_number(one) for one in (*limits, hysteresis, period)) or hysteresis < 0:
            return None
        if not 0 <= period <= MAX_PERIOD_MS:
            return None
        value, low, high = limits
        repeat_ms = int(period) if alert.get("type") == 1 else None
        if mode == Mode.SINGLE:
            return cls(Zone.ABOVE, value, value, hysteresis, repeat_ms)
        if low > high:
            return None
        zone = Zone.WITHIN if threshold.get("activate") == 1 else Zone.OUTSIDE
        return cls(zone, low, high, hysteresis, repeat_ms)

    def is_active(self, value: Number, *, was_active: bool) -> bool:
        """Evaluate a reading, given the state of the one before it."""
        if self.zone is Zone.ABOVE:
            return value > (self.high - self.hysteresis if was_active else self.high)
        if self.zone is Zone.WITHIN:
            margin = self.hysteresis if was_active else 0
            return self.low - margin <= value <= self.high + margin
        margin = min(self.hysteresis, (self.high - self.low) / 2) if was_active else 0
        return not self.low + margin <= value <= self.high - margin

    def describe(self, name: str, value: Number, *, is_activation: bool) -> str:
        """Format the alert for people: `temperature 31.2 > 30 (activation)`."""
        if self.zone is Zone.ABOVE:
            relation = f"{value} > {self.high}" if is_activation else f"{value} <= {self.high}"
        elif value < self.low:
            relation = f"{value} < {self.low}"
        elif value > self.high:
            relation = f"{value} > {self.high}"
        else:
            relation = f"{self.low} <= {value} <= {self.high}"
        return f"{name} {relation} ({'activation' if is_activation else 'deactivation'})"

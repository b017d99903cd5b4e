"""The simple model of thresholds and inactivity: one reader that sees every reading once and in order.

It follows the device protocol alone and shares nothing with iotcloud.readings, so that a difference between
the two is a fault of one.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class PlainThreshold:
    """A threshold in the protocol's own numbers."""

    mode: int
    value: float = 0
    minimum: float = 0
    maximum: float = 100
    activate: int = 0
    hysteresis: float = 0
    alert_type: int = 0
    period_ms: int = 60000

    def properties(self) -> dict[str, object]:
        """The same as the properties of an input."""
        return {
            "mode": self.mode,
            "threshold": {
                "value": self.value,
                "min": self.minimum,
                "max": self.maximum,
                "activate": self.activate,
                "hysteresis": self.hysteresis,
            },
            "alert": {"type": self.alert_type, "period": self.period_ms},
        }


@dataclass(frozen=True)
class Told:
    """One trigger."""

    at_ms: int
    is_activation: bool


def run(threshold: PlainThreshold, readings: list[tuple[int, float]]) -> tuple[list[Told], list[Told], bool]:
    """Go through (time, value) in order; return all triggers, those that are turns, and the state at the end."""
    triggers: list[Told] = []
    transitions: list[Told] = []
    active = False
    last_alert_ms = 0
    for at_ms, value in readings:
        if _state(threshold, value, active):
            if not active:
                triggers.append(Told(at_ms, True))
                transitions.append(Told(at_ms, True))
                last_alert_ms = at_ms
            elif threshold.alert_type == 1 and at_ms - last_alert_ms >= threshold.period_ms:
                triggers.append(Told(at_ms, True))
                last_alert_ms = at_ms
            active = True
        else:
            if active:
                triggers.append(Told(at_ms, False))
                transitions.append(Told(at_ms, False))
            active = False
    return triggers, transitions, active


def _state(threshold: PlainThreshold, value: float, active: bool) -> bool:
    h = threshold.hysteresis
    if threshold.mode == 0:
        if value > threshold.value:
            return True
        return active and value > threshold.value - h
    inside = threshold.minimum <= value <= threshold.maximum
    if threshold.activate == 1:
        if inside:
            return True
        return active and threshold.minimum - h <= value <= threshold.maximum + h
    if not inside:
        return True
    h = min(h, (threshold.maximum - threshold.minimum) / 2)
    clearly_inside = threshold.minimum + h <= value <= threshold.maximum - h
    return active and not clearly_inside


def run_silence(period_ms: int, since_ms: int, readings: list[int], until_ms: int) -> tuple[list[Told], bool]:
    """Process the times of readings; return the inactivity alerts, and whether the sensor is inactive at the end."""
    triggers: list[Told] = []
    last = since_ms
    for at_ms in readings:
        if at_ms - last > period_ms:
            triggers += [Told(last + period_ms, True), Told(at_ms, False)]
        last = at_ms
    is_inactive = until_ms - last > period_ms
    return [*triggers, *([Told(last + period_ms, True)] if is_inactive else [])], is_inactive

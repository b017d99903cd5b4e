"""The four GPIO pins: monitored inputs and driven outputs."""

from collections.abc import Callable, Mapping
from enum import IntEnum

from simulators.devices.python.core import Core, Handler, value
from simulators.devices.python.effects import Publish
from simulators.devices.python.payloads import UNLIMITED, MalformedRequest, Payload, entries, integer, members

PINS = 4
LOW, HIGH = 0, 1
CONTINUOUSLY = 1

DEFAULTS = {
    "direction": 0,
    "mode": 0,
    "alert": 0,
    "alertperiod": 10_000,
    "polarity": 0,
    "width": 0,
    "mark": 0,
    "space": 0,
    "count": 0,
}
HIGHEST = {"direction": 1, "mode": 3, "alert": 1, "polarity": 1}
"""For the others only the sign is checked."""


class Watch(IntEnum):
    """`mode` of an input: the active level or edge."""

    HIGH_LEVEL = 0
    LOW_LEVEL = 1
    HIGH_EDGE = 2
    LOW_EDGE = 3


class Drive(IntEnum):
    """`mode` of an output: the effect of enabling."""

    LEVEL = 0
    PULSE = 1
    CLOCK = 2


ACTIVE_LEVEL = {Watch.HIGH_LEVEL: HIGH, Watch.LOW_LEVEL: LOW, Watch.HIGH_EDGE: HIGH, Watch.LOW_EDGE: LOW}
SHORTEST_ALERT_MS = 5000
SHORTEST_PHASE_MS = 1
LEVEL_MODES = (Watch.HIGH_LEVEL, Watch.LOW_LEVEL)


class Pin:
    """One pin. An input sends triggers when it becomes active and inactive; an output is driven by its mode."""

    def __init__(self, core: Core, number: int) -> None:
        self._core = core
        self._name = f"gpio{number}"
        self.level = LOW
        self.is_enabled = False
        self.properties = dict(DEFAULTS)

    @property
    def is_output(self) -> bool:
        return self.properties["direction"] == 1

    def set_properties(self, properties: Payload) -> None:
        """Set the nine properties; the pin is then disabled, an output at its inactive level."""
        self.properties = {
            name: integer(properties, name, 0, HIGHEST.get(name, UNLIMITED), default)
            for name, default in DEFAULTS.items()
        }
        self.enable(False)

    def forget(self) -> None:
        """Reset to a disabled input with default properties."""
        self.properties = dict(DEFAULTS)
        self.enable(False)

    def enable(self, is_enabled: bool) -> None:
        """Start or stop monitoring or driving the pin."""
        self._core.timers.cancel(self._name)
        self.is_enabled = is_enabled
        if self.is_output:
            self._drive(self._inactive if not is_enabled else self._active)
            if is_enabled:
                self._begin_output()
        elif is_enabled and self.properties["mode"] in LEVEL_MODES and self._is_active:
            self._activate()

    def put(self, level: int) -> None:
        """Set the external level of an input."""
        if self.is_output or level == self.level:
            return
        self.level = level
        if self.is_enabled:
            if self._is_active:
                self._activate()
            else:
                self._core.timers.cancel(self._name)
                self._tell(0)

    @property
    def _is_active(self) -> bool:
        return self.level == ACTIVE_LEVEL[Watch(self.properties["mode"])]

    def _activate(self) -> None:
        self._tell(1)
        if self.properties["alert"] == CONTINUOUSLY and self.properties["mode"] in LEVEL_MODES:
            self._after("alertperiod", SHORTEST_ALERT_MS, self._activate)

    def _tell(self, activate: int) -> None:
        self._core.do(Publish(f"trigger_notification/{self._name}/default", {"activate": activate}))

    @property
    def _active(self) -> int:
        return self.properties["polarity"]

    @property
    def _inactive(self) -> int:
        return 1 - self.properties["polarity"]

    def _begin_output(self) -> None:
        if self.properties["mode"] == Drive.PULSE:
            self._after("width", SHORTEST_PHASE_MS, lambda: self._drive(self._inactive))
        elif self.properties["mode"] == Drive.CLOCK:
            self._clock(self.properties["count"])

    def _clock(self, cycles: int) -> None:
        """Run the remaining steps: a mark at the active level, then a space at the inactive one."""
        if cycles < 1:
            self._drive(self._inactive)
            return
        self._drive(self._active)
        self._after("mark", SHORTEST_PHASE_MS, lambda: self._space(cycles))

    def _space(self, cycles: int) -> None:
        self._drive(self._inactive)
        self._after("space", SHORTEST_PHASE_MS, lambda: self._clock(cycles - 1))

    def _after(self, duration: str, shortest_ms: int, action: Callable[[], None]) -> None:
        self._core.after(max(self.properties[duration], shortest_ms) / 1000, self._name, action)

    def _drive(self, level: int) -> None:
        if level != self.level:
            self.level = level
            self._core.say(f"{self._name} is {'high' if level else 'low'}")


class Gpio:
    """All pins, and the voltage that they share."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self.power_on()

    def power_on(self) -> None:
        self._voltage = 0
        self.pins = [Pin(self._core, number) for number in range(1, PINS + 1)]

    def forget(self) -> None:
        for pin in self.pins:
            pin.forget()

    def configure(self, configuration: Payload) -> None:
        for pin, entry in zip(self.pins, entries(configuration.get("gpio")), strict=False):
            if isinstance(entry, dict) and "attributes" in entry:
                try:
                    pin.set_properties(members(entry, "attributes"))
                except MalformedRequest as malformed:
                    self._core.say(f"configuration of a gpio skipped: {malformed}")

    @property
    def handlers(self) -> Mapping[str, Handler]:
        return {
            "get_gpios": self._get_pins,
            "get_gpio_prop": lambda request: value(self._pin(request).properties),
            "set_gpio_prop": self._set_properties,
            "enable_gpio": self._enable,
            "get_gpio_voltage": lambda _: value({"voltage": self._voltage}),
            "set_gpio_voltage": self._set_voltage,
        }

    def _pin(self, request: Payload) -> Pin:
        return self.pins[integer(request, "number", 1, PINS) - 1]

    def _get_pins(self, _: Payload) -> Payload:
        pins = [
            {"direction": pin.properties["direction"], "status": pin.level, "enabled": int(pin.is_enabled)}
            for pin in self.pins
        ]
        return value({"voltage": self._voltage, "gpios": pins})

    def _set_properties(self, request: Payload) -> Payload:
        self._pin(request).set_properties(request)
        return {}

    def _enable(self, request: Payload) -> Payload:
        self._pin(request).enable(integer(request, "enable", 0, 1) == 1)
        return {}

    def _set_voltage(self, request: Payload) -> Payload:
        self._voltage = integer(request, "voltage", 0, 1)
        return {}

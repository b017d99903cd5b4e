"""The device without its wires: what it holds, and what it answers. No clock, no network, no printing.

Each entry takes the instant `now` (seconds, any steady clock) and returns the effects it wants carried out, in order.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any

from simulators.devices.python.effects import Effect, Payload, Publish, Reply, Restart, Say, Subscribe
from simulators.devices.python.status import ORDERS, TRANSITION_SECONDS, Status
from simulators.devices.python.timers import Timers

DEFAULT_SENSORRATE_SECONDS = 5


class MalformedRequest(ValueError):
    """The payload of a request cannot be understood; such a request is not answered."""


@dataclass(frozen=True)
class BoardOptions:
    """How this device differs from one fresh out of the box."""

    version: str = "0.1"
    boot_seconds: float = 1.0
    asks_configuration: bool = True
    """False: run at once after the boot, for a server that has no configuration service."""
    counts_status_replies: bool = False
    """Add a running number, `value.counter`, to each reply of get_status and set_status."""


@dataclass
class Board:
    """One device: receives messages, typed lines and the time, and says what to do about them."""

    options: BoardOptions = field(default_factory=BoardOptions)
    random: Random = field(default_factory=Random)

    def __post_init__(self) -> None:
        self._now = 0.0
        self._effects: list[Effect] = []
        self._timers = Timers()
        self._status_replies = 0
        self._handlers: dict[str, Callable[[Payload], Any]] = {
            "get_status": self._get_status,
            "set_status": self._set_status,
            "get_settings": self._get_settings,
            "set_settings": self._set_settings,
        }
        self._events: dict[str, Callable[[Payload], None]] = {"rcv_configuration": self._receive_configuration}
        self._power_on()

    # What the world tells the board

    def connect(self, now: float) -> list[Effect]:
        """Begin the boot sequence: the link is up."""
        self._now = now
        self._timers.set("boot", now + self.options.boot_seconds, lambda: self._do(Subscribe()))
        return self._take_effects()

    def subscribe_done(self, now: float) -> list[Effect]:
        """Go on with the boot sequence: the server's messages can arrive."""
        self._now = now
        if self.options.asks_configuration:
            self._enter(Status.CONFIGURING)
            self._do(Publish("req_configuration", {}))
        else:
            self._enter(Status.RUNNING)
        self._set_reading_timer()
        return self._take_effects()

    def disconnect(self, now: float) -> list[Effect]:
        """Forget what the server will tell again: the link is down."""
        self._now = now
        restarting = self.status is Status.RESTARTING
        self._timers.cancel_all()
        if restarting:
            self._power_on()
        return self._take_effects()

    def receive(self, api: str, message: bytes, now: float) -> list[Effect]:
        """Handle a message on `{deviceid}/{api}`. An unknown api is ignored, a malformed message only shown."""
        self._now = now
        try:
            if (request := self._handlers.get(api)) is not None:
                value = request(_decoded(message))
                self._effects.insert(0, Reply(api, {} if value is None else {"value": value}))
            elif (event := self._events.get(api)) is not None:
                event(_decoded(message))
            else:
                self._do(Say(f"{api} is not known here, ignored"))
        except MalformedRequest as malformed:
            self._do(Say(f"{api} is malformed, ignored: {malformed}"))
        return self._take_effects()

    def advance(self, now: float) -> list[Effect]:
        """Do everything that has become due."""
        self._now = now
        while (action := self._timers.take_due(now)) is not None:
            action()
        return self._take_effects()

    @property
    def next_due(self) -> float | None:
        """When `advance` has something to do; None: nothing is waiting."""
        return self._timers.next_due

    # Status and settings

    def _get_status(self, _: Payload) -> Payload:
        return self._counted({"status": int(self.status), "version": self.version})

    def _set_status(self, request: Payload) -> Payload:
        order = integer(request, "status", 0, 255)
        passing = ORDERS.get((order, self.status))
        if passing is not None:
            self._enter(passing)
        return self._counted({"status": int(self.status)})

    def _counted(self, value: dict[str, Any]) -> Payload:
        if self.options.counts_status_replies:
            self._status_replies += 1
            value["counter"] = self._status_replies
        return value

    def _get_settings(self, _: Payload) -> Payload:
        return {"sensorrate": self.sensorrate_seconds}

    def _set_settings(self, request: Payload) -> None:
        self.sensorrate_seconds = integer(request, "sensorrate", 1, 86_400)
        self._set_reading_timer()

    def _enter(self, status: Status) -> None:
        self.status = status
        self._timers.cancel("status")
        if status in TRANSITION_SECONDS:
            duration = self.random.uniform(*TRANSITION_SECONDS[status])
            self._timers.set("status", self._now + duration, self._complete_transition)

    def _complete_transition(self) -> None:
        if self.status is Status.RESTARTING:
            self._do(Restart())
        elif self.status is Status.STOPPING:
            self._enter(Status.STOPPED)
        else:
            self._enter(Status.CONFIGURING if self._is_unconfigured else Status.RUNNING)

    # Configuration and readings

    def _receive_configuration(self, _: Payload) -> None:
        self._is_unconfigured = False
        if self.status is Status.CONFIGURING:
            self._enter(Status.RUNNING)

    def _set_reading_timer(self) -> None:
        self._timers.set("reading", self._now + self.sensorrate_seconds, self._tick)

    def _tick(self) -> None:
        if self.status is Status.CONFIGURING:
            self._do(Publish("req_configuration", {}))
        self._set_reading_timer()

    # Inside

    def _power_on(self) -> None:
        self.status = Status.STARTING
        self.version = self.options.version
        self.sensorrate_seconds = DEFAULT_SENSORRATE_SECONDS
        self._is_unconfigured = self.options.asks_configuration

    def _do(self, effect: Effect) -> None:
        self._effects.append(effect)

    def _take_effects(self) -> list[Effect]:
        effects, self._effects = self._effects, []
        return effects


def integer(payload: Payload, name: str, lowest: int, highest: int) -> int:
    """Read a whole number within limits; raise MalformedRequest otherwise."""
    value = payload.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or not lowest <= value <= highest:
        raise MalformedRequest(f"{name} is {value!r}, not a whole number from {lowest} to {highest}")
    return value


def _decoded(message: bytes) -> Payload:
    try:
        payload = json.loads(message or b"{}")
    except ValueError:
        raise MalformedRequest("not JSON") from None
    if not isinstance(payload, dict):
        raise MalformedRequest("not a JSON object")
    return payload

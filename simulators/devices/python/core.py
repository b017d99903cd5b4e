"""Shared context and interface of a board's parts."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Protocol

from simulators.devices.python.effects import Effect, Say
from simulators.devices.python.payloads import Payload
from simulators.devices.python.timers import Timers

Handler = Callable[[Payload], Payload]
"""Takes a request's payload and returns the reply's; raises MalformedRequest."""


@dataclass
class Core:
    """The time (seconds of a monotonic clock), the timers, the random source, and the effects so far."""

    random: Random
    now: float = 0.0
    timers: Timers = field(default_factory=Timers)
    effects: list[Effect] = field(default_factory=list)

    def do(self, effect: Effect) -> None:
        """Append an effect."""
        self.effects.append(effect)

    def say(self, text: str) -> None:
        """Append a line to print."""
        self.do(Say(text))

    def after(self, seconds: float, name: str, action: Callable[[], None]) -> None:
        """Set the timer of that name."""
        self.timers.set(name, self.now + seconds, action)


class Part(Protocol):
    """A group of ports."""

    @property
    def handlers(self) -> Mapping[str, Handler]:
        """The handlers of its requests, by api."""

    def power_on(self) -> None:
        """Reset to the state of a new device."""

    def forget(self) -> None:
        """Reset the properties, which the server sends again after a lost connection."""

    def configure(self, configuration: Payload) -> None:
        """Apply its entries of the payload of rcv_configuration."""


def value(content: object) -> Payload:
    """Create a reply with a value."""
    return {"value": content}

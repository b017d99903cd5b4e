"""What the parts of a board share, and what each part must be."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Protocol

from simulators.devices.python.effects import Effect, Say
from simulators.devices.python.payloads import Payload
from simulators.devices.python.timers import Timers

Handler = Callable[[Payload], Payload]
"""Takes a request's payload, returns the reply's; raises MalformedRequest."""


@dataclass
class Core:
    """The instant (seconds on any steady clock), the timers, chance, and the effects that are wanted so far."""

    random: Random
    now: float = 0.0
    timers: Timers = field(default_factory=Timers)
    effects: list[Effect] = field(default_factory=list)

    def do(self, effect: Effect) -> None:
        """Want an effect after those before."""
        self.effects.append(effect)

    def say(self, text: str) -> None:
        """Want a line shown."""
        self.do(Say(text))

    def after(self, seconds: float, name: str, action: Callable[[], None]) -> None:
        """Set the timer of that name."""
        self.timers.set(name, self.now + seconds, action)


class Part(Protocol):
    """A group of ports."""

    @property
    def handlers(self) -> Mapping[str, Handler]:
        """The requests that it answers, by api."""

    def power_on(self) -> None:
        """Be as a new device is."""

    def forget(self) -> None:
        """Drop what the server will tell again after a lost connection: the properties."""

    def configure(self, configuration: Payload) -> None:
        """Take its entries from the payload of rcv_configuration."""


def value(content: object) -> Payload:
    """Make a reply that carries something."""
    return {"value": content}

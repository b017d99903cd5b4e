"""Outputs: lights, displays and speakers, set by hand or following another device's sensor."""

from collections.abc import Callable, Iterator
from math import isfinite
from typing import NamedTuple

from simulators.devices.python.payloads import MalformedRequest, Payload, members

SPEAKER, DISPLAY, LIGHT = 0, 1, 2
FOLLOWS = 1
"""`endpoint`: the value comes from another device's sensor."""
AS_ONE_COLOUR = 0
COMPONENT_BITS = {"red": 16, "green": 8, "blue": 0}
_DISPLAY_FORMATS: tuple[Callable[[int], str], ...] = (
    lambda value: f"{value & 0xFF:02X}",
    lambda value: f"{value % 100}",
    lambda value: f"{value % 100 / 10:.1f}",
)


class Origin(NamedTuple):
    """The source sensor of a value, in the form of `hardware` members."""

    devicename: str
    peripheral: str
    sensorname: str
    attribute: str


def number(payload: Payload) -> int | float:
    """Read the member `value`."""
    value = payload.get("value")
    if not isinstance(value, int | float) or isinstance(value, bool) or not isfinite(value):
        raise MalformedRequest(f"value is {value!r}, not a number")
    return value


def manual(sensor_class: int, attributes: Payload) -> str | None:
    """Return what an output shows when it is enabled; None if it has no manual value."""
    if sensor_class == LIGHT:
        colour = members(attributes, "color")
        if colour.get("usage", AS_ONE_COLOUR) == AS_ONE_COLOUR:
            return f"light: colour {_rgb(_manual(members(colour, 'single')))}"
        mixed = sum(
            (_manual(members(colour, "individual", name)) & 0xFF) << bits for name, bits in COMPONENT_BITS.items()
        )
        return f"light: colour {_rgb(mixed)}"
    if sensor_class == DISPLAY:
        return f"display: {attributes.get('text', '')}"
    if sensor_class == SPEAKER:
        values = members(attributes, "values")
        return f"speaker: pitch {values.get('pitch')} for {values.get('duration')} ms"
    return None


def follow(sensor_class: int, attributes: Payload, origin: Origin, value: int | float) -> Iterator[str]:
    """Return the change of an output when a sensor's value arrives; none unless it follows that sensor."""
    if sensor_class == LIGHT:
        colour = members(attributes, "color")
        if colour.get("usage", AS_ONE_COLOUR) == AS_ONE_COLOUR:
            if _follows(members(colour, "single"), origin):
                yield f"light: colour {_rgb(int(value))}"
        else:
            for name in COMPONENT_BITS:
                if _follows(members(colour, "individual", name), origin):
                    yield f"light: {name} {int(value) & 0xFF}"
    elif sensor_class == DISPLAY and _follows(attributes, origin):
        chosen = attributes.get("format", 0)
        shape = _DISPLAY_FORMATS[chosen if chosen in range(len(_DISPLAY_FORMATS)) else 0]
        yield f"display: {shape(int(value))}"


def _follows(endpoint: Payload, origin: Origin) -> bool:
    hardware = members(endpoint, "hardware")
    return endpoint.get("endpoint") == FOLLOWS and all(
        hardware.get(name) == part for name, part in origin._asdict().items()
    )


def _manual(endpoint: Payload) -> int:
    value = endpoint.get("manual")
    return value if isinstance(value, int) else 0


def _rgb(colour: int) -> str:
    return f"#{colour & 0xFFFFFF:06X}"

"""The property objects of ports and sensor classes (contract 3.7, 3.8): one schema each, and the table that picks one.

Each is sent to the device, and sent again after a restart. A new class is a schema and a row here.
"""

import json
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import ConfigDict, Field, StrictFloat, StrictInt, model_validator

from iotcloud.device_input import MAX_NUMBER
from iotcloud.errors import InvalidInput, Problem
from iotcloud.notification_blocks.schema import NotificationSchema
from iotcloud.peripherals.model import (
    ACTIVATIONS,
    BAUD_RATES,
    COLOUR_USAGES,
    DATA_BITS,
    DIRECTIONS,
    DISPLAY_FORMATS,
    ENDPOINTS,
    FLOW_CONTROLS,
    INPUT_MODES,
    MAX_ATTRIBUTES,
    OUTPUT_MODES,
    PARITIES,
    PIN_ALERTS,
    POLARITIES,
    POTENTIOMETER_RANGES,
    SENSOR_ALERTS,
    SENSOR_MODES,
    SILENCE_SECONDS,
    SPEAKER_TYPES,
    STOP_BITS,
    Sensor,
)
from iotcloud.schema import Body, numbered

MIN_GPIO_ALERT_PERIOD_MS = 5000
"""Shorter would be an alert storm (device protocol, timing summary)."""

PLACE = frozenset({"address", "class", "number", "subclass"})
"""Members that identify the port or sensor of a message."""

Milliseconds = Annotated[StrictInt, Field(ge=0, le=2**31 - 1)]
Number = Annotated[StrictInt | StrictFloat, Field(ge=-MAX_NUMBER, le=MAX_NUMBER)]
Endpoint = Annotated[StrictInt, numbered(ENDPOINTS, "What sets it", examples=[0])]
Text64 = Annotated[str, Field(max_length=64)]


class Properties(Body):
    """Properties of a port. Unknown members are kept, as devices keep and return them."""

    model_config = ConfigDict(extra="allow")

    notification: NotificationSchema | None = Field(
        default=None, description="Who is told what; left out, what is stored stays."
    )

    def for_device(self) -> dict[str, Any]:
        """The attributes sent to and stored by the device. Raise InvalidInput above the size limit.

        They exclude notification blocks, which concern the server, the port's identity and a second class.
        """
        told = self.model_dump(mode="json", exclude={"notification", "subattributes", *PLACE})
        if len(json.dumps(told)) > MAX_ATTRIBUTES:
            raise InvalidInput(detail=[Problem("properties", f"more than {MAX_ATTRIBUTES} characters")])
        return told


class UartProperties(Properties):
    """UART: indexes into the lists of baud rates, parities, flow controls, stop bits and data bits."""

    baudrate: Annotated[StrictInt, numbered(BAUD_RATES, "Bits per second", examples=[11])]
    parity: Annotated[StrictInt, numbered(PARITIES, "Parity", examples=[0])]
    flowcontrol: Annotated[StrictInt, numbered(FLOW_CONTROLS, "Flow control", examples=[0])]
    stopbits: Annotated[StrictInt, numbered(STOP_BITS, "Stop bits", examples=[0])]
    databits: Annotated[StrictInt, numbered(DATA_BITS, "Data bits", examples=[1])]
    notification: NotificationSchema = Field(description="Who is told when the UART receives a command to tell.")


class GpioProperties(Properties):
    """GPIO: an input has a level or edge to watch and an alert, an output a waveform."""

    direction: Annotated[StrictInt, numbered(DIRECTIONS, "Direction", examples=[0])]
    mode: Annotated[
        StrictInt,
        Field(ge=0, le=3, description=f"Of an input: {INPUT_MODES}. Of an output: {OUTPUT_MODES}.", examples=[2]),
    ]
    alert: Annotated[StrictInt, numbered(PIN_ALERTS, "Of an input, how often it is told", examples=[1])] = 0
    alertperiod: Annotated[
        Milliseconds,
        Field(
            description=f"Of an input, milliseconds between two alerts, at least {MIN_GPIO_ALERT_PERIOD_MS}.",
            examples=[10000],
        ),
    ] = 0
    polarity: Annotated[StrictInt, numbered(POLARITIES, "Of an output", examples=[0])] = 0
    width: Annotated[Milliseconds, Field(description="Of a pulse, milliseconds.", examples=[1])] = 0
    mark: Annotated[Milliseconds, Field(description="Of a clock, milliseconds of the active phase.", examples=[1])] = 0
    space: Annotated[Milliseconds, Field(description="Of a clock, milliseconds of the other phase.", examples=[1])] = 0
    count: Annotated[StrictInt, Field(ge=0, le=2**31 - 1, description="Of a clock, cycles.", examples=[1])] = 0

    @model_validator(mode="after")
    def _members_fit_direction_and_mode(self) -> Self:
        needed = ("alert", "alertperiod") if self.direction == 0 else ("polarity", *WAVEFORM.get(self.mode, ()))
        missing = [name for name in needed if name not in self.model_fields_set]
        if missing:
            raise ValueError(f"needed for this direction and mode: {', '.join(missing)}")
        if self.direction == 0 and self.alertperiod < MIN_GPIO_ALERT_PERIOD_MS:
            raise ValueError(f"alertperiod must be at least {MIN_GPIO_ALERT_PERIOD_MS} ms")
        if self.direction == 1:
            if self.mode not in WAVEFORM:
                raise ValueError("an output's mode is 0 level, 1 pulse or 2 clock")
            zeros = [name for name in WAVEFORM[self.mode] if getattr(self, name) == 0]
            if zeros:
                raise ValueError(f"must be positive: {', '.join(zeros)}")
        return self


WAVEFORM: Mapping[int, tuple[str, ...]] = {0: (), 1: ("width",), 2: ("mark", "space", "count")}
"""Members that an output requires in each mode: level, pulse, clock."""


def _is_absent(value: object) -> bool:
    """Whether a member was left out, and so is no matter of old clients and devices."""
    return value is None


class Threshold(Body):
    """When a reading is active: above `value` (single), or outside or within `min` to `max` (dual).

    With `hysteresis` an active reading becomes inactive only at that distance from the limit.
    """

    value: Number = Field(default=0, description="Of a single threshold: active above it.", examples=[35])
    min: Number = Field(default=0, description="Lower limit of a dual threshold, at most `max`.", examples=[0])
    max: Number = Field(default=100, description="Upper limit of a dual threshold.", examples=[100])
    activate: Annotated[StrictInt, numbered(ACTIVATIONS, "When a dual threshold is active", examples=[0])] = 0
    hysteresis: Annotated[Number, Field(ge=0)] | None = Field(
        default=None,
        exclude_if=_is_absent,
        description="Distance from the limit at which an active reading becomes inactive; when a dual threshold is"
        " active out of range, at most half of `max - min`.",
        examples=[0.5],
    )


class Alert(Body):
    """Notices of an active reading: 0 once, 1 repeated every `period` ms."""

    type: Annotated[StrictInt, numbered(SENSOR_ALERTS, "How often", examples=[0])] = 0
    period: Milliseconds = Field(default=60000, description="Milliseconds between two.", examples=[60000])


class Destination(Body):
    """In continuous mode, the owner's device to which readings are forwarded; empty for none."""

    devicename: Text64 = Field(default="", description="One of the owner's own devices.", examples=["Barn unit"])


class InputProperties(Properties):
    """Temperature, humidity, anemometer, battery, fluid: when readings are active, who is told, where they go."""

    mode: Annotated[StrictInt, numbered(SENSOR_MODES, "What is done with readings", examples=[0])]
    threshold: Threshold = Field(default=Threshold(), description="When a reading is active.")
    alert: Alert = Field(default=Alert(), description="How often an active reading is told.")
    hardware: Destination = Field(default=Destination(), description="Where readings go in continuous mode.")
    inactivity_seconds: Annotated[StrictInt, Field(ge=SILENCE_SECONDS[0], le=SILENCE_SECONDS[-1])] | None = Field(
        default=None,
        exclude_if=_is_absent,
        description="Seconds: in every mode, tell when the sensor is on and sends nothing for so long. It is about the"
        " whole sensor, and not taken in `subattributes`.",
        examples=[600],
    )

    @model_validator(mode="after")
    def _limits_are_in_order(self) -> Self:
        limits = self.threshold
        if self.mode == 1 and limits.min > limits.max:
            raise ValueError("threshold.min is above threshold.max")
        if self.mode == 1 and limits.activate == 0 and 2 * (limits.hysteresis or 0) > limits.max - limits.min:
            raise ValueError("threshold.hysteresis leaves nothing between min and max where readings are inactive")
        return self


class PotentiometerProperties(InputProperties):
    """Potentiometer: an input with a range."""

    range: Annotated[StrictInt, numbered(POTENTIOMETER_RANGES, "What it counts", examples=[0])]


class Source(Body):
    """The sensor of another device that an output follows; all empty when it does not."""

    model_config = ConfigDict(extra="allow")

    devicename: Text64 = Field(default="", description="One of the owner's own devices.", examples=["Barn unit"])
    peripheral: Literal["", "I2C", "ADC", "1WIRE", "TPROBE"] = Field(
        default="", description="The bus of the sensor.", examples=["I2C"]
    )
    sensorname: Text64 = Field(default="", description="The sensor's name.", examples=["POT 1"])
    attribute: Text64 = Field(default="", description="The sensor's attribute.", examples=["Range"])


class Colour(Body):
    """One colour, or one component of it: set by hand (endpoint 0) or following a sensor (endpoint 1)."""

    endpoint: Endpoint = 0
    manual: Annotated[StrictInt, Field(ge=0, le=0xFFFFFF)] = Field(
        default=0, description="0xRRGGBB, as a number.", examples=[0xFF8000]
    )
    hardware: Source = Field(default=Source(), description="The sensor that it follows.")


class Component(Colour):
    """Red, green or blue."""

    manual: Annotated[StrictInt, Field(ge=0, le=0xFF)] = Field(default=0, description="Strength.", examples=[255])


class Components(Body):
    """The three components of a colour."""

    red: Component = Field(default=Component(), description="Red.")
    green: Component = Field(default=Component(), description="Green.")
    blue: Component = Field(default=Component(), description="Blue.")


class LightColour(Body):
    """`usage` 0 takes `single` (0xRRGGBB), 1 takes `individual`."""

    usage: Annotated[StrictInt, numbered(COLOUR_USAGES, "Which of the two counts", examples=[0])]
    single: Colour = Field(default=Colour(), description="One colour.")
    individual: Components = Field(default=Components(), description="Three components.")


class LightProperties(Properties):
    """Light: its colour, and the time in seconds in which it fades out."""

    color: LightColour = Field(description="Its colour.")
    fadeouttime: Annotated[StrictInt, Field(ge=0, le=2**31 - 1)] = Field(
        default=1, description="Seconds in which it fades out.", examples=[1]
    )


class DisplayProperties(Properties):
    """Two-digit display: what it shows, and how."""

    endpoint: Endpoint
    hardware: Source = Field(default=Source(), description="The sensor that it follows.")
    brightness: Annotated[StrictInt, Field(ge=0, le=255)] = Field(
        default=255, description="From dark to bright.", examples=[255]
    )
    format: Annotated[StrictInt, numbered(DISPLAY_FORMATS, "How numbers are shown", examples=[0])] = 0
    text: Annotated[str, Field(max_length=16)] = Field(
        default="23", description="What is shown when it is set by hand.", examples=["23"]
    )


class Tone(Body):
    """Duration and delay in ms, pitch as a MIDI note."""

    duration: Milliseconds = Field(default=100, description="Milliseconds of the tone.", examples=[100])
    pitch: Annotated[StrictInt, Field(ge=55, le=126)] = Field(default=55, description="MIDI note.", examples=[55])
    delay: Milliseconds = Field(default=100, description="Milliseconds after it.", examples=[100])


class SpeakerProperties(Properties):
    """Speaker: what it follows, and its tone."""

    endpoint: Endpoint
    hardware: Source = Field(default=Source(), description="The sensor that it follows.")
    type: Annotated[StrictInt, numbered(SPEAKER_TYPES, "Kind of tone", examples=[0])] = 0
    values: Tone = Field(default=Tone(), description="The tone.")


CLASS_PROPERTIES: Mapping[str, type[Properties]] = {
    "speaker": SpeakerProperties,
    "display": DisplayProperties,
    "light": LightProperties,
    "potentiometer": PotentiometerProperties,
    "temperature": InputProperties,
    "humidity": InputProperties,
    "anemometer": InputProperties,
    "battery": InputProperties,
    "fluid": InputProperties,
}
"""Which schema a sensor class has; a test holds it against SENSOR_CLASSES."""


class _Subclassed(Body):
    """The part of a two-class sensor's properties that its second class has."""

    subattributes: dict[str, Any]


def parse_properties(sensor: Sensor, members: Any) -> tuple[Properties, Properties | None]:
    """Validate the properties of a sensor. Return those of its class and of its subclass, if it has one.

    Raise MissingParameter, EmptyParameter or InvalidInput, as for every body; InvalidInput for those of another class.
    """
    _check_class("class", members, sensor.sensor_class)
    properties = CLASS_PROPERTIES[sensor.sensor_class].parse(members)
    if sensor.subclass is None:
        return properties, None
    subattributes = _Subclassed.parse(members).subattributes
    if "inactivity_seconds" in subattributes:
        raise InvalidInput(detail=[Problem("subattributes.inactivity_seconds", "a sensor is silent as a whole")])
    _check_class("subattributes.class", subattributes, sensor.subclass)
    return properties, CLASS_PROPERTIES[sensor.subclass].parse(subattributes)


def _check_class(member: str, members: Any, expected: str) -> None:
    """Refuse properties that are said to be another class's. A number in `class` is what some devices add to theirs."""
    named = members.get("class") if isinstance(members, Mapping) else None
    if isinstance(named, str) and named != expected:
        raise InvalidInput(detail=[Problem(member, f"the sensor's class is {expected}")])


def for_device(properties: Properties, subproperties: Properties | None) -> dict[str, Any]:
    """The members that the device stores as the sensor's attributes."""
    attributes = properties.for_device()
    if subproperties is not None:
        attributes["subattributes"] = subproperties.for_device()
    return attributes

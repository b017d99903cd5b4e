"""The property objects of ports and sensor classes (contract 3.7, 3.8): one schema each, and the table that picks one.

Each is sent to the device, and sent again after a restart. A new class is a schema and a row here.
"""

import json
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import ConfigDict, Field, StrictFloat, StrictInt, model_validator

from iotcloud.device_input import MAX_NUMBER
from iotcloud.errors import InvalidInput
from iotcloud.notices.schema import NotificationSchema
from iotcloud.peripherals.model import MAX_ATTRIBUTES, SILENCE_SECONDS, Sensor
from iotcloud.schema import Body

MIN_GPIO_ALERT_PERIOD_MS = 5000
"""Shorter would be an alert storm (device protocol, timing summary)."""

PLACE = frozenset({"address", "class", "number", "subclass"})
"""Members that identify the port or sensor of a message."""

Switch = Literal[0, 1]
Milliseconds = Annotated[StrictInt, Field(ge=0, le=2**31 - 1)]
Number = Annotated[StrictInt | StrictFloat, Field(ge=-MAX_NUMBER, le=MAX_NUMBER)]
Text64 = Annotated[str, Field(max_length=64)]


class Properties(Body):
    """Properties of a port. Unknown members are kept, as devices keep and return them."""

    model_config = ConfigDict(extra="allow")

    notification: NotificationSchema | None = None

    def for_device(self) -> dict[str, Any]:
        """The attributes sent to and stored by the device. Raise InvalidInput above the size limit.

        They exclude notification blocks, which concern the server, the port's identity and a second class.
        """
        told = self.model_dump(mode="json", exclude={"notification", "subattributes", *PLACE})
        if len(json.dumps(told)) > MAX_ATTRIBUTES:
            raise InvalidInput(detail=[f"properties: more than {MAX_ATTRIBUTES} characters"])
        return told


class UartProperties(Properties):
    """UART: indexes into the lists of baud rates, parities, flow controls, stop bits and data bits."""

    baudrate: Annotated[StrictInt, Field(ge=0, le=15, examples=[11])]
    parity: Annotated[StrictInt, Field(ge=0, le=2, description="0 none, 1 odd, 2 even", examples=[0])]
    flowcontrol: Annotated[StrictInt, Field(ge=0, le=2, description="0 none, 1 Rts/Cts, 2 Xon/Xoff", examples=[0])]
    stopbits: Annotated[Switch, Field(description="0 one, 1 two", examples=[0])]
    databits: Annotated[Switch, Field(description="0 seven, 1 eight", examples=[1])]
    notification: NotificationSchema


class GpioProperties(Properties):
    """GPIO: an input has a level or edge to watch and an alert, an output a waveform."""

    direction: Annotated[Switch, Field(description="0 input, 1 output", examples=[0])]
    mode: Annotated[
        StrictInt,
        Field(
            ge=0,
            le=3,
            description="Input: 0 high level, 1 low level, 2 high edge, 3 low edge; output: 0 level, 1 pulse, 2 clock",
            examples=[2],
        ),
    ]
    alert: Annotated[Switch, Field(description="Input: 0 once, 1 continuously", examples=[1])] = 0
    alertperiod: Annotated[Milliseconds, Field(description="Input: ms, at least 5000", examples=[10000])] = 0
    polarity: Annotated[Switch, Field(description="Output: 0 negative, 1 positive", examples=[0])] = 0
    width: Annotated[Milliseconds, Field(description="Pulse: ms", examples=[1])] = 0
    mark: Annotated[Milliseconds, Field(description="Clock: ms active", examples=[1])] = 0
    space: Annotated[Milliseconds, Field(description="Clock: ms inactive", examples=[1])] = 0
    count: Annotated[StrictInt, Field(ge=0, le=2**31 - 1, description="Clock: cycles", examples=[1])] = 0

    @model_validator(mode="after")
    def _members_fit_direction_and_mode(self) -> Self:
        needed = ("alert", "alertperiod") if self.direction == 0 else ("polarity", *_WAVEFORM.get(self.mode, ()))
        missing = [name for name in needed if name not in self.model_fields_set]
        if missing:
            raise ValueError(f"needed for this direction and mode: {', '.join(missing)}")
        if self.direction == 0 and self.alertperiod < MIN_GPIO_ALERT_PERIOD_MS:
            raise ValueError(f"alertperiod must be at least {MIN_GPIO_ALERT_PERIOD_MS} ms")
        if self.direction == 1:
            if self.mode not in _WAVEFORM:
                raise ValueError("an output's mode is 0 level, 1 pulse or 2 clock")
            zeros = [name for name in _WAVEFORM[self.mode] if getattr(self, name) == 0]
            if zeros:
                raise ValueError(f"must be positive: {', '.join(zeros)}")
        return self


_WAVEFORM: Mapping[int, tuple[str, ...]] = {0: (), 1: ("width",), 2: ("mark", "space", "count")}
"""Members that an output requires in each mode: level, pulse, clock."""


def _is_absent(value: object) -> bool:
    """Whether a member was left out, and so is no matter of old clients and devices."""
    return value is None


class Threshold(Body):
    """When a reading is active: above `value` (single), or outside or within `min` to `max` (dual).

    With `hysteresis` an active reading becomes inactive only at that distance from the limit.
    """

    value: Number = 0
    min: Number = 0
    max: Number = 100
    activate: Switch = 0
    hysteresis: Annotated[Number, Field(ge=0)] | None = Field(default=None, exclude_if=_is_absent, examples=[0.5])


class Alert(Body):
    """Notices of an active reading: 0 once, 1 repeated every `period` ms."""

    type: Switch = 0
    period: Milliseconds = 60000


class Destination(Body):
    """In continuous mode, the owner's device to which readings are forwarded; empty for none."""

    devicename: Text64 = ""


class InputProperties(Properties):
    """Temperature, humidity, anemometer, battery, fluid: mode 0 single threshold, 1 dual threshold, 2 continuous."""

    mode: Annotated[StrictInt, Field(ge=0, le=2)]
    threshold: Threshold = Threshold()
    alert: Alert = Alert()
    hardware: Destination = Destination()
    inactivity_seconds: Annotated[StrictInt, Field(ge=SILENCE_SECONDS[0], le=SILENCE_SECONDS[-1])] | None = Field(
        default=None,
        exclude_if=_is_absent,
        description="In every mode: tell when the sensor is on and sends nothing for so long",
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
    """Potentiometer: an input with a range, 0 `0-255`, 1 `0-99`, 2 `0-15`, 3 `0-9`."""

    range: Annotated[StrictInt, Field(ge=0, le=3)]


class Source(Body):
    """The sensor of another device that an output follows; all empty when it does not."""

    model_config = ConfigDict(extra="allow")

    devicename: Text64 = ""
    peripheral: Literal["", "I2C", "ADC", "1WIRE", "TPROBE"] = ""
    sensorname: Text64 = ""
    attribute: Text64 = ""


class Colour(Body):
    """One colour, or one component of it: set by hand (endpoint 0) or following a sensor (endpoint 1)."""

    endpoint: Switch = 0
    manual: Annotated[StrictInt, Field(ge=0, le=0xFFFFFF)] = 0
    hardware: Source = Source()


class Component(Colour):
    """Red, green or blue."""

    manual: Annotated[StrictInt, Field(ge=0, le=0xFF)] = 0


class Components(Body):
    red: Component = Component()
    green: Component = Component()
    blue: Component = Component()


class LightColour(Body):
    """`usage` 0 takes `single` (0xRRGGBB), 1 takes `individual`."""

    usage: Switch
    single: Colour = Colour()
    individual: Components = Components()


class LightProperties(Properties):
    """Light: its colour, and the time in seconds in which it fades out."""

    color: LightColour
    fadeouttime: Annotated[StrictInt, Field(ge=0, le=2**31 - 1)] = 1


class DisplayProperties(Properties):
    """Two-digit display; format 0 `0x00 to 0xFF`, 1 `0 to 99`, 2 `0.0 to 9.9`."""

    endpoint: Switch
    hardware: Source = Source()
    brightness: Annotated[StrictInt, Field(ge=0, le=255)] = 255
    format: Annotated[StrictInt, Field(ge=0, le=2)] = 0
    text: Annotated[str, Field(max_length=16)] = "23"


class Tone(Body):
    """Duration and delay in ms, pitch as a MIDI note."""

    duration: Milliseconds = 100
    pitch: Annotated[StrictInt, Field(ge=55, le=126)] = 55
    delay: Milliseconds = 100


class SpeakerProperties(Properties):
    """Speaker; type 0 is MIDI."""

    endpoint: Switch
    hardware: Source = Source()
    type: Literal[0] = 0
    values: Tone = Tone()


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

    Raise MissingParameter, EmptyParameter or InvalidInput, as for every body.
    """
    properties = CLASS_PROPERTIES[sensor.sensor_class].parse(members)
    if sensor.subclass is None:
        return properties, None
    subattributes = _Subclassed.parse(members).subattributes
    if "inactivity_seconds" in subattributes:
        raise InvalidInput(detail=["subattributes.inactivity_seconds: a sensor is silent as a whole"])
    return properties, CLASS_PROPERTIES[sensor.subclass].parse(subattributes)


def for_device(properties: Properties, subproperties: Properties | None) -> dict[str, Any]:
    """The members that the device stores as the sensor's attributes."""
    attributes = properties.for_device()
    if subproperties is not None:
        attributes["subattributes"] = subproperties.for_device()
    return attributes

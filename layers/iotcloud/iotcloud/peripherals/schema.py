"""Sensors as they cross the wire (contract 3.4, 6.3)."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, StrictInt

from iotcloud.errors import InvalidInput, Problem
from iotcloud.notification_blocks.model import NotificationBlock
from iotcloud.notification_blocks.schema import NotificationSchema
from iotcloud.peripherals.model import OFF_ON, SENSOR_CLASSES, Bus, Sensor, Slot, checked_sensor
from iotcloud.peripherals.property_schema import for_device, parse_properties
from iotcloud.peripherals.sensor_control import SensorProperties
from iotcloud.schema import Answer, Body, Shape, numbered

Label = Annotated[str, Field(max_length=64)]
Labels = Annotated[list[Label], Field(max_length=8)]
EXAMPLE: dict[str, Any] = {
    "class": "temperature",
    "mode": 0,
    "threshold": {"value": 35, "min": 0, "max": 100, "activate": 0, "hysteresis": 0.5},
    "alert": {"type": 0, "period": 60000},
    "hardware": {"devicename": ""},
}
"""What a sensor may be set to."""
MAX_EXTRA = 4096
"""Characters of the members that the platform does not use, as JSON."""


class NewSensor(Body):
    """A sensor to be registered. Members that the platform does not use are kept and given back."""

    model_config = ConfigDict(extra="allow", populate_by_name=True)

    manufacturer: Label = Field(description="Who makes it.")
    model: Label = Field(description="The model.")
    sensor_class: Annotated[
        Label,
        Field(
            alias="class",
            min_length=1,
            description="What it measures or does.",
            json_schema_extra={"enum": list(SENSOR_CLASSES)},
            examples=["temperature"],
        ),
    ]
    type: Literal["input", "output"] = Field(description="Whether it measures or acts; as its class does.")
    units: Labels = Field(description="Units of its values.")
    formats: Labels = Field(description="Formats of its values.")
    attributes: Labels = Field(description="What its values are called.")
    subclass: Label | None = Field(default=None, description="The second class, of sensors that have two.")
    subattributes: Labels = Field(default_factory=list, description="What the values of its second class are called.")
    address: StrictInt | None = Field(default=None, description="On I2C and only there: 1 to 255.")

    def to_model(self, bus: Bus, number: int, sensorname: str, registered_at: datetime) -> Sensor:
        """The sensor; raise InvalidInput or MissingParameter when its members do not go together."""
        return checked_sensor(
            Sensor(
                slot=Slot(bus.name, number, self.address if bus.is_addressed else None),
                sensorname=sensorname,
                sensor_class=self.sensor_class,
                type=self.type,
                registered_at=registered_at,
                subclass=self.subclass or None,
                manufacturer=self.manufacturer,
                model=self.model,
                units=tuple(self.units),
                formats=tuple(self.formats),
                attributes=tuple(self.attributes),
                subattributes=tuple(self.subattributes),
                extra=self._checked_extra(),
            )
        )

    def _checked_extra(self) -> dict[str, Any]:
        extra = self.model_extra or {}
        if len(json.dumps(extra)) > MAX_EXTRA:
            raise InvalidInput(
                detail=[Problem("", f"more than {MAX_EXTRA} characters beside the members that are known")]
            )
        return extra


class SensorRecord(Shape):
    """A registered sensor, with every member that its owner posted."""

    model_config = ConfigDict(extra="allow", populate_by_name=True, serialize_by_alias=True)

    source: str = Field(description="The bus.")
    number: str = Field(description="The slot on the bus, as text.")
    sensorname: str = Field(description="The sensor's name.")
    manufacturer: str = Field(description="Who makes it.")
    model: str = Field(description="The model.")
    sensor_class: Annotated[str, Field(alias="class", description="What it measures or does.")]
    type: str = Field(description="Whether it measures or acts.")
    units: list[str] = Field(description="Units of its values.")
    formats: list[str] = Field(description="Formats of its values.")
    attributes: list[str] = Field(description="What its values are called.")
    enabled: int = Field(description="Whether it was on when last seen: 0 or 1.")
    configured: int = Field(description="Whether the device had properties for it when last seen: 0 or 1.")
    timestamp: str = Field(description="When it was registered, epoch seconds.")
    """Registration time, epoch seconds."""
    address: int | None = Field(default=None, description="On I2C.")
    subclass: str | None = Field(default=None, description="The second class, of sensors that have two.")
    subattributes: list[str] | None = Field(default=None, description="What the values of its second class are called.")

    @classmethod
    def from_model(cls, sensor: Sensor) -> "SensorRecord":
        """A sensor by the contract's member names. Members that do not apply are None and left out."""
        return cls(
            **{
                **sensor.extra,
                "source": sensor.slot.peripheral,
                "number": str(sensor.slot.number),
                "sensorname": sensor.sensorname,
                "manufacturer": sensor.manufacturer,
                "model": sensor.model,
                "class": sensor.sensor_class,
                "type": sensor.type,
                "units": list(sensor.units),
                "formats": list(sensor.formats),
                "attributes": list(sensor.attributes),
                "enabled": int(sensor.is_enabled),
                "configured": int(sensor.is_configured),
                "timestamp": str(int(sensor.registered_at.timestamp())),
                "address": sensor.slot.address,
                "subclass": sensor.subclass,
                "subattributes": list(sensor.subattributes) if sensor.subclass else None,
            }
        )


class SensorAnswer(Answer):
    """One sensor."""

    sensor: SensorRecord = Field(description="The sensor.")


class SensorsAnswer(Answer):
    """Some sensors."""

    sensors: list[SensorRecord] = Field(description="The sensors.")

    @classmethod
    def of(cls, sensors: Sequence[Sensor]) -> "SensorsAnswer":
        return cls(sensors=[SensorRecord.from_model(sensor) for sensor in sensors])


class SetSensorProperties(Body):
    """The property object of the sensor's class. Its `class`, where it has one as text, must be the sensor's own."""

    model_config = ConfigDict(extra="allow", json_schema_extra={"examples": [EXAMPLE]})

    def to_model(self, sensor: Sensor) -> SensorProperties:
        """Check the members against the schema of the sensor's class; raise the conditions of `Body.parse`."""
        main, sub = parse_properties(sensor, self.model_extra)
        return SensorProperties(
            attributes=for_device(main, sub),
            block=None if main.notification is None else main.notification.to_model(),
            subclass_block=None if sub is None or sub.notification is None else sub.notification.to_model(),
        )


class SensorPropertiesAnswer(Answer):
    """`value` is the property object as the device reports it, with the notification blocks of input classes."""

    value: dict[str, Any] | None = Field(
        default=None, description="What the device says; absent when it has nothing for it.", examples=[EXAMPLE]
    )

    @classmethod
    def from_model(cls, sensor: Sensor, properties: SensorProperties) -> "SensorPropertiesAnswer":
        value = dict(properties.attributes)
        if properties.block is not None:
            value["notification"] = _shown(properties.block)
        if properties.subclass_block is not None:
            value["subattributes"] = {**value["subattributes"], "notification": _shown(properties.subclass_block)}
        if isinstance(subattributes := value.get("subattributes"), Mapping) and sensor.subclass is not None:
            value["subattributes"] = {**subattributes, "class": sensor.subclass}
        return cls(value={**value, "class": sensor.sensor_class} if value else None)


class EnableSensor(Body):
    """Whether the sensor shall work."""

    enable: Annotated[StrictInt, numbered(OFF_ON, examples=[1])]


def _shown(block: NotificationBlock) -> dict[str, Any]:
    return NotificationSchema.from_model(block).model_dump(mode="json")

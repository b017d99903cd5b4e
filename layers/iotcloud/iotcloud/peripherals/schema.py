"""Sensors as they cross the wire (contract 3.4, 6.3)."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, StrictInt

from iotcloud.errors import InvalidInput
from iotcloud.notices.model import NotificationBlock
from iotcloud.notices.schema import NotificationSchema
from iotcloud.peripherals.model import Bus, Sensor, Slot, checked_sensor
from iotcloud.peripherals.property_schema import for_device, parse_properties
from iotcloud.peripherals.sensor_control import SensorProperties
from iotcloud.schema import Answer, Body, Shape

Label = Annotated[str, Field(max_length=64)]
Labels = Annotated[list[Label], Field(max_length=8)]
MAX_EXTRA = 4096
"""Characters of the members that the platform does not use, as JSON."""


class NewSensor(Body):
    """A sensor to be registered. Members that the platform does not use are kept and given back."""

    model_config = ConfigDict(extra="allow", populate_by_name=True)

    manufacturer: Label
    model: Label
    sensor_class: Annotated[Label, Field(alias="class", min_length=1)]
    type: Literal["input", "output"]
    units: Labels
    formats: Labels
    attributes: Labels
    subclass: Label | None = None
    subattributes: Labels = Field(default_factory=list)
    address: StrictInt | None = None

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
            raise InvalidInput(detail=[f"more than {MAX_EXTRA} characters beside the members that are known"])
        return extra


class SensorRecord(Shape):
    """A registered sensor, with every member that its owner posted."""

    model_config = ConfigDict(extra="allow", populate_by_name=True, serialize_by_alias=True)

    source: str
    number: str
    sensorname: str
    manufacturer: str
    model: str
    sensor_class: Annotated[str, Field(alias="class")]
    type: str
    units: list[str]
    formats: list[str]
    attributes: list[str]
    enabled: int
    configured: int
    timestamp: str
    """Registration time, epoch seconds."""
    address: int | None = None
    subclass: str | None = None
    subattributes: list[str] | None = None

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
    sensor: SensorRecord


class SensorsAnswer(Answer):
    sensors: list[SensorRecord]

    @classmethod
    def of(cls, sensors: Sequence[Sensor]) -> "SensorsAnswer":
        return cls(sensors=[SensorRecord.from_model(sensor) for sensor in sensors])


class SetSensorProperties(Body):
    """The property object of the sensor's class; see the schemas of the classes."""

    model_config = ConfigDict(extra="allow")

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

    value: dict[str, Any] | None = None

    @classmethod
    def from_model(cls, properties: SensorProperties) -> "SensorPropertiesAnswer":
        value = dict(properties.attributes)
        if properties.block is not None:
            value["notification"] = _shown(properties.block)
        if properties.subclass_block is not None:
            value["subattributes"] = {**value["subattributes"], "notification": _shown(properties.subclass_block)}
        return cls(value=value or None)


class EnableSensor(Body):
    enable: Literal[0, 1]


def _shown(block: NotificationBlock) -> dict[str, Any]:
    return NotificationSchema.from_model(block).model_dump(mode="json")

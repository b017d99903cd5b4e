"""The overview of devices as it crosses the wire."""

from typing import Annotated, Self

from pydantic import ConfigDict, Field

from iotcloud.devices.schema import DeviceRecord
from iotcloud.errors import InvalidInput, Problem
from iotcloud.pagination import Page
from iotcloud.peripherals.model import Configuration
from iotcloud.readings.overview import DEVICES_PER_PAGE, DeviceOverview, SensorOverview
from iotcloud.readings.schema import Dataset
from iotcloud.readings.service import SensorReadings
from iotcloud.schema import Answer, Shape


class PortOverview(Shape):
    """UART or a GPIO pin."""

    source: str = Field(description="`uart` or `gpio`.", examples=["gpio"])
    number: str = Field(description="Which one of its kind.", examples=["1"])
    enabled: int = Field(description="Whether it is switched on: 1 or 0.", examples=[1])

    @classmethod
    def of(cls, port: Configuration) -> Self:
        """Show a port."""
        return cls(source=port.slot.peripheral, number=str(port.slot.number), enabled=int(port.is_enabled))


class SensorGlance(Shape):
    """A sensor with its latest value."""

    model_config = ConfigDict(populate_by_name=True, serialize_by_alias=True)

    source: str = Field(description="The bus: `i2c`, `adc`, `1wire` or `tprobe`.", examples=["tprobe"])
    number: str = Field(description="Which one of its kind.", examples=["1"])
    address: int | None = Field(default=None, description="On I2C only.", examples=[40])
    sensorname: str = Field(description="The sensor's name.", examples=["North bed"])
    sensor_class: Annotated[str, Field(alias="class", description="What it measures.", examples=["temperature"])]
    subclass: str | None = Field(default=None, description="Two-class sensors only.", examples=["humidity"])
    type: str = Field(description="`input` or `output`.", examples=["input"])
    enabled: int = Field(description="Whether it is switched on, as last known: 1 or 0.", examples=[1])
    units: list[str] = Field(description="Units of its values.", examples=[["C", "%"]])
    value: float | None = Field(
        default=None, description="The latest value; absent when the newest messages have none.", examples=[24.6]
    )
    subvalue: float | None = Field(default=None, description="The second class of the same.", examples=[58.0])
    timestamp: str | None = Field(
        default=None, description="When the latest value was measured, epoch seconds.", examples=["1795500000"]
    )
    alarm: bool = Field(description="Whether the last reading was beyond the sensor's threshold.", examples=[False])
    inactive: bool = Field(
        description="Whether the sensor has been silent for longer than its owner set.", examples=[False]
    )
    dataset: Dataset | None = Field(
        default=None, description="Up to 25 recent points, of up to two inputs of a device."
    )

    @classmethod
    def of(cls, one: SensorOverview) -> Self:
        """Show a sensor."""
        sensor, latest = one.sensor, one.points[-1] if one.points else None
        return cls(
            source=sensor.slot.peripheral,
            number=str(sensor.slot.number),
            address=sensor.slot.address,
            sensorname=sensor.sensorname,
            sensor_class=sensor.sensor_class,
            subclass=sensor.subclass,
            type=sensor.type,
            enabled=int(sensor.is_enabled),
            units=list(sensor.units),
            value=None if latest is None else latest.value.value,
            subvalue=None if latest is None else latest.value.subvalue,
            timestamp=None if latest is None else str(int(latest.at.timestamp())),
            alarm=one.is_alarming,
            inactive=one.is_inactive,
            dataset=Dataset.of(sensor, SensorReadings(one.points)) if one.is_charted else None,
        )


class DeviceGlance(DeviceRecord):
    """A device with its ports in use and its latest values."""

    alarm: bool = Field(description="Whether one of its sensors is beyond its threshold or silent.", examples=[False])
    ports: list[PortOverview] = Field(description="UART and GPIO that were ever set.")
    sensors: list[SensorGlance] = Field(description="All registered sensors, in the order of their ports.")

    @classmethod
    def of(cls, one: DeviceOverview) -> Self:
        """Show a device at a glance."""
        return cls(
            **DeviceRecord.from_model(one.device).model_dump(),
            alarm=one.is_alarming,
            ports=[PortOverview.of(port) for port in one.ports],
            sensors=[SensorGlance.of(sensor) for sensor in one.sensors],
        )


class OverviewAnswer(Answer):
    """A page of devices at a glance."""

    devices: list[DeviceGlance] = Field(description="By name.")
    cursor: str | None = Field(default=None, description="Leads to the next devices; absent at the end.")

    @classmethod
    def of(cls, page: Page[DeviceOverview]) -> Self:
        """Show a page."""
        return cls(devices=[DeviceGlance.of(one) for one in page.items], cursor=page.cursor)


def read_overview_limit(query: dict[str, str]) -> int:
    """Read how many devices are asked for; raise InvalidInput unless that is 1 to 25. Left out: 25."""
    text = query.get("limit", "")
    if not text:
        return DEVICES_PER_PAGE
    if not (text.isascii() and text.isdigit() and len(text) <= 2 and 1 <= int(text) <= DEVICES_PER_PAGE):
        raise InvalidInput(detail=[Problem("limit", f"1 to {DEVICES_PER_PAGE}")])
    return int(text)

"""The catalogues as they cross the wire (contract 10): documents, returned as they are."""

from pydantic import ConfigDict, Field

from iotcloud.schema import Answer, Shape


class Addresses(Shape):
    """Which addresses a model can have on I2C."""

    default: int = Field(description="The one that it leaves the factory with.", examples=[40])
    max: int = Field(description="The last of those that it can be set to.", examples=[47])


class SensorModel(Shape):
    """A model of a sensor; its members are what a sensor of it is registered with."""

    model_config = ConfigDict(extra="allow", populate_by_name=True, serialize_by_alias=True)

    id: str = Field(description="What tells it from others.", examples=["pot"])
    model: str = Field(description="The model.", examples=["POT"])
    name: str = Field(description="What people call it.", examples=["POT"])
    desc: str = Field(description="What it is.", examples=["Rotary potentiometer"])
    link: str = Field(description="Where one reads more; may be empty.", examples=[""])
    sensor_class: str = Field(alias="class", description="What it measures or does.", examples=["potentiometer"])
    type: str = Field(description="Whether it measures or acts: input or output.", examples=["input"])
    units: list[str] = Field(description="Units of its values.", examples=[["C"]])
    formats: list[str] = Field(description="Formats of its values.", examples=[["int"]])
    attributes: list[str] = Field(description="What its values are called.", examples=[["Range"]])
    subclass: str | None = Field(None, description="The second class, of models that have two.")
    subattributes: list[str] | None = Field(None, description="What the values of the second class are called.")
    addresses: Addresses | None = Field(None, description="On I2C.")


class I2cModel(SensorModel):
    """A model for I2C."""

    manufacturer: str = Field(description="Who makes it.", examples=["Electronic Dollar Store"])


class I2cDevicesAnswer(Answer):
    """The models for I2C."""

    document: list[I2cModel] = Field(description="Models for I2C.")


class SensorDevicesAnswer(Answer):
    """The models for all buses."""

    document: dict[str, dict[str, list[SensorModel]]] = Field(
        description="Models by bus (`I2C`, `ADC`, `1WIRE`, `TPROBE`), then by manufacturer."
    )

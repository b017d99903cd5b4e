"""Bodies of the UART, GPIO and voltage operations (contract 3.8, 6.1). Their settings are in `property_schema`."""

from collections.abc import Mapping
from typing import Annotated, Any, Self

from pydantic import Field, StrictInt, ValidationError

from iotcloud.board.schema import Report
from iotcloud.errors import CommunicationFailed
from iotcloud.notification_blocks.schema import NotificationSchema
from iotcloud.peripherals.model import (
    ADC_VOLTAGES,
    BAUD_RATES,
    DATA_BITS,
    DIRECTIONS,
    FLOW_CONTROLS,
    GPIO_VOLTAGES,
    INPUT_MODES,
    OFF_ON,
    OUTPUT_MODES,
    PARITIES,
    PIN_ALERTS,
    PIN_LEVELS,
    POLARITIES,
    STOP_BITS,
)
from iotcloud.peripherals.port_control import PortProperties
from iotcloud.peripherals.property_schema import GpioProperties, UartProperties
from iotcloud.schema import Answer, Body, numbered


class EnablePort(Body):
    """Whether the port shall work."""

    enable: Annotated[StrictInt, numbered(OFF_ON, examples=[1])]


class SetGpioVoltage(Body):
    """The voltage of all four pins."""

    voltage: Annotated[StrictInt, numbered(GPIO_VOLTAGES, examples=[0])]


class SetAdcVoltage(Body):
    """The range of both converters."""

    voltage: Annotated[StrictInt, numbered(ADC_VOLTAGES, examples=[0])]


class SetUartProperties(UartProperties):
    """Settings of the UART, with its notification block."""

    def to_model(self) -> PortProperties:
        return PortProperties(self.for_device(), self.notification.to_model())


class SetGpioProperties(GpioProperties):
    """Settings of the pin, with its notification block. Without `notification` the stored one stays."""

    def to_model(self) -> PortProperties:
        return PortProperties(self.for_device(), None if self.notification is None else self.notification.to_model())


class VoltageReport(Report):
    """One setting for all channels of a peripheral."""

    voltage: StrictInt = Field(description=f"Of GPIO: {GPIO_VOLTAGES}. Of ADC: {ADC_VOLTAGES}.", examples=[0])


class UartReport(Report):
    """One UART."""

    enabled: StrictInt = Field(description=f"{OFF_ON}.", examples=[1])


class UartsReport(Report):
    """The device's UARTs: one."""

    uarts: list[UartReport] = Field(description="One.")


class PinReport(Report):
    """One pin as it is now."""

    direction: StrictInt = Field(description=f"{DIRECTIONS}.", examples=[0])
    status: StrictInt = Field(description=f"{PIN_LEVELS}.", examples=[0])
    enabled: StrictInt = Field(description=f"{OFF_ON}.", examples=[1])


class GpiosReport(VoltageReport):
    """The device's four pins and their voltage."""

    gpios: list[PinReport] = Field(description="Pins 1 to 4.")


class PortPropertiesReport(Report):
    """Settings of a port as the device reports them, and its stored notification block."""

    notification: NotificationSchema = Field(description="Who is told what.")


class UartPropertiesReport(PortPropertiesReport):
    """Indexes into the lists of settings."""

    baudrate: StrictInt = Field(description=f"{BAUD_RATES}.", examples=[7])
    parity: StrictInt = Field(description=f"{PARITIES}.", examples=[0])
    flowcontrol: StrictInt = Field(description=f"{FLOW_CONTROLS}.", examples=[0])
    stopbits: StrictInt = Field(description=f"{STOP_BITS}.", examples=[0])
    databits: StrictInt = Field(description=f"{DATA_BITS}.", examples=[1])


class GpioPropertiesReport(PortPropertiesReport):
    """A pin. Members that its direction and mode do not use are not checked."""

    direction: StrictInt = Field(description=f"{DIRECTIONS}.", examples=[0])
    mode: StrictInt = Field(
        description=f"Of an input: {INPUT_MODES}. Of an output: {OUTPUT_MODES}.",
        examples=[2],
    )
    alert: StrictInt = Field(0, description=f"{PIN_ALERTS}.", examples=[1])
    alertperiod: StrictInt = Field(0, description="Milliseconds", examples=[10000])
    polarity: StrictInt = Field(0, description=f"{POLARITIES}.", examples=[0])
    width: StrictInt = Field(0, description="Milliseconds of a pulse", examples=[1])
    mark: StrictInt = Field(0, description="Milliseconds of a clock's active phase", examples=[1])
    space: StrictInt = Field(0, description="Milliseconds of a clock's other phase", examples=[1])
    count: StrictInt = Field(0, description="Cycles of a clock", examples=[1])


class ReportAnswer(Answer):
    """A response whose `value` comes from the device."""

    @classmethod
    def read(cls, value: Mapping[str, Any]) -> Self:
        """Validate a device's reply; raise CommunicationFailed when it does not fit the request."""
        try:
            return cls.model_validate({"value": value})
        except ValidationError as invalid:
            raise CommunicationFailed from invalid


class VoltageAnswer(ReportAnswer):
    """The voltage that is set."""

    value: VoltageReport = Field(description="What the device says.")


class UartsAnswer(ReportAnswer):
    """The UARTs."""

    value: UartsReport = Field(description="What the device says.")


class GpiosAnswer(ReportAnswer):
    """The pins."""

    value: GpiosReport = Field(description="What the device says.")


class PortPropertiesAnswer(ReportAnswer):
    """Settings of a port. The shape of `value` depends on the port."""

    @classmethod
    def from_model(cls, properties: PortProperties) -> Self:
        """Show properties. Raise CommunicationFailed when the device's reply does not fit."""
        block = None if properties.block is None else NotificationSchema.from_model(properties.block)
        return cls.read({**properties.attributes, "notification": block})


class UartPropertiesAnswer(PortPropertiesAnswer):
    """Settings of the UART."""

    value: UartPropertiesReport = Field(description="What the device says.")


class GpioPropertiesAnswer(PortPropertiesAnswer):
    """Settings of the pin."""

    value: GpioPropertiesReport = Field(description="What the device says.")

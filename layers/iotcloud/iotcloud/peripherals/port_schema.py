"""Bodies of the UART, GPIO and voltage operations (contract 3.8, 6.1). Their settings are in `property_schema`."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import Field, StrictInt, ValidationError

from iotcloud.board.schema import Report
from iotcloud.errors import CommunicationFailed
from iotcloud.notices.schema import NotificationSchema
from iotcloud.peripherals.port_control import PortProperties
from iotcloud.peripherals.property_schema import GpioProperties, UartProperties
from iotcloud.schema import Answer, Body

GPIO_VOLTAGE = "0 3.3 V, 1 5 V"
ADC_VOLTAGE = "0 -5/+5 V, 1 -10/+10 V, 2 0/10 V"


class EnablePort(Body):
    """Whether the port shall work."""

    enable: Annotated[Literal[0, 1], Field(description="0 off, 1 on", examples=[1])]


class SetGpioVoltage(Body):
    """The voltage of all four pins."""

    voltage: Annotated[StrictInt, Field(ge=0, le=1, description=GPIO_VOLTAGE, examples=[0])]


class SetAdcVoltage(Body):
    """The range of both converters."""

    voltage: Annotated[StrictInt, Field(ge=0, le=2, description=ADC_VOLTAGE, examples=[0])]


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

    voltage: StrictInt = Field(description="Index of the voltage", examples=[0])


class UartReport(Report):
    """One UART."""

    enabled: StrictInt = Field(description="0 off, 1 on", examples=[1])


class UartsReport(Report):
    """The device's UARTs: one."""

    uarts: list[UartReport]


class PinReport(Report):
    """One pin as it is now."""

    direction: StrictInt = Field(description="0 input, 1 output", examples=[0])
    status: StrictInt = Field(description="0 low, 1 high", examples=[0])
    enabled: StrictInt = Field(description="0 off, 1 on", examples=[1])


class GpiosReport(VoltageReport):
    """The device's four pins and their voltage."""

    gpios: list[PinReport]


class PortPropertiesReport(Report):
    """Settings of a port as the device reports them, and its stored notification block."""

    notification: NotificationSchema


class UartPropertiesReport(PortPropertiesReport):
    """Indexes into the lists of settings."""

    baudrate: StrictInt = Field(examples=[7])
    parity: StrictInt = Field(examples=[0])
    flowcontrol: StrictInt = Field(examples=[0])
    stopbits: StrictInt = Field(examples=[0])
    databits: StrictInt = Field(examples=[1])


class GpioPropertiesReport(PortPropertiesReport):
    """A pin. Members that its direction and mode do not use are not checked."""

    direction: StrictInt = Field(description="0 input, 1 output", examples=[0])
    mode: StrictInt = Field(
        description="Input: 0 high level, 1 low level, 2 high edge, 3 low edge; output: 0 level, 1 pulse, 2 clock",
        examples=[2],
    )
    alert: StrictInt = Field(0, description="0 once, 1 continuously", examples=[1])
    alertperiod: StrictInt = Field(0, description="Milliseconds", examples=[10000])
    polarity: StrictInt = Field(0, description="0 negative, 1 positive", examples=[0])
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

    value: VoltageReport


class UartsAnswer(ReportAnswer):
    """The UARTs."""

    value: UartsReport


class GpiosAnswer(ReportAnswer):
    """The pins."""

    value: GpiosReport


class PortPropertiesAnswer(ReportAnswer):
    """Settings of a port. The shape of `value` depends on the port."""

    @classmethod
    def from_model(cls, properties: PortProperties) -> Self:
        """Show properties. Raise CommunicationFailed when the device's reply does not fit."""
        block = None if properties.block is None else NotificationSchema.from_model(properties.block)
        return cls.read({**properties.attributes, "notification": block})


class UartPropertiesAnswer(PortPropertiesAnswer):
    """Settings of the UART."""

    value: UartPropertiesReport


class GpioPropertiesAnswer(PortPropertiesAnswer):
    """Settings of the pin."""

    value: GpioPropertiesReport

"""The ports that have no sensors: UART and GPIO (group 3), and the voltages of GPIO and ADC (groups 3 and 5).

Similar operations share one view, mounted for each row of a table.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial, wraps
from typing import Any

from api.operations import Call, Routes, View
from api.routes.board import CONTROLLED, DEVICE, FORWARDED
from iotcloud.errors import InvalidInput, MissingParameter
from iotcloud.peripherals.model import GPIO, UART, Peripheral, Slot, number_member
from iotcloud.peripherals.port_schema import (
    EnablePort,
    GpioPropertiesAnswer,
    GpiosAnswer,
    PortPropertiesAnswer,
    ReportAnswer,
    SetAdcVoltage,
    SetGpioProperties,
    SetGpioVoltage,
    SetUartProperties,
    UartPropertiesAnswer,
    UartsAnswer,
    VoltageAnswer,
)
from iotcloud.schema import Answer, Body
from iotcloud.wiring import wiring

SENT = (InvalidInput, MissingParameter, *CONTROLLED)

routes = Routes("Ports")


@dataclass(frozen=True)
class Port:
    """A kind of port that can be configured and enabled, and the ids of its operations."""

    peripheral: Peripheral
    get_id: str
    set_id: str
    enable_id: str
    request: type[SetUartProperties] | type[SetGpioProperties]
    answer: type[PortPropertiesAnswer]

    @property
    def path(self) -> str:
        """The common prefix of its operations' paths."""
        return f"{DEVICE}/{self.peripheral.name}" + ("/{number}" if self.peripheral.is_numbered else "")

    def slot(self, call: Call[Any]) -> Slot:
        """Return the port of a call's path; raise InvalidInput if the board has no such port."""
        return Slot(self.peripheral.name, self.peripheral.check_number(int(call.path.get("number", "1"))))


@dataclass(frozen=True)
class Question:
    """A query to a device without parameters."""

    id: str
    name: str
    path: str
    api: str
    answer: type[ReportAnswer]


@dataclass(frozen=True)
class Setting:
    """A setting that only the device stores."""

    id: str
    name: str
    path: str
    api: str
    request: type[Body]


PORTS = (
    Port(UART, "3F", "3G", "3H", SetUartProperties, UartPropertiesAnswer),
    Port(GPIO, "3J", "3K", "3L", SetGpioProperties, GpioPropertiesAnswer),
)
QUESTIONS = (
    Question("3E", "GET UARTS", "/uarts", "get_uarts", UartsAnswer),
    Question("3I", "GET GPIOS", "/gpios", "get_gpios", GpiosAnswer),
    Question("3M", "GET GPIO VOLTAGE", "/gpio/voltage", "get_gpio_voltage", VoltageAnswer),
    Question("5M", "GET ADC VOLTAGE", "/adc/voltage", "get_adc_voltage", VoltageAnswer),
)
SETTINGS = (
    Setting("3N", "SET GPIO VOLTAGE", "/gpio/voltage", "set_gpio_voltage", SetGpioVoltage),
    Setting("5N", "SET ADC VOLTAGE", "/adc/voltage", "set_adc_voltage", SetAdcVoltage),
)


def get_properties(port: Port, call: Call[None]) -> PortPropertiesAnswer:
    """Ask the device for the port's properties; the notification block is the stored one, or the default."""
    properties = wiring().peripherals.ports.get_properties(
        call.caller.username, call.path["devicename"], port.slot(call)
    )
    return port.answer.from_model(properties)


def set_properties(port: Port, call: Call[SetUartProperties | SetGpioProperties]) -> Answer:
    """Send the port's properties to the device and store them for its next start; store the notification block."""
    wiring().peripherals.ports.set_properties(
        call.caller.username, call.path["devicename"], port.slot(call), call.body.to_model()
    )
    return Answer()


def enable_port(port: Port, call: Call[EnablePort]) -> Answer:
    """Enable or disable the port. The platform does not store this."""
    members = {"enable": call.body.enable, **number_member(port.slot(call))}
    wiring().board.service.forward(
        call.caller.username, call.path["devicename"], f"enable_{port.peripheral.name}", members
    )
    return Answer()


def ask_device(question: Question, call: Call[None]) -> ReportAnswer:
    """Ask the device for the current value."""
    return question.answer.read(
        wiring().board.service.forward(call.caller.username, call.path["devicename"], question.api)
    )


def tell_device(setting: Setting, call: Call[Body]) -> Answer:
    """Send the value to the device. The platform does not store it."""
    wiring().board.service.forward(call.caller.username, call.path["devicename"], setting.api, call.body.model_dump())
    return Answer()


def _of(row: object, view: Callable[..., Answer]) -> View:
    """Create the view of one row."""
    return wraps(view)(partial(view, row))


for _port in PORTS:
    _name = _port.peripheral.name.upper()
    routes.operation(
        _port.get_id,
        f"GET {_name} PROPERTIES",
        "GET",
        f"{_port.path}/properties",
        answer=_port.answer,
        errors=FORWARDED,
        call_name=f"get_{_port.peripheral.name}_properties",
    )(_of(_port, get_properties))
    routes.operation(
        _port.set_id,
        f"SET {_name} PROPERTIES",
        "POST",
        f"{_port.path}/properties",
        request=_port.request,
        answer=Answer,
        errors=SENT,
        call_name=f"set_{_port.peripheral.name}_properties",
    )(_of(_port, set_properties))
    routes.operation(
        _port.enable_id,
        f"ENABLE/DISABLE {_name}",
        "POST",
        f"{_port.path}/enable",
        request=EnablePort,
        answer=Answer,
        errors=SENT,
        call_name=f"enable_{_port.peripheral.name}",
    )(_of(_port, enable_port))

for _question in QUESTIONS:
    routes.operation(
        _question.id,
        _question.name,
        "GET",
        DEVICE + _question.path,
        answer=_question.answer,
        errors=FORWARDED,
        call_name=_question.api,
    )(_of(_question, ask_device))

for _setting in SETTINGS:
    routes.operation(
        _setting.id,
        _setting.name,
        "POST",
        DEVICE + _setting.path,
        request=_setting.request,
        answer=Answer,
        errors=SENT,
        call_name=_setting.api,
    )(_of(_setting, tell_device))

"""What a client shows in words: peripherals, classes, what numbers stand for, errors. `make openapi` writes it to
enumerations.json, from which clients make their own tables."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, get_args

from api.gateway import GATEWAY_RESPONSES
from api.openapi import errors_of
from api.operations import Operation
from api.responses import UNEXPECTED, UNEXPECTED_CODE, status_of
from iotcloud.board.model import SENSOR_RATES, SETTABLE_STATUSES, STATUSES
from iotcloud.devices.model import Role
from iotcloud.enumerations import Enumeration
from iotcloud.notices.ledger import State
from iotcloud.notices.schema import ChannelName
from iotcloud.peripherals import model
from iotcloud.peripherals.property_schema import CLASS_PROPERTIES
from iotcloud.schema import MAX_NAME_LENGTH
from iotcloud.topics import Direction
from iotcloud.users.model import ChallengeKind

Json = dict[str, Any]

FILE = Path(__file__).with_name("enumerations.json")

NUMBERS: dict[str, Enumeration] = {
    "enable": model.OFF_ON,
    "status": STATUSES,
    "status_to_set": SETTABLE_STATUSES,
    "uart.baudrate": model.BAUD_RATES,
    "uart.parity": model.PARITIES,
    "uart.flowcontrol": model.FLOW_CONTROLS,
    "uart.stopbits": model.STOP_BITS,
    "uart.databits": model.DATA_BITS,
    "gpio.direction": model.DIRECTIONS,
    "gpio.mode.input": model.INPUT_MODES,
    "gpio.mode.output": model.OUTPUT_MODES,
    "gpio.alert": model.PIN_ALERTS,
    "gpio.polarity": model.POLARITIES,
    "gpio.level": model.PIN_LEVELS,
    "gpio.voltage": model.GPIO_VOLTAGES,
    "adc.voltage": model.ADC_VOLTAGES,
    "sensor.mode": model.SENSOR_MODES,
    "sensor.threshold.activate": model.ACTIVATIONS,
    "sensor.alert.type": model.SENSOR_ALERTS,
    "potentiometer.range": model.POTENTIOMETER_RANGES,
    "output.endpoint": model.ENDPOINTS,
    "light.usage": model.COLOUR_USAGES,
    "display.format": model.DISPLAY_FORMATS,
    "speaker.type": model.SPEAKER_TYPES,
}
"""What each number stands for, by the peripheral or class and the member."""
WORDS: dict[str, Iterable[str]] = {
    "role": Role,
    "channel": get_args(ChannelName),
    "notice.state": State,
    "direction": Direction,
    "challenge": ChallengeKind,
}


def document(operations: Iterable[Operation]) -> Json:
    """Put all tables into one object."""
    return {
        "peripherals": [
            {
                "name": one.name,
                "slots": one.slots,
                "numbered": one.is_numbered,
                "bus": isinstance(one, model.Bus),
                "addressed": isinstance(one, model.Bus) and one.is_addressed,
            }
            for one in model.PERIPHERALS.values()
        ],
        "classes": [
            {
                "number": one.number,
                "name": one.name,
                "input": one.is_input,
                "properties": CLASS_PROPERTIES[one.name].__name__,
            }
            for one in model.SENSOR_CLASSES.values()
        ],
        "numbers": {name: _numbers(enumeration) for name, enumeration in NUMBERS.items()},
        "words": {name: [str(word) for word in words] for name, words in WORDS.items()},
        "limits": {
            "name": {"longest": MAX_NAME_LENGTH},
            "sensors": {"most": model.MAX_SENSORS},
            "address": _range(model.ADDRESSES),
            "inactivity_seconds": _range(model.SILENCE_SECONDS),
            "sensorrate": _range(SENSOR_RATES),
        },
        "errors": _errors(operations),
    }


def text(tables: Json) -> str:
    """Write the tables as JSON, a line for each entry."""
    return json.dumps(tables, indent=1, ensure_ascii=False) + "\n"


def _numbers(enumeration: Enumeration) -> list[Json]:
    return [
        {"number": number, "name": enumeration.names[number], "meaning": meaning}
        for number, meaning in enumeration.meanings.items()
    ]


def _range(allowed: range) -> Json:
    return {"least": allowed[0], "most": allowed[-1]}


def _errors(operations: Iterable[Operation]) -> list[Json]:
    """List every condition that an operation or the gateway answers with, by code."""
    found = {UNEXPECTED_CODE: (500, UNEXPECTED)}
    found |= {code: (int(status), message) for status, message, code in GATEWAY_RESPONSES.values()}
    for operation in operations:
        found |= {error.code: (int(status_of(error)), error.message) for error in errors_of(operation)}
    return [{"code": code, "status": status, "message": message} for code, (status, message) in sorted(found.items())]

"""The property objects of sensors and pins in the description: one schema for each kind, told apart by their members.

The server picks the schema by the sensor that a path names, so that a body needs no `class`, and old clients send none.
Clients that are generated from the description send it, and get it: it is what tells the kinds apart.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from api.schemas import Model
from iotcloud.enumerations import Enumeration
from iotcloud.peripherals.model import DIRECTIONS, INPUT_MODES, OUTPUT_MODES
from iotcloud.peripherals.port_schema import SetGpioProperties
from iotcloud.peripherals.property_schema import CLASS_PROPERTIES, MIN_GPIO_ALERT_PERIOD_MS, WAVEFORM
from iotcloud.peripherals.schema import SensorPropertiesAnswer, SetSensorProperties

Schema = dict[str, Any]

CLASS_MODELS: tuple[Model, ...] = tuple((model, "validation") for model in dict.fromkeys(CLASS_PROPERTIES.values()))
SET_SENSOR, ANSWER = SetSensorProperties.__name__, SensorPropertiesAnswer.__name__
SET_PIN = SetGpioProperties.__name__
REPORT = "SensorPropertiesReport"
CLASS = "class"
SUBATTRIBUTES = "subattributes"


def with_variants(components: Mapping[str, Schema]) -> dict[str, Schema]:
    """Return all schemas, with those of the kinds of properties in place of the ones that only say object."""
    found = dict(components)
    if {SET_SENSOR, ANSWER} <= found.keys():
        found |= _by_class(found)
    if SET_PIN in found:
        found |= _by_direction(found[SET_PIN])
    return dict(sorted(found.items()))


def _by_class(components: Mapping[str, Schema]) -> dict[str, Schema]:
    classes: dict[str, list[str]] = {}
    for name, properties in CLASS_PROPERTIES.items():
        classes.setdefault(properties.__name__, []).append(name)
    found: dict[str, Schema] = {
        SET_SENSOR: _choice("The properties of a sensor, by its class.", classes),
        REPORT: _choice("What a device says that a sensor is set to.", classes, "Report"),
    }
    answer = components[ANSWER]
    value = {
        "allOf": [{"$ref": f"#/components/schemas/{REPORT}"}],
        "description": answer["properties"]["value"]["description"],
    }
    found[ANSWER] = {**answer, "properties": {**answer["properties"], "value": value}}
    for model, names in classes.items():
        found[model] = _of_class(components[model], names, SET_SENSOR, is_whole=True)
        found[f"{model}Report"] = _of_class(components[model], names, REPORT, is_whole=False)
    return found


def _choice(description: str, classes: Mapping[str, Iterable[str]], suffix: str = "") -> Schema:
    def reference(model: str) -> str:
        return f"#/components/schemas/{model}{suffix}"

    mapping = {name: reference(model) for model, names in classes.items() for name in names}
    return {
        "description": description,
        "oneOf": [{"$ref": reference(model)} for model in classes],
        "discriminator": {"propertyName": CLASS, "mapping": mapping},
    }


def _of_class(schema: Schema, names: list[str], nested: str, *, is_whole: bool) -> Schema:
    """Add the class, and the properties of a second class; of what devices report, members can be missing."""
    members: Schema = {
        CLASS: {"type": "string", "enum": names, "description": "The sensor's class."},
        **schema["properties"],
        SUBATTRIBUTES: {
            "allOf": [{"$ref": f"#/components/schemas/{nested}"}],
            "description": "Of a sensor of two classes: the properties of its second class.",
        },
    }
    required = [CLASS, *(schema.get("required", []) if is_whole else [])]
    return {**schema, "properties": members, "required": required}


def _by_direction(schema: Schema) -> dict[str, Schema]:
    """Say which members an input needs, and an output in each of its modes."""
    least = {"type": "integer", "minimum": MIN_GPIO_ALERT_PERIOD_MS}
    found = {
        "GpioInput": _pin(schema, 0, INPUT_MODES, {"alert": {}, "alertperiod": least}),
        **{
            f"Gpio{meaning.capitalize()}Output": _pin(
                schema,
                1,
                Enumeration({mode: meaning}),
                {"polarity": {}, **{name: {"minimum": 1} for name in WAVEFORM[mode]}},
            )
            for mode, meaning in OUTPUT_MODES.meanings.items()
        },
    }
    choice = {
        "description": schema["description"],
        "oneOf": [{"$ref": f"#/components/schemas/{name}"} for name in found],
    }
    return {SET_PIN: choice, **found}


def _pin(schema: Schema, direction: int, modes: Enumeration, needed: Mapping[str, Schema]) -> Schema:
    directions = Enumeration({direction: DIRECTIONS.meanings[direction]})
    members = {name: {**member, **needed.get(name, {})} for name, member in schema["properties"].items()}
    members["direction"] = _numbers(directions)
    members["mode"] = _numbers(modes)
    return {
        **schema,
        "description": f"A pin that is an {directions.meanings[direction]}: {', '.join(modes.meanings.values())}.",
        "properties": members,
        "required": ["direction", "mode", *needed],
    }


def _numbers(enumeration: Enumeration) -> Schema:
    return {
        "type": "integer",
        "enum": list(enumeration.meanings),
        "x-enum-varnames": list(enumeration.names.values()),
        "description": f"{enumeration}.",
    }

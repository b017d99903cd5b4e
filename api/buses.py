"""Registers an operation of all buses (groups 4 to 7) once and mounts it for each bus."""

from collections.abc import Callable, Mapping
from functools import partial, wraps
from typing import Any

from api.exports import File
from api.operations import Call, QueryParameter, Routes
from iotcloud.errors import IotCloudError
from iotcloud.peripherals.model import ADC, I2C, ONEWIRE, TPROBE, Bus
from iotcloud.schema import Answer, Body, Shape

GROUPS: Mapping[str, Bus] = {"4": I2C, "5": ADC, "6": ONEWIRE, "7": TPROBE}
"""The contract's group of each bus's operations."""

BUS_SENSORS = "/devices/device/{devicename}/{bus}/sensors"
SLOT_SENSORS = "/devices/device/{devicename}/{bus}/{number}/sensors"
SENSOR = SLOT_SENSORS + "/sensor/{sensorname}"

BusView = Callable[[Bus, Call[Any]], Answer | File]


def on_buses(
    routes: Routes,
    ids: str,
    name: str,
    method: str,
    path: str,
    *,
    answer: type[Shape],
    request: type[Body] | None = None,
    errors: tuple[type[IotCloudError], ...] = (),
    query: tuple[str | QueryParameter, ...] = (),
) -> Callable[[BusView], BusView]:
    """Register the decorated view as an operation of each bus in `ids`, e.g. `4A 5A 6A 7A`.

    `{bus}` in name and path is replaced by the bus's name; the view receives the bus.
    """

    def enter(view: BusView) -> BusView:
        for id_ in ids.split():
            bus = GROUPS[id_[0]]
            routes.operation(
                id_,
                name.replace("{bus}", bus.name.upper()),
                method,
                path.replace("{bus}", bus.name),
                request=request,
                answer=answer,
                errors=errors,
                query=query,
                call_name=_on_bus(view.__name__, bus),
            )(wraps(view)(partial(view, bus)))
        return view

    return enter


def _on_bus(name: str, bus: Bus) -> str:
    """Name an operation of one bus: `add_sensor` is `add_i2c_sensor`."""
    verb, _, what = name.partition("_")
    return f"{verb}_{bus.name}_{what}"


def place(call: Call[Any]) -> tuple[int, str]:
    """Return the slot number and the sensor name of a call's path."""
    return int(call.path["number"]), call.path["sensorname"]

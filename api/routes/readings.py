"""Sensor readings: of a device (group 3), and of sensors and slots (groups 4 to 7); the views of these are one set,
mounted for each row of a table of buses."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial, wraps

from api.operations import Call, Routes, View
from iotcloud.errors import CommunicationFailed, DeviceNotRegistered, InvalidInput, NotPermitted, SensorNotRegistered
from iotcloud.peripherals.model import ADC, I2C, ONEWIRE, TPROBE, Bus, SensorTypeInvalid
from iotcloud.peripherals.schema import SensorsAnswer
from iotcloud.readings.schema import (
    ReadingsAnswer,
    SensorsDatasetAnswer,
    SensorsReadingsAnswer,
    SeriesAnswer,
    SlotReadingsAnswer,
    read_series_query,
)
from iotcloud.schema import Answer
from iotcloud.wiring import wiring

routes = Routes("Readings")

DEVICE = "/devices/device/{devicename}"
SLOT = (DeviceNotRegistered, InvalidInput)
SENSOR = (*SLOT, SensorNotRegistered, SensorTypeInvalid)
SERIES_QUERY = ("datebegin", "dateend", "interval", "limit", "cursor")


@routes.operation(
    "3O",
    "GET PERIPHERAL SENSOR READINGS",
    "GET",
    f"{DEVICE}/sensors/readings",
    answer=SensorsReadingsAnswer,
    errors=(DeviceNotRegistered, CommunicationFailed),
)
def list_readings(call: Call[None]) -> SensorsReadingsAnswer:
    """List the enabled inputs of a device with their readings; none while the device does not answer."""
    joined = wiring().readings.list_readings(call.caller.username, call.path["devicename"])
    return SensorsReadingsAnswer.of(joined)


@routes.operation(
    "3P",
    "DELETE PERIPHERAL SENSOR READINGS",
    "DELETE",
    f"{DEVICE}/sensors/readings",
    answer=SensorsAnswer,
    errors=(DeviceNotRegistered, NotPermitted),
)
def delete_device_readings(call: Call[None]) -> SensorsAnswer:
    """Delete the readings of all inputs of a device, and list these."""
    return SensorsAnswer.of(wiring().readings.delete_device_readings(call.caller.username, call.path["devicename"]))


@routes.operation(
    "3.1",
    "GET PERIPHERAL SENSOR DATASET",
    "GET",
    f"{DEVICE}/sensors/readings/dataset",
    answer=SensorsDatasetAnswer,
    errors=(DeviceNotRegistered, CommunicationFailed),
)
def list_datasets(call: Call[None]) -> SensorsDatasetAnswer:
    """List the enabled inputs of a device with their newest 25 readings; none while the device does not answer."""
    joined = wiring().readings.list_readings(call.caller.username, call.path["devicename"])
    return SensorsDatasetAnswer.of(joined)


def get_readings(bus: Bus, call: Call[None]) -> ReadingsAnswer:
    """Get a sensor's latest reading and its extremes."""
    readings = wiring().readings.get_readings(call.caller.username, call.path["devicename"], bus, *_place(call))
    return ReadingsAnswer.of(readings)


def delete_readings(bus: Bus, call: Call[None]) -> Answer:
    """Delete a sensor's readings."""
    wiring().readings.delete_readings(call.caller.username, call.path["devicename"], bus, *_place(call))
    return Answer()


def list_slot_readings(bus: Bus, call: Call[None]) -> SlotReadingsAnswer:
    """List the latest readings of a slot's enabled inputs."""
    number = int(call.path["number"])
    joined = wiring().readings.list_slot_readings(call.caller.username, call.path["devicename"], bus, number)
    return SlotReadingsAnswer.of(joined)


def delete_slot_readings(bus: Bus, call: Call[None]) -> Answer:
    """Delete the readings of a slot's inputs."""
    number = int(call.path["number"])
    wiring().readings.delete_slot_readings(call.caller.username, call.path["devicename"], bus, number)
    return Answer()


def get_series(bus: Bus, call: Call[None]) -> SeriesAnswer:
    """Get a sensor's course between two instants, oldest first: each reading, or what those of an interval come to.

    Without `dateend` up to now, without `datebegin` of the day before `dateend`.
    """
    asked, limit = read_series_query(call.query)
    page = wiring().series.get_series(
        call.caller.username, call.path["devicename"], bus, *_place(call), asked, limit, call.query.get("cursor")
    )
    return SeriesAnswer.of(page)


def _place(call: Call[None]) -> tuple[int, str]:
    return int(call.path["number"]), call.path["sensorname"]


@dataclass(frozen=True)
class BusOperations:
    """A bus, and the ids of its operations."""

    bus: Bus
    get_id: str
    delete_id: str
    list_slot_id: str
    delete_slot_id: str
    series_id: str


BUSES = (
    BusOperations(I2C, "4K", "4L", "4M", "4N", "4.1"),
    BusOperations(ADC, "5I", "5J", "5K", "5L", "5.1"),
    BusOperations(ONEWIRE, "6I", "6J", "6K", "6L", "6.1"),
    BusOperations(TPROBE, "7I", "7J", "7K", "7L", "7.1"),
)


def _of(bus: Bus, view: Callable[[Bus, Call[None]], Answer]) -> View:
    """Make the view of one bus."""
    return wraps(view)(partial(view, bus))


def _mount(row: BusOperations) -> None:
    bus, name = row.bus, row.bus.name.upper()
    slot = f"{DEVICE}/{bus.name}/{{number}}/sensors"
    sensor = f"{slot}/sensor/{{sensorname}}/readings"
    routes.operation(row.get_id, f"GET {name} DEVICE READINGS", "GET", sensor, answer=ReadingsAnswer, errors=SENSOR)(
        _of(bus, get_readings)
    )
    routes.operation(
        row.delete_id, f"DELETE {name} DEVICE READINGS", "DELETE", sensor, answer=Answer, errors=(*SENSOR, NotPermitted)
    )(_of(bus, delete_readings))
    routes.operation(
        row.list_slot_id,
        f"GET {name} DEVICES READINGS",
        "GET",
        f"{slot}/readings",
        answer=SlotReadingsAnswer,
        errors=SLOT,
    )(_of(bus, list_slot_readings))
    routes.operation(
        row.delete_slot_id,
        f"DELETE {name} DEVICES READINGS",
        "DELETE",
        f"{slot}/readings",
        answer=Answer,
        errors=(*SLOT, NotPermitted),
    )(_of(bus, delete_slot_readings))
    routes.operation(
        row.series_id,
        f"GET {name} DEVICE SERIES",
        "GET",
        f"{sensor}/series",
        answer=SeriesAnswer,
        errors=SENSOR,
        query=SERIES_QUERY,
    )(_of(bus, get_series))


for _row in BUSES:
    _mount(_row)

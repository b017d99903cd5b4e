"""Sensor readings: of a device (group 3), and of sensors and slots (groups 4 to 7)."""

from api.buses import SENSOR, SLOT_SENSORS, on_buses, place
from api.exports import Export, File
from api.operations import POINTS, Call, Routes
from api.routes.board import DEVICE
from iotcloud.errors import (
    CommunicationFailed,
    DeviceNotRegistered,
    InvalidInput,
    NotPermitted,
    SensorBusy,
    SensorNotRegistered,
)
from iotcloud.peripherals.model import Bus, SensorTypeInvalid
from iotcloud.peripherals.schema import SensorsAnswer
from iotcloud.readings.schema import (
    MAX_EXPORTED_POINTS,
    ReadingsAnswer,
    SensorsDatasetAnswer,
    SensorsReadingsAnswer,
    SeriesAnswer,
    SeriesRow,
    SlotAnswer,
    SlotReadingsAnswer,
    read_series_query,
)
from iotcloud.readings.service import DATASET_POINTS
from iotcloud.schema import Answer
from iotcloud.wiring import wiring

routes = Routes("Readings")

READINGS = f"{SENSOR}/readings"
SLOT = (DeviceNotRegistered, InvalidInput)
INPUT = (*SLOT, SensorNotRegistered, SensorTypeInvalid)
"""Errors of every operation on one input sensor."""
DELETED = (NotPermitted, SensorBusy)
"""Additional errors of operations that delete readings."""


@routes.operation(
    "3O",
    "GET PERIPHERAL SENSOR READINGS",
    "GET",
    f"{DEVICE}/sensors/readings",
    answer=SensorsReadingsAnswer,
    errors=(DeviceNotRegistered, CommunicationFailed),
    call_name="list_device_readings",
)
def list_readings(call: Call[None]) -> SensorsReadingsAnswer:
    """List the enabled inputs of a device with their readings; empty while the device does not reply."""
    joined = wiring().readings.service.list_readings(call.caller.username, call.path["devicename"])
    return SensorsReadingsAnswer.of(joined)


@routes.operation(
    "3P",
    "DELETE PERIPHERAL SENSOR READINGS",
    "DELETE",
    f"{DEVICE}/sensors/readings",
    answer=SensorsAnswer,
    errors=(DeviceNotRegistered, *DELETED),
)
def delete_device_readings(call: Call[None]) -> SensorsAnswer:
    """Delete the readings of all inputs of a device, and list the inputs."""
    return SensorsAnswer.of(
        wiring().readings.service.delete_device_readings(call.caller.username, call.path["devicename"])
    )


@routes.operation(
    "3.1",
    "GET PERIPHERAL SENSOR DATASET",
    "GET",
    f"{DEVICE}/sensors/readings/dataset",
    answer=SensorsDatasetAnswer,
    errors=(DeviceNotRegistered, CommunicationFailed),
    call_name="list_device_datasets",
)
def list_datasets(call: Call[None]) -> SensorsDatasetAnswer:
    """List the enabled inputs of a device with their newest 25 readings; empty while the device does not reply."""
    joined = wiring().readings.service.list_readings(call.caller.username, call.path["devicename"], DATASET_POINTS)
    return SensorsDatasetAnswer.of(joined)


@on_buses(
    routes,
    "4D 5D 6D 7D",
    "GET {bus} DEVICES",
    "GET",
    SLOT_SENSORS,
    answer=SlotAnswer,
    errors=(*SLOT, CommunicationFailed),
)
def list_slot(bus: Bus, call: Call[None]) -> SlotAnswer:
    """List a slot's sensors with the state that the device reports; enabled inputs have their readings.

    While the device does not reply, they show as disabled and the message says that it is offline.
    """
    number = int(call.path["number"])
    return SlotAnswer.of_slot(
        wiring().readings.service.list_slot(call.caller.username, call.path["devicename"], bus, number)
    )


@on_buses(routes, "4K 5I 6I 7I", "GET {bus} DEVICE READINGS", "GET", READINGS, answer=ReadingsAnswer, errors=INPUT)
def get_readings(bus: Bus, call: Call[None]) -> ReadingsAnswer:
    """Get a sensor's latest reading and its extremes."""
    readings = wiring().readings.service.get_readings(call.caller.username, call.path["devicename"], bus, *place(call))
    return ReadingsAnswer.of(readings)


@on_buses(
    routes,
    "4L 5J 6J 7J",
    "DELETE {bus} DEVICE READINGS",
    "DELETE",
    READINGS,
    answer=Answer,
    errors=(*INPUT, *DELETED),
)
def delete_readings(bus: Bus, call: Call[None]) -> Answer:
    """Delete a sensor's readings."""
    wiring().readings.service.delete_readings(call.caller.username, call.path["devicename"], bus, *place(call))
    return Answer()


@on_buses(
    routes,
    "4M 5K 6K 7K",
    "GET {bus} DEVICES READINGS",
    "GET",
    f"{SLOT_SENSORS}/readings",
    answer=SlotReadingsAnswer,
    errors=SLOT,
)
def list_slot_readings(bus: Bus, call: Call[None]) -> SlotReadingsAnswer:
    """List the latest readings of a slot's enabled inputs. The device is not contacted."""
    number = int(call.path["number"])
    joined = wiring().readings.service.list_slot_readings(call.caller.username, call.path["devicename"], bus, number)
    return SlotReadingsAnswer.of(joined)


@on_buses(
    routes,
    "4N 5L 6L 7L",
    "DELETE {bus} DEVICES READINGS",
    "DELETE",
    f"{SLOT_SENSORS}/readings",
    answer=Answer,
    errors=(*SLOT, *DELETED),
)
def delete_slot_readings(bus: Bus, call: Call[None]) -> Answer:
    """Delete the readings of a slot's inputs."""
    number = int(call.path["number"])
    wiring().readings.service.delete_slot_readings(call.caller.username, call.path["devicename"], bus, number)
    return Answer()


@on_buses(
    routes,
    "4.1 5.1 6.1 7.1",
    "GET {bus} DEVICE SERIES",
    "GET",
    f"{READINGS}/series",
    answer=SeriesAnswer,
    errors=INPUT,
    query=("datebegin", "dateend", "interval", "timezone", POINTS, "cursor"),
)
def get_series(bus: Bus, call: Call[None]) -> SeriesAnswer:
    """Get a sensor's readings between two instants, oldest first, optionally aggregated by interval.

    `dateend` defaults to now, `datebegin` to a day before it.
    """
    asked, limit = read_series_query(call.query)
    page = wiring().readings.series.get_series(
        call.caller.username, call.path["devicename"], bus, *place(call), asked, limit, call.query.get("cursor")
    )
    return SeriesAnswer.of(page)


@on_buses(
    routes,
    "4.2 5.2 6.2 7.2",
    "EXPORT {bus} DEVICE SERIES",
    "GET",
    f"{READINGS}/series/export",
    answer=SeriesRow,
    errors=INPUT,
    query=("format", "datebegin", "dateend", "interval", "timezone", "cursor"),
)
def export_series(bus: Bus, call: Call[None]) -> File:
    """Export a sensor's readings between two instants, oldest first, at most 10000 points at a time.

    While there are more, the header `X-Cursor` has the next cursor. Concatenated files are the complete export.
    """
    export, (asked, _) = Export.read("series", call.query), read_series_query(call.query)
    page = wiring().readings.series.get_series(
        call.caller.username,
        call.path["devicename"],
        bus,
        *place(call),
        asked,
        MAX_EXPORTED_POINTS,
        call.query.get("cursor"),
    )
    return export.write(SeriesRow, map(SeriesRow.of_point, page.items), page.cursor)

"""Backtests of a sensor's properties over its stored readings (groups 4 to 7)."""

from api.buses import SENSOR, on_buses, place
from api.operations import POINTS, Call, Routes
from iotcloud.backtests.schema import MAX_TRIGGERS, BacktestAnswer
from iotcloud.errors import DeviceNotRegistered, InvalidInput, MissingParameter, SensorNotRegistered
from iotcloud.peripherals.model import Bus, SensorTypeInvalid
from iotcloud.peripherals.schema import SetSensorProperties
from iotcloud.readings.schema import read_series_query
from iotcloud.wiring import wiring

routes = Routes("Readings")


@on_buses(
    routes,
    "4.3 5.3 6.3 7.3",
    "REHEARSE {bus} DEVICE PROPERTIES",
    "POST",
    f"{SENSOR}/readings/rehearsal",
    request=SetSensorProperties,
    answer=BacktestAnswer,
    errors=(MissingParameter, InvalidInput, DeviceNotRegistered, SensorNotRegistered, SensorTypeInvalid),
    query=("datebegin", "dateend", POINTS, "cursor"),
)
def backtest_properties(bus: Bus, call: Call[SetSensorProperties]) -> BacktestAnswer:
    """Return the alerts that properties would have caused over stored readings. Nothing is set or sent.

    The body is that of SET PROPERTIES; without a `notification` the stored one is used. `dateend` defaults to now,
    `datebegin` to a day before it. A page has at most 100 triggers; it can be short and have a cursor.
    """
    backtests, (asked, limit) = wiring().backtests.service, read_series_query(call.query)
    device, sensor = backtests.find_input(call.caller.username, call.path["devicename"], bus, *place(call))
    properties, limit = call.body.to_model(sensor), min(limit, MAX_TRIGGERS)
    page = backtests.run_backtest(device, sensor, properties, asked, limit, call.query.get("cursor"))
    return BacktestAnswer.of(sensor, page)

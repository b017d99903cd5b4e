"""The overview of devices."""

from dataclasses import replace

from api.operations import QUERY_PARAMETERS, Call, Routes
from iotcloud.errors import InvalidInput
from iotcloud.readings.overview import DEVICES_PER_PAGE
from iotcloud.readings.overview_schema import OverviewAnswer, read_overview_limit
from iotcloud.wiring import wiring

routes = Routes("Readings")
DEVICES = replace(
    QUERY_PARAMETERS["limit"], schema={"type": "integer", "minimum": 1, "maximum": DEVICES_PER_PAGE}, example=25
)
"""The `limit` of the overview."""


@routes.operation(
    "2.22",
    "GET DEVICES OVERVIEW",
    "GET",
    "/devices/overview",
    answer=OverviewAnswer,
    errors=(InvalidInput,),
    query=(DEVICES, "cursor"),
)
def list_overview(call: Call[None]) -> OverviewAnswer:
    """List up to 25 of the caller's devices with their ports, latest values, alarms and recent points.

    Devices are not asked: sensors and ports are as they were last known. A value is absent when none of the device's
    newest 25 messages has one of that sensor.
    """
    limit = read_overview_limit(call.query)
    return OverviewAnswer.of(
        wiring().readings.overview.list_overview(call.caller.username, limit, call.query.get("cursor"))
    )

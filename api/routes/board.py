"""The board's own operations: status and settings (group 3)."""

from api.operations import Call, Routes
from iotcloud.board.schema import (
    SetSettings,
    SetStatus,
    SettingsAnswer,
    SettingsReport,
    StatusAnswer,
    StatusReport,
)
from iotcloud.errors import (
    CommunicationFailed,
    DeviceNotRegistered,
    DeviceUnreachable,
    EmptyParameter,
    InvalidInput,
    NotPermitted,
)
from iotcloud.schema import Answer
from iotcloud.wiring import wiring

DEVICE = "/devices/device/{devicename}"
FORWARDED = (DeviceNotRegistered, CommunicationFailed, DeviceUnreachable)
"""Errors of every operation that waits for a device."""
CONTROLLED = (NotPermitted, *FORWARDED)
"""Errors of operations that change a device's state; viewers may not call them."""

routes = Routes("Board")


@routes.operation("3A", "GET STATUS", "GET", f"{DEVICE}/status", answer=StatusAnswer, errors=FORWARDED)
def get_status(call: Call[None]) -> StatusAnswer:
    """Ask the device for its state and firmware version.

    A device that does not reply within 3 s is reported unreachable; `value` has its last known state.
    """
    value = wiring().board.service.get_status(call.caller.username, call.path["devicename"])
    return StatusAnswer(value=StatusReport.read(value))


@routes.operation(
    "3B",
    "SET STATUS",
    "POST",
    f"{DEVICE}/status",
    request=SetStatus,
    answer=StatusAnswer,
    errors=(EmptyParameter, InvalidInput, *CONTROLLED),
)
def set_status(call: Call[SetStatus]) -> StatusAnswer:
    """Restart, stop or start the device; the response has its intermediate state."""
    value = wiring().board.service.set_status(call.caller.username, call.path["devicename"], call.body.status)
    return StatusAnswer(value=StatusReport.read(value))


@routes.operation("3C", "GET SETTINGS", "GET", f"{DEVICE}/settings", answer=SettingsAnswer, errors=FORWARDED)
def get_settings(call: Call[None]) -> SettingsAnswer:
    """Ask the device for its settings."""
    value = wiring().board.service.forward(call.caller.username, call.path["devicename"], "get_settings")
    return SettingsAnswer(value=SettingsReport.read(value))


@routes.operation(
    "3D",
    "SET SETTINGS",
    "POST",
    f"{DEVICE}/settings",
    request=SetSettings,
    answer=Answer,
    errors=(InvalidInput, *CONTROLLED),
)
def set_settings(call: Call[SetSettings]) -> Answer:
    """Set how often the device publishes its readings. The platform does not store this."""
    wiring().board.service.forward(
        call.caller.username, call.path["devicename"], "set_settings", {"sensorrate": call.body.sensorrate}
    )
    return Answer()

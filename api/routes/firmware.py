"""Updates of devices' firmware (group 2)."""

from api.operations import Call, Routes
from api.routes.board import CONTROLLED, DEVICE
from iotcloud.errors import DeviceNotRegistered, DocumentUnavailable, EmptyParameter, InvalidInput, NotPermitted
from iotcloud.firmware.model import FirmwareNotFound
from iotcloud.firmware.schema import StartUpdate, UpdateAnswer
from iotcloud.firmware.updates import UpdateUnderWay, VersionTooOld
from iotcloud.schema import Answer
from iotcloud.wiring import wiring

routes = Routes("Firmware")
FIRMWARE = f"{DEVICE}/firmware"


@routes.operation(
    "2M",
    "UPGRADE DEVICE FIRMWARE",
    "POST",
    FIRMWARE,
    request=StartUpdate,
    answer=Answer,
    errors=(
        EmptyParameter,
        InvalidInput,
        VersionTooOld,
        *CONTROLLED,
        FirmwareNotFound,
        UpdateUnderWay,
        DocumentUnavailable,
    ),
)
def start_update(call: Call[StartUpdate]) -> Answer:
    """Have one of the caller's own devices fetch a version of its firmware, the latest when none is named.

    A device that does not answer within 3 s is reported unreachable. The update waits for it, 30 days long.
    """
    wiring().firmware.service.start_update(call.caller.username, call.path["devicename"], call.body.version)
    return Answer()


@routes.operation(
    "2N",
    "GET UPGRADE DEVICE FIRMWARE",
    "GET",
    FIRMWARE,
    answer=UpdateAnswer,
    errors=(DeviceNotRegistered,),
)
def get_update(call: Call[None]) -> UpdateAnswer:
    """Tell how the newest update of a device goes, or went."""
    return UpdateAnswer.from_model(wiring().firmware.service.get_update(call.caller.username, call.path["devicename"]))


@routes.operation(
    "2.31",
    "CANCEL DEVICE FIRMWARE UPGRADE",
    "DELETE",
    FIRMWARE,
    answer=UpdateAnswer,
    errors=(NotPermitted, DeviceNotRegistered),
)
def cancel_update(call: Call[None]) -> UpdateAnswer:
    """End the update of one of the caller's own devices, which then counts as failed; one that has ended stays."""
    return UpdateAnswer.from_model(
        wiring().firmware.service.cancel_update(call.caller.username, call.path["devicename"])
    )

"""Live data: where to listen, and to which devices."""

from api.operations import Call, Routes
from iotcloud.errors import CommunicationFailed, InvalidInput, MissingParameter
from iotcloud.live.schema import LiveAnswer, WatchAnswer, WatchBody
from iotcloud.wiring import wiring

routes = Routes("Live")


@routes.operation("1.9", "OPEN LIVE DATA", "POST", "/user/live", answer=LiveAnswer, errors=(CommunicationFailed,))
def open_live_data(call: Call[None]) -> LiveAnswer:
    """Get a WebSocket URL, signed for a minute, that lets the caller listen to their own topics and to nothing else."""
    return LiveAnswer.of(wiring().live.service.open_access(call.caller.username))


@routes.operation(
    "2.21",
    "WATCH DEVICES",
    "POST",
    "/devices/live",
    request=WatchBody,
    answer=WatchAnswer,
    errors=(InvalidInput, MissingParameter),
)
def watch_devices(call: Call[WatchBody]) -> WatchAnswer:
    """Have readings, presence, notices and changes of up to 50 devices published to the caller for ten minutes."""
    return WatchAnswer.of(wiring().live.service.watch_devices(call.caller.username, call.body.devices))

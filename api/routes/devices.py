"""The device registry (group 2)."""

from api.operations import Call, Routes
from iotcloud.devices.schema import AddDevice, DeviceAnswer, DevicesAnswer, EnrolledDeviceAnswer
from iotcloud.errors import (
    DeviceIdTaken,
    DeviceIsLeaving,
    DeviceNameTaken,
    DeviceNotRegistered,
    InvalidInput,
    MissingParameter,
    NotPermitted,
)
from iotcloud.pages import parse_limit
from iotcloud.schema import Answer
from iotcloud.wiring import wiring

routes = Routes("Devices")
PAGING = ("limit", "cursor")


@routes.operation("2A", "GET DEVICES", "GET", "/devices", answer=DevicesAnswer, errors=(InvalidInput,), query=PAGING)
def list_devices(call: Call[None]) -> DevicesAnswer:
    """List the caller's devices by name, their own and those shared with them."""
    page = wiring().devices.list_devices(call.caller.username, parse_limit(call.query), call.query.get("cursor"))
    return DevicesAnswer.from_page(page)


@routes.operation(
    "2C",
    "ADD DEVICE",
    "POST",
    "/devices/device/{devicename}",
    request=AddDevice,
    answer=EnrolledDeviceAnswer,
    errors=(MissingParameter, InvalidInput, DeviceNameTaken, DeviceIdTaken),
)
def add_device(call: Call[AddDevice]) -> EnrolledDeviceAnswer:
    """Register a device and get its certificate, and its key unless a signing request is given."""
    body = call.body
    enrolment = wiring().registration.add_device(
        call.caller.username, call.path["devicename"], body.deviceid, body.serialnumber, body.csr
    )
    return EnrolledDeviceAnswer.from_model(enrolment)


@routes.operation(
    "2D",
    "DELETE DEVICE",
    "DELETE",
    "/devices/device/{devicename}",
    answer=Answer,
    errors=(DeviceNotRegistered, NotPermitted, DeviceIsLeaving),
)
def delete_device(call: Call[None]) -> Answer:
    """Delete a device with its certificates and all that is kept of it, at once and for good."""
    wiring().registration.delete_device(call.caller.username, call.path["devicename"])
    return Answer()


@routes.operation(
    "2E", "GET DEVICE", "GET", "/devices/device/{devicename}", answer=DeviceAnswer, errors=(DeviceNotRegistered,)
)
def get_device(call: Call[None]) -> DeviceAnswer:
    """Get a device."""
    return DeviceAnswer.from_model(wiring().devices.get_device(call.caller.username, call.path["devicename"]))

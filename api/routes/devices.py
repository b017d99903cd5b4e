"""The device registry (group 2)."""

from api.operations import Call, Routes
from api.routes.board import DEVICE
from iotcloud.devices.model import Role
from iotcloud.devices.schema import (
    AddDevice,
    CertificatesAnswer,
    CursorAnswer,
    DeviceAnswer,
    DevicesAnswer,
    EnrolledDeviceAnswer,
    LocationAnswer,
    LocationsAnswer,
    RenameDevice,
    RenewCertificate,
    SetLocation,
    SetLocations,
)
from iotcloud.errors import (
    DeletionInProgress,
    DeviceIdTaken,
    DeviceNameTaken,
    DeviceNotRegistered,
    InvalidInput,
    MissingParameter,
    NotPermitted,
    RenewalUnderWay,
    TooManyDevices,
)
from iotcloud.pagination import parse_limit
from iotcloud.schema import Answer
from iotcloud.wiring import wiring

routes = Routes("Devices")
LOCATION = f"{DEVICE}/location"
CERTIFICATE = f"{DEVICE}/certificate"
PAGING = ("limit", "cursor")
OWNERS_ONLY = (DeviceNotRegistered, NotPermitted)
"""Errors of every operation that only a device's owner may call."""


@routes.operation("2A", "GET DEVICES", "GET", "/devices", answer=DevicesAnswer, errors=(InvalidInput,), query=PAGING)
def list_devices(call: Call[None]) -> DevicesAnswer:
    """List the caller's devices by name, their own and those shared with them."""
    page = wiring().devices.service.list_devices(
        call.caller.username, parse_limit(call.query), call.query.get("cursor")
    )
    return DevicesAnswer.from_page(page)


@routes.operation(
    "2B",
    "GET DEVICES FILTERED",
    "GET",
    "/devices/filter/{filterstring}",
    answer=DevicesAnswer,
    errors=(InvalidInput,),
    query=PAGING,
)
def filter_devices(call: Call[None]) -> DevicesAnswer:
    """Search the caller's devices by name or id, or by a sensor's name, manufacturer, model or class."""
    username, text = call.caller.username, call.path["filterstring"]
    page = wiring().devices.service.filter_devices(username, text, parse_limit(call.query), call.query.get("cursor"))
    return DevicesAnswer.from_page(page)


@routes.operation(
    "2C",
    "ADD DEVICE",
    "POST",
    DEVICE,
    request=AddDevice,
    answer=EnrolledDeviceAnswer,
    errors=(MissingParameter, InvalidInput, TooManyDevices, DeviceNameTaken, DeviceIdTaken),
)
def add_device(call: Call[AddDevice]) -> EnrolledDeviceAnswer:
    """Register a device. Returns its certificate, and its key unless the body has a signing request."""
    body = call.body
    enrolment = wiring().devices.registration.add_device(
        call.caller.username, call.path["devicename"], body.deviceid, body.serialnumber, body.csr
    )
    return EnrolledDeviceAnswer.from_model(enrolment)


@routes.operation(
    "2D",
    "DELETE DEVICE",
    "DELETE",
    DEVICE,
    answer=Answer,
    errors=(*OWNERS_ONLY, DeletionInProgress),
)
def delete_device(call: Call[None]) -> Answer:
    """Delete a device with its certificates and all its data, immediately and permanently."""
    wiring().devices.registration.delete_device(call.caller.username, call.path["devicename"])
    return Answer()


@routes.operation("2E", "GET DEVICE", "GET", DEVICE, answer=DeviceAnswer, errors=(DeviceNotRegistered,))
def get_device(call: Call[None]) -> DeviceAnswer:
    """Get a device."""
    return DeviceAnswer.from_model(wiring().devices.service.get_device(call.caller.username, call.path["devicename"]))


@routes.operation(
    "2F",
    "UPDATE DEVICE NAME",
    "POST",
    f"{DEVICE}/name",
    request=RenameDevice,
    answer=DeviceAnswer,
    errors=(MissingParameter, InvalidInput, DeviceNotRegistered, DeviceNameTaken),
)
def rename_device(call: Call[RenameDevice]) -> DeviceAnswer:
    """Change the caller's name for a device."""
    username, devicename = call.caller.username, call.path["devicename"]
    return DeviceAnswer.from_model(
        wiring().devices.service.rename_device(username, devicename, call.body.new_devicename)
    )


@routes.operation(
    "2G",
    "GET DEVICES LOCATION",
    "GET",
    "/devices/location",
    answer=LocationsAnswer,
    errors=(InvalidInput,),
    query=PAGING,
    call_name="list_device_locations",
)
def list_locations(call: Call[None]) -> LocationsAnswer:
    """List the locations of the caller's devices; devices without one are omitted."""
    page = wiring().devices.service.list_locations(
        call.caller.username, parse_limit(call.query), call.query.get("cursor")
    )
    return LocationsAnswer.from_page(page)


@routes.operation(
    "2H",
    "SET DEVICES LOCATION",
    "POST",
    "/devices/location",
    request=SetLocations,
    answer=Answer,
    errors=(MissingParameter, InvalidInput, *OWNERS_ONLY),
    call_name="set_device_locations",
)
def set_locations(call: Call[SetLocations]) -> Answer:
    """Set the locations of several devices of the caller. If one name is unknown, none is set."""
    wiring().devices.service.set_locations(call.caller.username, call.body.to_model())
    return Answer()


@routes.operation(
    "2I",
    "DELETE DEVICES LOCATION",
    "DELETE",
    "/devices/location",
    answer=CursorAnswer,
    errors=(InvalidInput,),
    query=PAGING,
    call_name="delete_device_locations",
)
def delete_locations(call: Call[None]) -> CursorAnswer:
    """Delete the locations of the caller's own devices."""
    username, cursor = call.caller.username, call.query.get("cursor")
    return CursorAnswer(cursor=wiring().devices.service.delete_locations(username, parse_limit(call.query), cursor))


@routes.operation(
    "2J",
    "GET DEVICE LOCATION",
    "GET",
    LOCATION,
    answer=LocationAnswer,
    errors=(DeviceNotRegistered,),
    call_name="get_device_location",
)
def get_location(call: Call[None]) -> LocationAnswer:
    """Get a device's location."""
    return LocationAnswer.from_model(
        wiring().devices.service.get_location(call.caller.username, call.path["devicename"])
    )


@routes.operation(
    "2K",
    "SET DEVICE LOCATION",
    "POST",
    LOCATION,
    request=SetLocation,
    answer=Answer,
    errors=(MissingParameter, InvalidInput, *OWNERS_ONLY),
    call_name="set_device_location",
)
def set_location(call: Call[SetLocation]) -> Answer:
    """Set the location of one of the caller's own devices."""
    wiring().devices.service.set_location(call.caller.username, call.path["devicename"], call.body.to_model())
    return Answer()


@routes.operation(
    "2L",
    "DELETE DEVICE LOCATION",
    "DELETE",
    LOCATION,
    answer=Answer,
    errors=OWNERS_ONLY,
    call_name="delete_device_location",
)
def delete_location(call: Call[None]) -> Answer:
    """Delete the location of one of the caller's own devices."""
    wiring().devices.service.set_location(call.caller.username, call.path["devicename"], None)
    return Answer()


@routes.operation(
    "2.1",
    "GET DEVICE CERTIFICATES",
    "GET",
    CERTIFICATE,
    answer=CertificatesAnswer,
    errors=OWNERS_ONLY,
    call_name="get_device_certificates",
)
def get_certificates(call: Call[None]) -> CertificatesAnswer:
    """Get when a device's certificate, and its successor, were issued and expire."""
    device = wiring().devices.service.find_device(call.caller.username, call.path["devicename"], Role.OWNER)
    return CertificatesAnswer.from_model(device)


@routes.operation(
    "2.2",
    "RENEW DEVICE CERTIFICATE",
    "POST",
    CERTIFICATE,
    request=RenewCertificate,
    answer=EnrolledDeviceAnswer,
    errors=(InvalidInput, *OWNERS_ONLY, RenewalUnderWay),
    call_name="renew_device_certificate",
)
def renew_certificate(call: Call[RenewCertificate]) -> EnrolledDeviceAnswer:
    """Issue a second certificate. The first stays valid until the second is used, or for a grace period."""
    username, devicename = call.caller.username, call.path["devicename"]
    return EnrolledDeviceAnswer.from_model(
        wiring().devices.certificates.renew_certificate(username, devicename, call.body.csr)
    )


@routes.operation(
    "2.3",
    "REVOKE DEVICE CERTIFICATES",
    "DELETE",
    CERTIFICATE,
    answer=Answer,
    errors=OWNERS_ONLY,
    call_name="revoke_device_certificates",
)
def revoke_certificates(call: Call[None]) -> Answer:
    """Revoke a device's certificates and end its connection immediately. It stays registered."""
    wiring().devices.certificates.revoke_certificates(call.caller.username, call.path["devicename"])
    return Answer()

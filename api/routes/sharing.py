"""Sharing of devices with other users."""

from api.operations import Call, Routes
from api.routes.board import DEVICE
from iotcloud.devices.schema import DeviceAnswer
from iotcloud.errors import DeviceNameTaken, DeviceNotRegistered, InvalidInput, MissingParameter, NotPermitted
from iotcloud.schema import Answer
from iotcloud.sharing.model import NotInvited, TooManyUsers
from iotcloud.sharing.schema import (
    AcceptInvitation,
    DeviceUserAnswer,
    DeviceUsersAnswer,
    InvitationsAnswer,
    InviteUser,
)
from iotcloud.wiring import wiring

routes = Routes("Sharing")
USERS = f"{DEVICE}/users"
INVITATIONS = "/devices/invitations"
OWNERS_ONLY = (DeviceNotRegistered, NotPermitted)


@routes.operation(
    "2.4",
    "INVITE DEVICE USER",
    "POST",
    USERS,
    request=InviteUser,
    answer=DeviceUserAnswer,
    errors=(MissingParameter, InvalidInput, *OWNERS_ONLY, TooManyUsers),
    call_name="invite_device_user",
)
def invite_user(call: Call[InviteUser]) -> DeviceUserAnswer:
    """Invite a user to a device by e-mail address, as operator or viewer, or change their role."""
    username, devicename = call.caller.username, call.path["devicename"]
    user = wiring().sharing.service.invite_user(username, devicename, call.body.email, call.body.to_role())
    return DeviceUserAnswer.from_model(user)


@routes.operation(
    "2.5",
    "GET DEVICE USERS",
    "GET",
    USERS,
    answer=DeviceUsersAnswer,
    errors=OWNERS_ONLY,
    call_name="list_device_users",
)
def list_users(call: Call[None]) -> DeviceUsersAnswer:
    """List the users that the owner invited to a device."""
    users = wiring().sharing.service.list_users(call.caller.username, call.path["devicename"])
    return DeviceUsersAnswer.from_models(users)


@routes.operation(
    "2.6",
    "REMOVE DEVICE USER",
    "DELETE",
    f"{USERS}/{{email}}",
    answer=Answer,
    errors=(InvalidInput, *OWNERS_ONLY, NotInvited),
    call_name="remove_device_user",
)
def remove_user(call: Call[None]) -> Answer:
    """Revoke a user's rights to a device immediately, or withdraw an invitation."""
    wiring().sharing.service.remove_user(call.caller.username, call.path["devicename"], call.path["email"])
    return Answer()


@routes.operation(
    "2.7",
    "LEAVE DEVICE",
    "DELETE",
    f"{DEVICE}/membership",
    answer=Answer,
    errors=(DeviceNotRegistered, InvalidInput),
)
def leave_device(call: Call[None]) -> Answer:
    """Leave a device that another user shared with the caller."""
    wiring().sharing.service.leave_device(call.caller.username, call.path["devicename"])
    return Answer()


@routes.operation("2.8", "GET INVITATIONS", "GET", INVITATIONS, answer=InvitationsAnswer)
def list_invitations(call: Call[None]) -> InvitationsAnswer:
    """List the devices to which the caller's verified address is invited."""
    return InvitationsAnswer.from_models(wiring().sharing.service.list_invitations(call.caller.username))


@routes.operation(
    "2.9",
    "ACCEPT INVITATION",
    "POST",
    f"{INVITATIONS}/{{deviceid}}",
    request=AcceptInvitation,
    answer=DeviceAnswer,
    errors=(MissingParameter, InvalidInput, NotInvited, DeviceNameTaken),
)
def accept_invitation(call: Call[AcceptInvitation]) -> DeviceAnswer:
    """Accept an invitation, under a device name of the caller's choice."""
    username, deviceid = call.caller.username, call.path["deviceid"]
    return DeviceAnswer.from_model(wiring().sharing.service.accept_invitation(username, deviceid, call.body.devicename))


@routes.operation(
    "2.10", "DECLINE INVITATION", "DELETE", f"{INVITATIONS}/{{deviceid}}", answer=Answer, errors=(NotInvited,)
)
def decline_invitation(call: Call[None]) -> Answer:
    """Decline an invitation."""
    wiring().sharing.service.decline_invitation(call.caller.username, call.path["deviceid"])
    return Answer()

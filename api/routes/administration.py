"""Operations for administrators: members of the user pool's group `admin`."""

from api.operations import Call, Routes
from iotcloud.administration.model import UserNotRegistered
from iotcloud.administration.schema import UsersAnswer
from iotcloud.devices.schema import DevicesAnswer
from iotcloud.errors import InvalidInput, NotPermitted
from iotcloud.pagination import parse_limit
from iotcloud.schema import Answer
from iotcloud.wiring import wiring

routes = Routes("Administration")
PAGING = ("limit", "cursor")
SUSPENSION = "/account/users/{username}/suspension"


@routes.operation(
    "2.17", "GET USERS", "GET", "/account/users", answer=UsersAnswer, errors=(InvalidInput, NotPermitted), query=PAGING
)
def list_users(call: Call[None]) -> UsersAnswer:
    """List accounts, 60 at a time at most."""
    limit, cursor = parse_limit(call.query), call.query.get("cursor")
    return UsersAnswer.from_page(wiring().administration.service.list_users(call.caller.groups, limit, cursor))


@routes.operation(
    "2.18",
    "GET DEVICES OF USER",
    "GET",
    "/account/users/{username}/devices",
    answer=DevicesAnswer,
    errors=(InvalidInput, NotPermitted),
    query=PAGING,
    call_name="list_devices_of_user",
)
def list_devices(call: Call[None]) -> DevicesAnswer:
    """List a user's devices by name."""
    limit, cursor = parse_limit(call.query), call.query.get("cursor")
    page = wiring().administration.service.list_devices(call.caller.groups, call.path["username"], limit, cursor)
    return DevicesAnswer.from_page(page)


@routes.operation(
    "2.19",
    "SUSPEND USER",
    "POST",
    SUSPENSION,
    answer=Answer,
    errors=(InvalidInput, NotPermitted, UserNotRegistered),
)
def suspend_user(call: Call[None]) -> Answer:
    """Suspend a user: password and tokens are rejected. Their devices keep working."""
    wiring().administration.service.suspend_user(call.caller.groups, call.caller.username, call.path["username"])
    return Answer()


@routes.operation(
    "2.20",
    "RESTORE USER",
    "DELETE",
    SUSPENSION,
    answer=Answer,
    errors=(InvalidInput, NotPermitted, UserNotRegistered),
)
def restore_user(call: Call[None]) -> Answer:
    """End a user's suspension."""
    wiring().administration.service.restore_user(call.caller.groups, call.path["username"])
    return Answer()

"""Named sets of a user's devices."""

from api.operations import Call, Routes
from iotcloud.errors import DeviceNotRegistered, InvalidInput
from iotcloud.groups.model import GroupFull, GroupNameTaken, GroupNotRegistered, TooManyGroups
from iotcloud.groups.schema import GroupAnswer, GroupsAnswer
from iotcloud.pagination import parse_limit
from iotcloud.schema import Answer
from iotcloud.wiring import wiring

routes = Routes("Groups")
GROUP = "/devices/groups/group/{groupname}"
MEMBER = f"{GROUP}/device/{{devicename}}"


@routes.operation("2.11", "GET GROUPS", "GET", "/devices/groups", answer=GroupsAnswer)
def list_groups(call: Call[None]) -> GroupsAnswer:
    """List the caller's groups."""
    return GroupsAnswer.from_models(wiring().groups.service.list_groups(call.caller.username))


@routes.operation(
    "2.12", "ADD GROUP", "POST", GROUP, answer=Answer, errors=(InvalidInput, GroupNameTaken, TooManyGroups)
)
def add_group(call: Call[None]) -> Answer:
    """Create an empty group."""
    wiring().groups.service.add_group(call.caller.username, call.path["groupname"])
    return Answer()


@routes.operation(
    "2.13",
    "GET GROUP",
    "GET",
    GROUP,
    answer=GroupAnswer,
    errors=(InvalidInput, GroupNotRegistered),
    query=("limit", "cursor"),
)
def get_group(call: Call[None]) -> GroupAnswer:
    """List the devices of a group."""
    username, groupname = call.caller.username, call.path["groupname"]
    page = wiring().groups.service.list_devices(username, groupname, parse_limit(call.query), call.query.get("cursor"))
    return GroupAnswer.from_page(page)


@routes.operation("2.14", "DELETE GROUP", "DELETE", GROUP, answer=Answer, errors=(InvalidInput, GroupNotRegistered))
def delete_group(call: Call[None]) -> Answer:
    """Delete a group; its devices stay."""
    wiring().groups.service.delete_group(call.caller.username, call.path["groupname"])
    return Answer()


@routes.operation(
    "2.15",
    "ADD DEVICE TO GROUP",
    "POST",
    MEMBER,
    answer=Answer,
    errors=(InvalidInput, DeviceNotRegistered, GroupNotRegistered, GroupFull),
)
def add_device_to_group(call: Call[None]) -> Answer:
    """Add a device to a group."""
    wiring().groups.service.add_device(call.caller.username, call.path["groupname"], call.path["devicename"])
    return Answer()


@routes.operation(
    "2.16",
    "REMOVE DEVICE FROM GROUP",
    "DELETE",
    MEMBER,
    answer=Answer,
    errors=(InvalidInput, DeviceNotRegistered),
)
def remove_device_from_group(call: Call[None]) -> Answer:
    """Remove a device from a group."""
    wiring().groups.service.remove_device(call.caller.username, call.path["groupname"], call.path["devicename"])
    return Answer()

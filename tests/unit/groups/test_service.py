"""Groups hold devices that their user may see, by the names that the user has for them now."""

from dataclasses import replace

import pytest

from iotcloud.devices.model import Role
from iotcloud.devices.service import DeviceService
from iotcloud.errors import DeviceNotRegistered, InvalidInput
from iotcloud.groups.model import MAX_GROUPS, GroupNotRegistered, TooManyGroups
from iotcloud.groups.service import GroupService
from tests.fakes.devices import FakeDevices, FakeRights, make_device
from tests.fakes.groups import FakeGroups
from tests.fakes.peripherals import FakeSensors

BARN = make_device()
STALL = make_device("Stall unit", deviceid="PH2", registration="2")


@pytest.fixture
def devices() -> FakeDevices:
    devices = FakeDevices()
    for device in (BARN, STALL):
        devices.add(device)
    return devices


@pytest.fixture
def rights() -> FakeRights:
    return FakeRights()


@pytest.fixture
def groups(devices: FakeDevices, rights: FakeRights) -> GroupService:
    service = GroupService(DeviceService(devices, FakeSensors(), rights), devices, FakeGroups())
    service.add_group("ann", "Barns")
    return service


def names_in(groups: GroupService, username: str = "ann") -> list[str]:
    return [name.devicename for name in groups.list_devices(username, "Barns", 100).items]


def test_add_device_shows_it_under_its_name_of_today(groups: GroupService, devices: FakeDevices) -> None:
    groups.add_device("ann", "Barns", "Barn unit")
    groups.add_device("ann", "Barns", "Stall unit")
    devices.rename(BARN, "Old barn")

    assert names_in(groups) == ["Stall unit", "Old barn"]
    assert [(group.groupname, group.size) for group in groups.list_groups("ann")] == [("Barns", 2)]


def test_remove_device_leaves_the_others(groups: GroupService) -> None:
    groups.add_device("ann", "Barns", "Barn unit")
    groups.add_device("ann", "Barns", "Stall unit")
    for _ in range(2):
        groups.remove_device("ann", "Barns", "Barn unit")
    assert names_in(groups) == ["Stall unit"]


def test_a_device_in_its_next_life_is_not_in_the_group(groups: GroupService, devices: FakeDevices) -> None:
    groups.add_device("ann", "Barns", "Barn unit")
    devices.remove(BARN)
    devices.add(replace(BARN, registration="another"))
    assert names_in(groups) == []


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.VIEWER])
def test_a_device_that_is_shared_can_be_in_a_group_of_its_user(
    groups: GroupService, devices: FakeDevices, role: Role
) -> None:
    devices.add_name(BARN, "bob", "Ann's", role, "bob@example.com")
    groups.add_group("bob", "Barns")
    groups.add_device("bob", "Barns", "Ann's")
    assert (names_in(groups, "bob"), names_in(groups)) == (["Ann's"], [])


def test_add_device_refuses_what_is_not_the_users(
    groups: GroupService, devices: FakeDevices, rights: FakeRights
) -> None:
    groups.add_group("bob", "Barns")
    with pytest.raises(DeviceNotRegistered):
        groups.add_device("bob", "Barns", "Barn unit")
    devices.add_name(BARN, "bob", "Ann's", Role.VIEWER, "bob@example.com")
    rights.taken.add((BARN.deviceid, "bob"))
    with pytest.raises(DeviceNotRegistered):
        groups.add_device("bob", "Barns", "Ann's")


def test_another_users_group_is_not_there(groups: GroupService, devices: FakeDevices) -> None:
    devices.add(make_device("Mine", deviceid="PH3", owner="bob", registration="3"))
    with pytest.raises(GroupNotRegistered):
        groups.add_device("bob", "Barns", "Mine")
    with pytest.raises(GroupNotRegistered):
        groups.list_devices("bob", "Barns", 100)
    with pytest.raises(GroupNotRegistered):
        groups.delete_group("bob", "Barns")
    assert groups.list_groups("bob") == []


@pytest.mark.parametrize("groupname", ["", "a/b", "a\n", "\x00", "x" * 65, " ", "."])
def test_add_group_refuses_a_name_that_cannot_be(groups: GroupService, groupname: str) -> None:
    with pytest.raises(InvalidInput):
        groups.add_group("ann", groupname)


def test_add_group_has_an_end(groups: GroupService) -> None:
    for number in range(1, MAX_GROUPS):
        groups.add_group("ann", f"Group {number}")
    with pytest.raises(TooManyGroups):
        groups.add_group("ann", "One more")
    groups.delete_group("ann", "Barns")
    groups.add_group("ann", "One more")

"""One suite for the rows of groups, run against the fake and DynamoDB (moto)."""

from collections.abc import Iterator

import pytest
from moto import mock_aws

from iotcloud.dynamodb import bind
from iotcloud.errors import InvalidInput
from iotcloud.groups import store as store_module
from iotcloud.groups.model import Group, GroupFull, GroupNameTaken, GroupNotRegistered, Member
from iotcloud.groups.store import DeviceGroupRow, DeviceGroupStore
from tests.fakes import groups as fake_module
from tests.fakes.devices import make_device
from tests.fakes.groups import FakeGroups

Groups = DeviceGroupStore | FakeGroups
UNITS = [make_device(f"Unit {number}", deviceid=f"PH{number}", registration=f"r{number}") for number in range(5)]


@pytest.fixture(params=["fake", "dynamodb"])
def groups(request: pytest.FixtureRequest, environment: dict[str, str]) -> Iterator[Groups]:
    if request.param == "fake":
        yield FakeGroups()
        return
    with mock_aws():
        bind(DeviceGroupRow, "test-", "eu-west-1")
        DeviceGroupRow.create_table(billing_mode="PAY_PER_REQUEST")
        yield DeviceGroupStore()


@pytest.fixture
def barns(groups: Groups) -> Groups:
    """Groups of Ann, one of them with five devices."""
    for groupname in ("Barns", "Barn"):
        groups.add("ann", groupname)
    for unit in UNITS:
        groups.add_member("ann", "Barns", unit)
    return groups


def test_groups_are_their_users_own(barns: Groups) -> None:
    barns.add("bob", "Barns")
    assert barns.list_groups("ann") == [Group("Barn", 0), Group("Barns", 5)]
    assert barns.list_groups("bob") == [Group("Barns", 0)]
    with pytest.raises(GroupNameTaken):
        barns.add("ann", "Barns")


def test_members_come_in_pages(barns: Groups) -> None:
    first = barns.page("ann", "Barns", 3)
    assert list(first.items) == [Member(unit.deviceid, unit.registration) for unit in UNITS[:3]]
    assert [member.devicename for member in first.items] == ["Unit 0", "Unit 1", "Unit 2"]
    last = barns.page("ann", "Barns", 3, first.cursor)
    assert ([member.deviceid for member in last.items], last.cursor) == (["PH3", "PH4"], None)
    assert list(barns.page("ann", "Barn", 3).items) == []


def test_a_cursor_is_good_for_its_list_only(barns: Groups) -> None:
    cursor = barns.page("ann", "Barns", 3).cursor
    with pytest.raises(InvalidInput):
        barns.page("ann", "Barn", 3, cursor)


def test_adding_and_removing_twice_counts_once(barns: Groups) -> None:
    for _ in range(2):
        barns.add_member("ann", "Barn", UNITS[0])
    assert barns.list_groups("ann")[0] == Group("Barn", 1)
    for _ in range(2):
        barns.remove_member("ann", "Barn", UNITS[0].deviceid)
    assert barns.list_groups("ann")[0] == Group("Barn", 0)


def test_a_group_has_room_for_so_many(barns: Groups, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (store_module, fake_module):
        monkeypatch.setattr(module, "MAX_MEMBERS", 5)
    with pytest.raises(GroupFull):
        barns.add_member("ann", "Barns", make_device("One more", deviceid="PH9", registration="r9"))
    barns.remove_member("ann", "Barns", "PH0")
    barns.add_member("ann", "Barns", make_device("One more", deviceid="PH9", registration="r9"))


def test_a_group_that_is_not_there(barns: Groups) -> None:
    with pytest.raises(GroupNotRegistered):
        barns.add_member("ann", "Stalls", UNITS[0])
    with pytest.raises(GroupNotRegistered):
        barns.page("ann", "Stalls", 3)
    with pytest.raises(GroupNotRegistered):
        barns.delete("ann", "Stalls")
    barns.remove_member("ann", "Stalls", UNITS[0].deviceid)


def test_delete_takes_the_group_and_no_other(barns: Groups) -> None:
    barns.add_member("ann", "Barn", UNITS[0])
    barns.delete("ann", "Barns")
    assert barns.list_groups("ann") == [Group("Barn", 1)]
    barns.add("ann", "Barns")
    assert list(barns.page("ann", "Barns", 9).items) == []


def test_a_device_that_has_gone_is_in_no_group(barns: Groups) -> None:
    barns.add("bob", "Ann's")
    barns.add_member("bob", "Ann's", UNITS[0])
    for _ in range(2):
        barns.erase(UNITS[0].deviceid)
    assert [group.size for username in ("ann", "bob") for group in barns.list_groups(username)] == [0, 4, 0]


def test_a_user_who_has_gone_has_no_groups(barns: Groups) -> None:
    barns.add("bob", "Barns")
    barns.erase_user("ann")
    assert barns.list_groups("ann") == []
    assert barns.list_groups("bob") == [Group("Barns", 0)]

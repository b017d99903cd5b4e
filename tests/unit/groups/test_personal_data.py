"""A user's groups as personal data."""

from dataclasses import dataclass, field

import pytest

from iotcloud.groups.model import Group, Member
from iotcloud.groups.personal_data import GroupsData
from iotcloud.pagination import Page

DEVICES = [f"PH{number:03d}" for number in range(250)]


@dataclass
class Groups:
    """One user's groups, handed out in pages."""

    kept: dict[str, list[str]] = field(default_factory=lambda: {"barn": DEVICES, "empty": []})

    def list_groups(self, username: str) -> list[Group]:
        return [Group(name, len(devices)) for name, devices in self.kept.items()] if username == "ann" else []

    def page(self, username: str, groupname: str, limit: int, cursor: str | None = None) -> Page[Member]:
        start = int(cursor or 0)
        devices = self.kept[groupname]
        members = [Member(deviceid, "r1") for deviceid in devices[start : start + limit]]
        return Page(members, str(start + limit) if start + limit < len(devices) else None)

    def erase_user(self, username: str) -> None:
        if username == "ann":
            self.kept.clear()


@pytest.fixture
def groups() -> Groups:
    return Groups()


def test_export_holds_every_device_of_every_group(groups: Groups) -> None:
    assert list(GroupsData(groups).export("ann")) == [
        {"groupname": "barn", "devices": DEVICES},
        {"groupname": "empty", "devices": []},
    ]


def test_export_holds_nothing_of_others(groups: Groups) -> None:
    assert list(GroupsData(groups).export("bob")) == []


def test_erase_deletes_the_users_groups_and_no_others(groups: Groups) -> None:
    GroupsData(groups).erase("bob")
    assert groups.kept

    GroupsData(groups).erase("ann")
    assert groups.kept == {}

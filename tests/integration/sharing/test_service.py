"""Sharing from invitation to farewell, on DynamoDB (moto)."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from moto import mock_aws

from iotcloud.devices.model import Role
from iotcloud.devices.service import DeviceService
from iotcloud.devices.store import DeviceNameRow, DeviceRow, DeviceStore
from iotcloud.dynamodb import bind
from iotcloud.errors import DeviceNameTaken, DeviceNotRegistered, InvalidInput, NotPermitted
from iotcloud.sharing.model import NotInvited
from iotcloud.sharing.service import SharingService
from iotcloud.sharing.store import DeviceUserRow, DeviceUserStore
from iotcloud.users.model import Contact
from tests.fakes.devices import make_device
from tests.fakes.peripherals import FakeSensors

DEVICE = make_device()
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


class Contacts:
    """Everybody has verified the address of their name, but eve."""

    def find_contact(self, username: str) -> Contact:
        """See Contacts."""
        return Contact(f"{username}@example.com", username != "eve")


@pytest.fixture
def sharing(environment: dict[str, str]) -> Iterator[SharingService]:
    with mock_aws():
        for row in (DeviceNameRow, DeviceRow, DeviceUserRow):
            bind(row, "test-", "eu-west-1")
            row.create_table(billing_mode="PAY_PER_REQUEST")
        store, users = DeviceStore(), DeviceUserStore()
        store.add(DEVICE)
        yield SharingService(DeviceService(store, FakeSensors(), users), store, users, Contacts(), lambda: NOW)


def find(sharing: SharingService, username: str, devicename: str, required: Role = Role.VIEWER) -> Role:
    return sharing.registry.find_device(username, devicename, required).role


def test_an_invited_user_comes_under_a_name_of_their_own_and_goes(sharing: SharingService) -> None:
    sharing.invite_user("ann", "Barn unit", "Bob@Example.com", Role.VIEWER)
    (invitation,) = sharing.list_invitations("bob")
    assert (invitation.email, invitation.role, invitation.username) == ("bob@example.com", Role.VIEWER, None)

    assert sharing.accept_invitation("bob", DEVICE.deviceid, "Ann's").role is Role.VIEWER
    assert sharing.list_invitations("bob") == []
    assert find(sharing, "bob", "Ann's") is Role.VIEWER
    with pytest.raises(NotPermitted):
        find(sharing, "bob", "Ann's", Role.OPERATOR)

    sharing.leave_device("bob", "Ann's")
    with pytest.raises(DeviceNotRegistered):
        find(sharing, "bob", "Ann's")
    assert sharing.list_users("ann", "Barn unit") == []


def test_a_role_changes_and_a_right_goes_at_once(sharing: SharingService) -> None:
    sharing.invite_user("ann", "Barn unit", "bob@example.com", Role.VIEWER)
    sharing.accept_invitation("bob", DEVICE.deviceid, "Ann's")
    sharing.invite_user("ann", "Barn unit", "bob@example.com", Role.OPERATOR)
    assert find(sharing, "bob", "Ann's", Role.OPERATOR) is Role.OPERATOR
    sharing.remove_user("ann", "Barn unit", "bob@example.com")
    with pytest.raises(DeviceNotRegistered):
        find(sharing, "bob", "Ann's")
    with pytest.raises(NotInvited):
        sharing.remove_user("ann", "Barn unit", "bob@example.com")


def test_who_has_not_verified_the_address_is_not_invited(sharing: SharingService) -> None:
    sharing.invite_user("ann", "Barn unit", "eve@example.com", Role.VIEWER)
    assert sharing.list_invitations("eve") == []
    for username in ("eve", "bob"):
        with pytest.raises(NotInvited):
            sharing.accept_invitation(username, DEVICE.deviceid, "Mine")


def test_a_name_that_is_taken_can_be_another(sharing: SharingService) -> None:
    sharing.devices.add(make_device("Mine", deviceid="bobs", owner="bob", registration="2"))  # type: ignore[attr-defined]
    sharing.invite_user("ann", "Barn unit", "bob@example.com", Role.VIEWER)
    with pytest.raises(DeviceNameTaken):
        sharing.accept_invitation("bob", DEVICE.deviceid, "Mine")
    sharing.accept_invitation("bob", DEVICE.deviceid, "Ann's")
    assert find(sharing, "bob", "Ann's") is Role.VIEWER


def test_only_the_owner_invites_and_nobody_as_owner(sharing: SharingService) -> None:
    with pytest.raises(InvalidInput):
        sharing.invite_user("ann", "Barn unit", "bob@example.com", Role.OWNER)
    with pytest.raises(InvalidInput):
        sharing.invite_user("ann", "Barn unit", "nonsense", Role.VIEWER)
    with pytest.raises(DeviceNotRegistered):
        sharing.invite_user("bob", "Barn unit", "cid@example.com", Role.VIEWER)
    with pytest.raises(InvalidInput):
        sharing.leave_device("ann", "Barn unit")


@pytest.mark.parametrize("address", ["ann@example.com", " Ann@Example.COM"])
def test_an_owner_is_not_invited_to_their_own_device(sharing: SharingService, address: str) -> None:
    with pytest.raises(InvalidInput, match="Owner cannot be invited"):
        sharing.invite_user("ann", "Barn unit", address, Role.OPERATOR)


def test_an_owner_who_takes_over_an_invited_address_stays_the_owner(sharing: SharingService) -> None:
    sharing.invite_user("ann", "Barn unit", "bob@example.com", Role.VIEWER)
    sharing.contacts.find_contact = lambda username: Contact("bob@example.com", True)  # type: ignore[method-assign]

    with pytest.raises(NotInvited):
        sharing.accept_invitation("ann", DEVICE.deviceid, "Second name")
    with pytest.raises(NotInvited):
        sharing.decline_invitation("ann", DEVICE.deviceid)

    assert find(sharing, "ann", "Barn unit", Role.OWNER) is Role.OWNER


def test_forgetting_what_a_user_calls_a_device_leaves_the_owners_name(sharing: SharingService) -> None:
    sharing.devices.forget_names(DEVICE.deviceid, "ann")

    assert find(sharing, "ann", "Barn unit", Role.OWNER) is Role.OWNER


@pytest.mark.parametrize("own", ["", "ann@localhost"])
def test_an_owner_whose_account_has_no_full_address_can_invite(sharing: SharingService, own: str) -> None:
    sharing.contacts.find_contact = lambda username: Contact(own, False)  # type: ignore[method-assign]

    assert sharing.invite_user("ann", "Barn unit", "bob@example.com", Role.VIEWER).invited_by == own


def test_a_device_that_is_erased_has_no_users_and_no_invitations(sharing: SharingService) -> None:
    for email in ("bob@example.com", "cid@example.com"):
        sharing.invite_user("ann", "Barn unit", email, Role.VIEWER)
    sharing.accept_invitation("bob", DEVICE.deviceid, "Ann's")

    DeviceUserStore().erase(DEVICE.deviceid)

    assert sharing.list_users("ann", "Barn unit") == []
    assert sharing.list_invitations("cid") == []
    with pytest.raises(DeviceNotRegistered):
        find(sharing, "bob", "Ann's")


@pytest.mark.parametrize("farewell", ["taken back", "given back"])
def test_who_may_use_a_device_no_more_watches_it_no_more(sharing: SharingService, farewell: str) -> None:
    sharing.invite_user("ann", "Barn unit", "bob@example.com", Role.VIEWER)
    store = DeviceStore()
    assert store.watch(sharing.accept_invitation("bob", DEVICE.deviceid, "Ann's"), NOW + timedelta(minutes=9), NOW)
    assert store.watch(store.find("ann", "Barn unit"), NOW + timedelta(minutes=9), NOW)

    if farewell == "taken back":
        sharing.remove_user("ann", "Barn unit", "bob@example.com")
    else:
        sharing.leave_device("bob", "Ann's")

    assert [one.username for one in store.find("ann", "Barn unit").watchers] == ["ann"]

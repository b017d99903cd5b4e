"""One suite for the registry's rows, run against the fake and DynamoDB (moto)."""

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from moto import mock_aws

from iotcloud.devices.model import MAX_WATCHERS, Certificate, Device, Location, Role, Watcher
from iotcloud.devices.presence import Change, Mark, PresenceEvent
from iotcloud.devices.store import DeviceNameRow, DeviceRow, DeviceStore
from iotcloud.dynamodb import bind
from iotcloud.errors import (
    DeletionInProgress,
    DeviceIdTaken,
    DeviceNameTaken,
    DeviceNotRegistered,
    InvalidInput,
    RenewalUnderWay,
)
from tests.fakes.devices import FakeDevices, make_device
from tests.unit.devices.test_presence import ENDS, LENGTHS, in_some_order, live, state_after

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.fixture(params=["fake", "dynamodb"])
def devices(request: pytest.FixtureRequest, environment: dict[str, str]) -> Iterator[DeviceStore | FakeDevices]:
    if request.param == "fake":
        yield FakeDevices()
        return
    with mock_aws():
        for row in (DeviceNameRow, DeviceRow):
            bind(row, "test-", "eu-west-1")
            row.create_table(billing_mode="PAY_PER_REQUEST")
        yield DeviceStore()


Devices = DeviceStore | FakeDevices


@pytest.fixture
def barn(devices: Devices) -> Device:
    device = make_device()
    devices.add(device)
    return device


def test_a_device_is_found_as_it_was_added(devices: Devices, barn: Device) -> None:
    assert devices.find("ann", "Barn unit") == barn


@pytest.mark.parametrize(("username", "devicename"), [("bob", "Barn unit"), ("ann", "barn unit"), ("ann", "x" * 64)])
def test_no_other_name_and_no_other_user_finds_it(
    devices: Devices, barn: Device, username: str, devicename: str
) -> None:
    with pytest.raises(DeviceNotRegistered):
        devices.find(username, devicename)


def test_a_name_is_taken_once_per_user(devices: Devices, barn: Device) -> None:
    with pytest.raises(DeviceNameTaken):
        devices.add(make_device(deviceid="another", registration="2"))
    assert set(devices.find_devices(["another", barn.deviceid])) == {barn.deviceid}


def test_an_id_is_taken_once(devices: Devices, barn: Device) -> None:
    with pytest.raises(DeviceIdTaken):
        devices.add(make_device("Mine", owner="bob", registration="2"))
    with pytest.raises(DeviceNotRegistered):
        devices.find("bob", "Mine")


def test_the_name_is_complained_of_first(devices: Devices, barn: Device) -> None:
    with pytest.raises(DeviceNameTaken):
        devices.add(replace(barn, registration="2"))


def test_a_leftover_name_gives_no_rights_to_the_next_registration(devices: Devices, barn: Device) -> None:
    leftover = replace(barn, deviceid="another", registration="old", username="bob", role=Role.OPERATOR)
    devices.add(leftover)
    devices.remove(replace(leftover, username="ann", devicename="nothing of ann's"))
    devices.add(replace(leftover, registration="new", username="cid", owner="cid"))
    with pytest.raises(DeviceNotRegistered):
        devices.find("bob", "Barn unit")
    assert devices.find("cid", "Barn unit").registration == "new"


def test_removal_takes_every_users_name(devices: Devices, barn: Device) -> None:
    devices.remove(barn)
    with pytest.raises(DeviceNotRegistered):
        devices.find("ann", "Barn unit")
    assert devices.list_names("ann") == []
    assert devices.find_devices([barn.deviceid]) == {}
    devices.remove(barn)


def test_removal_leaves_another_registration_alone(devices: Devices, barn: Device) -> None:
    devices.remove(replace(barn, registration="older"))
    assert devices.find("ann", "Barn unit") == barn


def test_pages_are_in_the_order_of_names_and_complete(devices: Devices) -> None:
    for number in range(7):
        devices.add(make_device(f"unit {number}", deviceid=f"device-{number}", registration=str(number)))
    devices.add(make_device("unit 3", deviceid="bobs", owner="bob"))
    seen, cursor = [], None
    for _ in range(4):
        page = devices.page("ann", 2, cursor)
        assert len(page.items) <= 2
        seen += [device.devicename for device in page.items]
        cursor = page.cursor
        if cursor is None:
            break
    assert seen == [f"unit {number}" for number in range(7)]
    assert cursor is None


def test_a_page_of_nothing(devices: Devices) -> None:
    page = devices.page("ann", 100)
    assert (list(page.items), page.cursor) == ([], None)


@pytest.mark.parametrize("cursor", ["", "x", "####", "AAAAAAAAAAAAAAAAAAAAAAAA", "\xff"])
def test_a_made_up_cursor_is_refused(devices: Devices, cursor: str) -> None:
    if cursor == "":
        assert list(devices.page("ann", 2, cursor).items) == []
        return
    with pytest.raises(InvalidInput):
        devices.page("ann", 2, cursor)


def test_another_users_cursor_is_refused(devices: Devices) -> None:
    for number in range(3):
        devices.add(make_device(f"unit {number}", deviceid=f"device-{number}", registration=str(number)))
    cursor = devices.page("ann", 2).cursor
    assert cursor is not None
    with pytest.raises(InvalidInput):
        devices.page("bob", 2, cursor)


def test_a_leaving_device_is_seen_by_its_user_and_by_nobody_else(devices: Devices, barn: Device) -> None:
    devices.leave(barn, NOW, MINUTE)
    assert devices.find("ann", "Barn unit").is_leaving
    assert devices.find_devices([barn.deviceid]) == {}


def test_a_device_leaves_once_at_a_time(devices: Devices, barn: Device) -> None:
    devices.leave(barn, NOW, MINUTE)
    with pytest.raises(DeletionInProgress):
        devices.leave(barn, NOW + MINUTE - timedelta(seconds=1), MINUTE)
    devices.leave(barn, NOW + MINUTE, MINUTE)


def test_a_deletion_given_up_can_be_begun_again_at_once(devices: Devices, barn: Device) -> None:
    devices.leave(barn, NOW, MINUTE)
    devices.stay(barn, NOW)
    assert devices.find("ann", "Barn unit").is_leaving
    devices.leave(barn, NOW, MINUTE)


def test_giving_up_on_what_has_gone_changes_nothing(devices: Devices, barn: Device) -> None:
    devices.remove(barn)
    devices.stay(barn, NOW)
    assert devices.find_devices([barn.deviceid]) == {}


def test_what_has_gone_cannot_leave(devices: Devices, barn: Device) -> None:
    devices.remove(barn)
    with pytest.raises(DeletionInProgress):
        devices.leave(barn, NOW, MINUTE)


FIRST, SECOND, THIRD = (
    Certificate(digit * 64, NOW, datetime(2049, 12, 31, 23, 59, 59, tzinfo=UTC)) for digit in ("1", "2", "3")
)
LATER = NOW + timedelta(days=7)


def test_a_certificate_is_kept_without_its_text(devices: Devices, barn: Device) -> None:
    devices.set_certificate(barn, FIRST, None)
    assert devices.find("ann", "Barn unit").certificate == FIRST


def test_a_certificate_is_not_replaced_but_succeeded(devices: Devices, barn: Device) -> None:
    devices.set_certificate(barn, FIRST, None)
    with pytest.raises(RenewalUnderWay):
        devices.set_certificate(barn, SECOND, None)
    devices.set_successor(barn, SECOND, None)
    with pytest.raises(RenewalUnderWay):
        devices.set_successor(barn, THIRD, None)
    assert devices.find("ann", "Barn unit").certificates == (FIRST, SECOND)


def test_a_successor_is_promoted_once(devices: Devices, barn: Device) -> None:
    devices.set_certificate(barn, FIRST, None)
    devices.set_successor(barn, SECOND, None)
    renewed = devices.find("ann", "Barn unit")
    devices.promote(renewed, LATER)
    devices.set_successor(barn, THIRD, None)
    devices.promote(renewed, LATER)
    assert devices.find("ann", "Barn unit").certificates == (SECOND, THIRD)
    devices.promote(barn, LATER)
    assert devices.find("ann", "Barn unit").certificates == (SECOND, THIRD)


def test_a_certificate_is_forgotten_wherever_it_is(devices: Devices, barn: Device) -> None:
    devices.set_certificate(barn, FIRST, None)
    devices.set_successor(barn, SECOND, None)
    devices.forget_certificate(barn, THIRD)
    assert devices.find("ann", "Barn unit").certificates == (FIRST, SECOND)
    devices.forget_certificate(barn, FIRST)
    assert devices.find("ann", "Barn unit").successor == SECOND
    devices.forget_certificate(barn, SECOND)
    assert devices.find("ann", "Barn unit").certificates == ()


def test_what_leaves_tells_its_latest_certificates_and_takes_no_more(devices: Devices, barn: Device) -> None:
    devices.set_certificate(barn, FIRST, None)
    assert devices.leave(barn, NOW, MINUTE).certificates == (FIRST,)
    with pytest.raises((RenewalUnderWay, DeviceNotRegistered)):
        devices.set_successor(barn, SECOND, None)


def test_what_is_due_is_found_when_it_is_due(devices: Devices, barn: Device) -> None:
    devices.set_certificate(barn, FIRST, LATER)
    roof = make_device("Roof unit", deviceid="roof", registration="1")
    devices.add(roof)
    devices.set_due(roof, LATER + MINUTE)

    assert devices.find_due(LATER - MINUTE, 80) == []
    assert [device.deviceid for device in devices.find_due(LATER, 80)] == [barn.deviceid]
    assert {device.deviceid for device in devices.find_due(LATER + MINUTE, 80)} == {barn.deviceid, "roof"}
    devices.set_due(barn, None)
    assert [device.deviceid for device in devices.find_due(LATER + MINUTE, 80)] == ["roof"]


def test_nothing_is_due_of_what_leaves(devices: Devices, barn: Device) -> None:
    devices.set_certificate(barn, FIRST, NOW)
    devices.leave(barn, NOW, MINUTE)
    assert devices.find_due(NOW, 80) == []


@pytest.mark.parametrize("location", [Location(1.3521, 103.8198), Location(-90.0, -180.0), Location(0.0, 0.0)])
def test_a_location_is_kept_and_taken_away(devices: Devices, barn: Device, location: Location) -> None:
    devices.set_location(barn, location)
    assert devices.find("ann", "Barn unit").location == location
    devices.set_location(barn, None)
    assert devices.find("ann", "Barn unit").location is None


def test_nothing_is_kept_for_another_registration(devices: Devices, barn: Device) -> None:
    older = replace(barn, registration="older")
    with pytest.raises(DeviceNotRegistered):
        devices.set_location(older, Location(1.0, 2.0))
    with pytest.raises(DeviceNotRegistered):
        devices.set_location(older, None)
    with pytest.raises((RenewalUnderWay, DeviceNotRegistered)):
        devices.set_certificate(older, Certificate("ab" * 32, NOW, NOW), None)
    assert devices.find("ann", "Barn unit") == barn


def test_the_latest_heartbeat_wins_whatever_the_order(devices: Devices, barn: Device) -> None:
    for seconds in (5, 3, 9, 9, 1):
        devices.record_heartbeats({barn.deviceid: NOW + timedelta(seconds=seconds, milliseconds=7)})
    heartbeat_at = devices.find("ann", "Barn unit").heartbeat_at
    assert heartbeat_at == NOW + timedelta(seconds=9, milliseconds=7)


def test_a_version_is_kept(devices: Devices, barn: Device) -> None:
    devices.record_version(barn.deviceid, "0.2")
    assert devices.find("ann", "Barn unit").version == "0.2"


def test_nobody_comes_back_by_being_heard(devices: Devices) -> None:
    devices.record_heartbeats({"unknown": NOW})
    devices.record_version("unknown", "0.2")
    assert devices.find_devices(["unknown"]) == {}


def test_names_of_a_user(devices: Devices, barn: Device) -> None:
    devices.add(make_device("A", deviceid="a"))
    devices.add(make_device("B", deviceid="b", owner="bob"))
    names = devices.list_names("ann")
    assert [(name.devicename, name.deviceid, name.role) for name in names] == [
        ("A", "a", Role.OWNER),
        ("Barn unit", barn.deviceid, Role.OWNER),
    ]


def test_names_are_found_by_what_they_were_once(devices: Devices, barn: Device) -> None:
    other = make_device("A", deviceid="a", registration="2")
    devices.add(other)
    devices.rename(barn, "Old barn")
    devices.rename(other, "Barn unit")

    names = devices.find_names("ann", {barn.deviceid: "Barn unit", "a": "A", "gone": "Gone", "old": ""})

    assert {name.deviceid: name.devicename for name in names} == {barn.deviceid: "Old barn", "a": "Barn unit"}
    assert devices.find_names("bob", {barn.deviceid: "Old barn"}) == []


def test_more_devices_than_one_batch_reads_are_found(devices: Devices) -> None:
    for number in range(101):
        devices.add(make_device(f"unit {number}", deviceid=f"device-{number}", registration=str(number)))
    found = devices.find_devices(f"device-{number}" for number in range(200))
    assert len(found) == 101
    assert len(devices.page("ann", 1000).items) == 101


def test_a_name_changes_and_nothing_else(devices: Devices, barn: Device) -> None:
    assert devices.rename(barn, "Stable unit").devicename == "Stable unit"
    assert devices.find("ann", "Stable unit") == replace(barn, devicename="Stable unit")
    with pytest.raises(DeviceNotRegistered):
        devices.find("ann", "Barn unit")
    with pytest.raises(DeviceNotRegistered):
        devices.rename(barn, "Roof unit")


def test_a_name_does_not_change_to_one_that_is_taken(devices: Devices, barn: Device) -> None:
    devices.add(make_device("Roof unit", deviceid="roof"))
    with pytest.raises(DeviceNameTaken):
        devices.rename(barn, "Roof unit")
    assert devices.find("ann", "Barn unit") == barn


def test_many_devices_are_placed_and_taken_off_the_map(devices: Devices) -> None:
    for number in range(101):
        devices.add(make_device(f"unit {number}", deviceid=f"device-{number}", registration=str(number)))
    found = devices.find_all("ann", [f"unit {number}" for number in range(105)])
    assert len(found) == 101

    devices.set_locations([(device, Location(1.5, 2.5)) for device in found])
    assert {device.location for device in devices.page("ann", 1000).items} == {Location(1.5, 2.5)}
    devices.set_locations([(device, None) for device in found])
    assert {device.location for device in devices.page("ann", 1000).items} == {None}


def test_nothing_is_placed_for_another_registration(devices: Devices, barn: Device) -> None:
    roof = make_device("Roof unit", deviceid="roof", registration="1")
    devices.add(roof)
    with pytest.raises(DeviceNotRegistered):
        devices.set_locations([(replace(roof, registration="older"), Location(1.5, 2.5)), (barn, Location(1.5, 2.5))])
    assert devices.find("ann", "Barn unit").location is None


@pytest.mark.parametrize("seed", range(40))
def test_presence_is_kept_by_the_rule_whatever_the_delivery(devices: Devices, barn: Device, seed: int) -> None:
    """The condition of the write is the rule of iotcloud.devices.presence, in DynamoDB's words."""
    chance = random.Random(seed)
    steps = [(chance.choice(ENDS), chance.choice(LENGTHS), chance.choice(LENGTHS)) for _ in range(6)]
    life = live(steps, chance)
    for event in in_some_order(life, chance):
        devices.record_presence(replace(event, deviceid=barn.deviceid))

    presence = devices.find("ann", "Barn unit").presence
    assert presence == state_after(list(life.events))
    assert presence.is_connected is life.is_connected


def test_presence_tells_the_device_as_it_is_then(devices: Devices, barn: Device) -> None:
    devices.set_certificate(barn, FIRST, None)
    event = PresenceEvent(barn.deviceid, Change.CONNECTED, Mark(NOW, 4), "session", FIRST.certificate_id)
    for _ in range(2):
        device = devices.record_presence(event)
        assert device is not None
        assert (device.certificate, device.presence.is_connected) == (FIRST, True)


def test_presence_of_strangers_is_not_kept(devices: Devices, barn: Device) -> None:
    event = PresenceEvent("stranger", Change.CONNECTED, Mark(NOW, 4), "session", FIRST.certificate_id)
    assert devices.record_presence(event) is None
    devices.leave(barn, NOW, MINUTE)
    assert devices.record_presence(replace(event, deviceid=barn.deviceid)) is None
    assert devices.find_devices(["stranger"]) == {}


def test_the_owners_name_is_found_by_the_device(devices: Devices, barn: Device) -> None:
    assert devices.find_owners_name(barn) == "Barn unit"
    devices.rename(barn, "Stable unit")
    assert devices.find_owners_name(barn) == "Stable unit"
    assert devices.find_owners_name(replace(barn, deviceid="unknown")) == "unknown"


def test_a_full_row_stays_within_one_write_unit(devices: Devices) -> None:
    if isinstance(devices, FakeDevices):
        return
    device = make_device("x" * 64, owner="Facebook_10155512345678901", deviceid="d" * 16, serialnumber="1" * 32)
    devices.add(device)
    devices.set_certificate(device, FIRST, LATER)
    devices.set_successor(device, SECOND, LATER)
    devices.set_location(device, Location(-12.345678, -123.456789))
    devices.record_version(device.deviceid, "10.20.30")
    devices.record_protocol(device.deviceid, is_mqtt5=True)
    devices.record_heartbeats({device.deviceid: NOW})
    for change in Change:
        devices.record_presence(
            PresenceEvent(device.deviceid, change, Mark(NOW, 999_999), "s", "c", "CLIENT_INITIATED_DISCONNECT")
        )
    raw = DeviceRow._get_connection().get_item(device.deviceid)["Item"]
    size = sum(len(name) + len(str(next(iter(value.values())))) for name, value in raw.items())
    assert size < 1024


def test_a_forgotten_name_leaves_the_device(devices: Devices, barn: Device) -> None:
    (name,) = devices.list_names("ann")

    devices.forget_name(name)
    devices.forget_name(name)

    assert devices.list_names("ann") == []
    assert set(devices.find_devices([barn.deviceid])) == {barn.deviceid}


def test_a_name_that_is_another_devices_by_now_is_not_forgotten(devices: Devices, barn: Device) -> None:
    (name,) = devices.list_names("ann")

    devices.forget_name(replace(name, registration="an earlier one"))

    assert devices.find("ann", "Barn unit") == barn


def test_watchers_are_kept_with_the_device_until_they_go(devices: Devices, barn: Device) -> None:
    until = NOW + MINUTE
    assert devices.watch(barn, until, NOW)
    assert devices.watch(replace(barn, username="bob"), until + MINUTE, NOW)
    assert devices.watch(devices.find("ann", "Barn unit"), until + MINUTE, NOW)
    both = (Watcher("ann", until + MINUTE), Watcher("bob", until + MINUTE))
    assert devices.find_devices([barn.deviceid])[barn.deviceid].watchers == both

    devices.unwatch(barn.deviceid, "ann")
    devices.unwatch(barn.deviceid, "nobody")
    assert devices.find_devices([barn.deviceid])[barn.deviceid].watchers == both[1:]
    devices.unwatch(barn.deviceid, "bob")
    devices.unwatch("gone", "bob")
    assert devices.find_devices([barn.deviceid])[barn.deviceid].watchers == ()


def test_a_device_has_room_for_eight_watchers_whose_time_is_not_over(devices: Devices, barn: Device) -> None:
    for number in range(MAX_WATCHERS):
        assert devices.watch(replace(barn, username=f"u{number}"), NOW + MINUTE, NOW)
    assert not devices.watch(barn, NOW + MINUTE, NOW)
    assert devices.watch(barn, NOW + 3 * MINUTE, NOW + 2 * MINUTE)


def test_nobody_watches_what_has_gone_or_was_registered_anew(devices: Devices, barn: Device) -> None:
    assert not devices.watch(replace(barn, registration="earlier"), NOW + MINUTE, NOW)
    assert not devices.watch(make_device(deviceid="gone"), NOW + MINUTE, NOW)
    assert devices.find_devices([barn.deviceid])[barn.deviceid].watchers == ()

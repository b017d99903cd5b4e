"""A user's devices as personal data."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest

from iotcloud.devices.model import DeviceName, Location, Role
from iotcloud.devices.personal_data import DevicesData
from iotcloud.errors import DeletionInProgress, DeviceNotRegistered, IotCloudError
from tests.fakes.devices import FakeDevices, make_device


@dataclass
class FakeRegistration:
    """Records deletions; fails for configured devices."""

    registry: FakeDevices
    refusals: dict[str, IotCloudError] = field(default_factory=dict)

    left: list[str] = field(default_factory=list)

    def leave_device(self, username: str, devicename: str) -> None:
        self.left.append(devicename)

    def delete_device(self, owner: str, devicename: str) -> None:
        if devicename in self.refusals:
            raise self.refusals.pop(devicename)
        self.registry.remove(self.registry.find(owner, devicename))


@pytest.fixture
def registry() -> FakeDevices:
    registry = FakeDevices()
    registry.add(make_device("Barn", deviceid="own-1", registration="1"))
    registry.add(make_device("Shed", deviceid="own-2", registration="2", location=Location(1.5, 103.8)))
    registry.add(make_device("Attic", deviceid="others", registration="3", owner="bob"))
    registry.names["ann", "Loft"] = DeviceName("ann", "Loft", "others", "3", Role.VIEWER)
    return registry


@pytest.fixture
def registration(registry: FakeDevices) -> FakeRegistration:
    return FakeRegistration(registry)


@pytest.fixture
def owned(registry: FakeDevices, registration: FakeRegistration) -> DevicesData:
    return DevicesData(registry, registration, registration)


def test_erase_deletes_own_devices_and_leaves_those_of_others(
    owned: DevicesData, registry: FakeDevices, registration: FakeRegistration
) -> None:
    owned.erase("ann")

    assert set(registry.rows) == {"others"}
    assert {username for username, _ in registry.names} == {"bob"}
    assert registration.left == ["Loft"]


def test_erase_again_changes_nothing(owned: DevicesData, registry: FakeDevices) -> None:
    owned.erase("ann")
    owned.erase("ann")

    assert set(registry.rows) == {"others"}


def test_erase_forgets_a_name_that_leads_nowhere(
    owned: DevicesData, registry: FakeDevices, registration: FakeRegistration
) -> None:
    registry.names["ann", "Ghost"] = DeviceName("ann", "Ghost", "gone", "9", Role.OWNER)
    registration.refusals["Ghost"] = DeviceNotRegistered()

    owned.erase("ann")

    assert ("ann", "Ghost") not in registry.names


def test_erase_fails_while_another_call_deletes_the_device_and_does_the_rest_when_called_again(
    owned: DevicesData, registry: FakeDevices, registration: FakeRegistration
) -> None:
    registration.refusals["Barn"] = DeletionInProgress()
    with pytest.raises(DeletionInProgress):
        owned.erase("ann")

    owned.erase("ann")

    assert set(registry.rows) == {"others"}


def test_export_shows_what_the_registry_keeps(owned: DevicesData) -> None:
    records = {record["devicename"]: record for record in owned.export("ann")}

    assert set(records) == {"Barn", "Shed", "Loft"}
    assert records["Shed"] == {
        "devicename": "Shed",
        "deviceid": "own-2",
        "role": "owner",
        "registered_at": datetime(2026, 11, 23, 12, 0, tzinfo=UTC).isoformat(),
        "version": None,
        "heartbeat_at": None,
        "serialnumber": "00079",
        "location": {"latitude": 1.5, "longitude": 103.8},
    }


def test_export_shows_of_a_shared_device_what_its_user_may_see(owned: DevicesData) -> None:
    records = {record["devicename"]: record for record in owned.export("ann")}

    assert "serialnumber" not in records["Loft"]
    assert records["Loft"]["role"] == "viewer"

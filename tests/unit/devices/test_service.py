"""Lookup of devices, and their names, locations and roles."""

from dataclasses import dataclass, field

import pytest

from iotcloud.devices.model import Location, Role
from iotcloud.devices.service import DeviceService
from iotcloud.errors import DeviceNameTaken, DeviceNotRegistered, InvalidInput, NotPermitted
from tests.fakes.devices import FakeDevices, FakeRights, make_device
from tests.fakes.peripherals import FakeSensors
from tests.unit.peripherals.test_sensor_registration import POT, WIND

HERE = Location(1.3521, 103.8198)
THERE = Location(-33.4, -70.6)


@dataclass
class Registry:
    """A service over fakes, and the fakes."""

    devices: FakeDevices = field(default_factory=FakeDevices)
    sensors: FakeSensors = field(default_factory=FakeSensors)

    def __post_init__(self) -> None:
        self.service = DeviceService(self.devices, self.sensors, FakeRights())

    def add(self, devicename: str, username: str = "ann", role: Role = Role.OWNER, owner: str = "ann") -> None:
        """Register a device whose id is its name's."""
        deviceid = devicename.encode().hex()
        device = make_device(
            devicename, deviceid=deviceid, registration=deviceid, username=username, role=role, owner=owner
        )
        if deviceid in self.devices.rows:
            self.devices._name(device)
        else:
            self.devices.add(device)


@pytest.fixture
def registry() -> Registry:
    registry = Registry()
    for devicename in ("Barn unit", "Roof unit", "Çiftlik"):
        registry.add(devicename)
    return registry


def names(page) -> list[str]:
    return [device.devicename for device in page.items]


@pytest.mark.parametrize(
    ("role", "required", "is_permitted"),
    [
        (Role.OWNER, Role.OWNER, True),
        (Role.OWNER, Role.OPERATOR, True),
        (Role.OWNER, Role.VIEWER, True),
        (Role.OPERATOR, Role.OWNER, False),
        (Role.OPERATOR, Role.OPERATOR, True),
        (Role.OPERATOR, Role.VIEWER, True),
        (Role.VIEWER, Role.OWNER, False),
        (Role.VIEWER, Role.OPERATOR, False),
        (Role.VIEWER, Role.VIEWER, True),
    ],
)
def test_find_device_holds_users_to_their_role(role: Role, required: Role, is_permitted: bool) -> None:
    registry = Registry()
    registry.add("Barn unit", username="bob", role=role)
    if is_permitted:
        assert registry.service.find_device("bob", "Barn unit", required).devicename == "Barn unit"
    else:
        with pytest.raises(NotPermitted):
            registry.service.find_device("bob", "Barn unit", required)


def test_find_device_asks_for_the_owner_unless_told_otherwise() -> None:
    registry = Registry()
    registry.add("Barn unit", username="bob", role=Role.OPERATOR)
    with pytest.raises(NotPermitted):
        registry.service.find_device("bob", "Barn unit")


@pytest.mark.parametrize("devicename", ["barn unit", "", "a/b", "x" * 5000, "\x00", "\U0001f4a1" * 1000])
def test_find_device_knows_no_other_name(registry: Registry, devicename: str) -> None:
    with pytest.raises(DeviceNotRegistered):
        registry.service.find_device("ann", devicename)


def test_find_device_of_another_user_finds_nothing(registry: Registry) -> None:
    with pytest.raises(DeviceNotRegistered):
        registry.service.find_device("bob", "Barn unit")


def test_find_device_takes_a_name_in_any_normal_form(registry: Registry) -> None:
    assert registry.service.find_device("ann", "C\u0327iftlik").devicename == "\u00c7iftlik"


def test_a_leaving_device_is_shown_and_not_used(registry: Registry) -> None:
    device = registry.devices.find("ann", "Barn unit")
    registry.devices.leave(device, device.registered_at, device.registered_at - device.registered_at)
    with pytest.raises(DeviceNotRegistered):
        registry.service.find_device("ann", "Barn unit", Role.VIEWER)
    assert registry.service.get_device("ann", "Barn unit").is_leaving
    assert "Barn unit" in names(registry.service.list_devices("ann", 10))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("unit", ["Barn unit", "Roof unit"]),
        ("BARN", ["Barn unit"]),
        ("c\u0327ift", ["Çiftlik"]),
        ("4261726e", ["Barn unit"]),
        ("pot 1", ["Roof unit"]),
        ("DOLLAR", ["Roof unit"]),
        ("anemometer", ["Çiftlik"]),
        ("nothing", []),
        ("potentiometer anemometer", []),
        (".*", []),
    ],
)
def test_filter_devices_looks_at_names_ids_and_sensors(registry: Registry, text: str, found: list[str]) -> None:
    from dataclasses import replace

    registry.sensors.add(b"Roof unit".hex(), replace(POT, manufacturer="Electronic Dollar Store"))
    registry.sensors.add("Çiftlik".encode().hex(), WIND)
    assert names(registry.service.filter_devices("ann", text, 10)) == found


def test_filter_devices_pages_over_all_devices(registry: Registry) -> None:
    first = registry.service.filter_devices("ann", "roof", 1)
    second = registry.service.filter_devices("ann", "roof", 1, first.cursor)
    assert (names(first), names(second)) == ([], ["Roof unit"])


def test_rename_device_changes_the_callers_name_alone(registry: Registry) -> None:
    registry.add("Barn unit", username="bob", role=Role.VIEWER)
    renamed = registry.service.rename_device("bob", "Barn unit", "Ann's")
    assert renamed.devicename == "Ann's"
    assert registry.service.find_device("bob", "Ann's", Role.VIEWER).deviceid == renamed.deviceid
    assert registry.service.find_device("ann", "Barn unit").deviceid == renamed.deviceid
    with pytest.raises(DeviceNotRegistered):
        registry.service.find_device("bob", "Barn unit", Role.VIEWER)


def test_rename_device_refuses_a_name_already_taken(registry: Registry) -> None:
    with pytest.raises(DeviceNameTaken):
        registry.service.rename_device("ann", "Barn unit", "Roof unit")


def test_rename_device_to_its_own_name_changes_nothing(registry: Registry) -> None:
    assert registry.service.rename_device("ann", "Çiftlik", "C\u0327iftlik").devicename == "Çiftlik"


@pytest.mark.parametrize("new_devicename", ["", "a/b", "x" * 65, "\x07"])
def test_rename_device_refuses_what_is_no_name(registry: Registry, new_devicename: str) -> None:
    with pytest.raises(InvalidInput):
        registry.service.rename_device("ann", "Barn unit", new_devicename)


def test_a_location_is_set_told_and_deleted(registry: Registry) -> None:
    assert registry.service.get_location("ann", "Barn unit") is None
    registry.service.set_location("ann", "Barn unit", HERE)
    assert registry.service.get_location("ann", "Barn unit") == HERE
    assert names(registry.service.list_locations("ann", 10)) == ["Barn unit"]
    registry.service.set_location("ann", "Barn unit", None)
    assert names(registry.service.list_locations("ann", 10)) == []


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.VIEWER])
def test_who_is_invited_sees_a_location_and_leaves_it(role: Role) -> None:
    registry = Registry()
    registry.add("Barn unit", username="bob", role=role)
    with pytest.raises(NotPermitted):
        registry.service.set_location("bob", "Barn unit", HERE)
    with pytest.raises(NotPermitted):
        registry.service.set_locations("bob", {"Barn unit": HERE})
    registry.devices.set_location(registry.devices.find("bob", "Barn unit"), HERE)
    assert registry.service.delete_locations("bob", 10) is None
    assert registry.service.get_location("bob", "Barn unit") == HERE


def test_set_locations_places_all_of_them(registry: Registry) -> None:
    registry.service.set_locations("ann", {"Barn unit": HERE, "C\u0327iftlik": THERE})
    assert registry.service.get_location("ann", "Barn unit") == HERE
    assert registry.service.get_location("ann", "Çiftlik") == THERE


@pytest.mark.parametrize("unknown", ["Stable unit", "", "a/b"])
def test_set_locations_with_an_unknown_name_places_none(registry: Registry, unknown: str) -> None:
    with pytest.raises(DeviceNotRegistered):
        registry.service.set_locations("ann", {"Barn unit": HERE, unknown: THERE})
    assert registry.service.get_location("ann", "Barn unit") is None


def test_delete_locations_takes_them_all_page_by_page(registry: Registry) -> None:
    registry.service.set_locations("ann", {"Barn unit": HERE, "Roof unit": THERE})
    cursor = registry.service.delete_locations("ann", 2)
    assert cursor is not None
    assert registry.service.delete_locations("ann", 2, cursor) is None
    assert names(registry.service.list_locations("ann", 10)) == []

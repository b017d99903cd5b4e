"""Lookup of a user's devices, their names and their locations."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from iotcloud.devices.interfaces import DeviceStore, Rights, SensorWords
from iotcloud.devices.model import MAX_DEVICENAME, Device, Location, Role, checked_devicename, is_found_by
from iotcloud.errors import DeviceNotRegistered, NotPermitted
from iotcloud.names import normal_name
from iotcloud.pagination import Page


@dataclass(frozen=True)
class DeviceService:
    """Finds a user's devices, and stores their names and locations."""

    devices: DeviceStore
    sensors: SensorWords
    rights: Rights

    def find_device(self, username: str, devicename: str, required: Role = Role.OWNER) -> Device:
        """Return the device by the user's name for it, if the user's role includes `required`.

        Every operation on a device calls this first: VIEWER to read, OPERATOR to control, OWNER for the rest.
        Raise DeviceNotRegistered, also during deletion; NotPermitted for a lesser role.
        """
        return _permitted(self.get_device(username, devicename), required)

    def get_device(self, username: str, devicename: str) -> Device:
        """Return the device by the user's name for it, for any role. Raise DeviceNotRegistered."""
        (device,) = self._with_rights([self.devices.find(username, _kept_name(devicename))]) or (None,)
        if device is None:
            raise DeviceNotRegistered
        return device

    def list_devices(self, username: str, limit: int, cursor: str | None = None) -> Page[Device]:
        """Return a user's devices in the order of their names; raise InvalidInput for a foreign cursor."""
        page = self.devices.page(username, limit, cursor)
        return Page(self._with_rights(page.items), page.cursor)

    def filter_devices(self, username: str, text: str, limit: int, cursor: str | None = None) -> Page[Device]:
        """Return those of the next `limit` devices whose name, id or sensors contain the text, ignoring case.

        A page may be short, even empty, and still have a cursor, since one call reads a bounded number of rows.
        """
        page = self.list_devices(username, limit, cursor)
        words = self.sensors.find_words([device.deviceid for device in page.items])
        found = [device for device in page.items if is_found_by(text, device, words.get(device.deviceid, frozenset()))]
        return Page(found, page.cursor)

    def rename_device(self, username: str, devicename: str, new_devicename: str) -> Device:
        """Rename a device for the user. All other data is stored under its id. Raise DeviceNameTaken."""
        new_name = checked_devicename(new_devicename)
        device = self.find_device(username, devicename, Role.VIEWER)
        return device if device.devicename == new_name else self.devices.rename(device, new_name)

    def find_permitted(self, username: str, devicenames: Sequence[str], required: Role) -> list[Device]:
        """Return those of the devices with which the user may do so much, in no order; the others are left out."""
        names = [kept for name in devicenames if 0 < len(kept := normal_name(name)) <= MAX_DEVICENAME]
        found = self._with_rights(self.devices.find_all(username, names))
        return [device for device in found if device.role.permits(required) and not device.is_leaving]

    def get_location(self, username: str, devicename: str) -> Location | None:
        """Return the location of a device, or None."""
        return self.find_device(username, devicename, Role.VIEWER).location

    def set_location(self, username: str, devicename: str, location: Location | None) -> None:
        """Place a device on the map; None takes it off."""
        self.devices.set_location(self.find_device(username, devicename, Role.OWNER), location)

    def list_locations(self, username: str, limit: int, cursor: str | None = None) -> Page[Device]:
        """Return those of the next `limit` devices that have a place."""
        page = self.list_devices(username, limit, cursor)
        return Page([device for device in page.items if device.location is not None], page.cursor)

    def set_locations(self, username: str, locations: Mapping[str, Location]) -> None:
        """Place several devices, by name; raise DeviceNotRegistered or NotPermitted before any is placed."""
        names = {_kept_name(devicename): location for devicename, location in locations.items()}
        found = self._with_rights(self.devices.find_all(username, list(names)))
        devices = {device.devicename: _permitted(device, Role.OWNER) for device in found}
        if devices.keys() != names.keys():
            raise DeviceNotRegistered
        self.devices.set_locations([(devices[name], location) for name, location in names.items()])

    def delete_locations(self, username: str, limit: int, cursor: str | None = None) -> str | None:
        """Delete the locations of those of the next `limit` devices that the user owns. Return the cursor."""
        page = self.list_locations(username, limit, cursor)
        self.devices.set_locations([(device, None) for device in page.items if device.role is Role.OWNER])
        return page.cursor

    def _with_rights(self, devices: Sequence[Device]) -> list[Device]:
        """Set the current roles of invited users, and leave out devices without access."""
        shared = [device for device in devices if device.role is not Role.OWNER]
        roles = dict(zip(shared, self.rights.find_roles(shared), strict=True)) if shared else {}
        current = ((device, roles.get(device, device.role)) for device in devices)
        return [replace(device, role=role) for device, role in current if role is not None]


def _permitted(device: Device, required: Role) -> Device:
    if device.is_leaving:
        raise DeviceNotRegistered
    if not device.role.permits(required):
        raise NotPermitted
    return device


def _kept_name(devicename: str) -> str:
    """Return the form in which a name is looked for. One that could not be given today may have been given before."""
    sought = normal_name(devicename)
    if not sought or len(sought) > MAX_DEVICENAME:
        raise DeviceNotRegistered
    return sought

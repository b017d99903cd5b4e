"""What users call devices: a name gives no right by itself, and another registration's is a leftover."""

from collections.abc import Mapping

from pynamodb.exceptions import DeleteError, PutError

from iotcloud.devices.model import Device, DeviceName, RegisteredDevice, Role
from iotcloud.devices.store.tables import DeviceNameRow, named
from iotcloud.dynamodb import raise_unless_refused
from iotcloud.errors import DeviceNameTaken


class NameRows:
    """Keeps users' names for devices."""

    def list_names(self, username: str) -> list[DeviceName]:
        """Return what a user calls devices, in one request for each megabyte of names."""
        return [named(row) for row in DeviceNameRow.query(username, consistent_read=True)]

    def count_owned(self, username: str, at_most: int) -> int:
        """Return how many devices a user owns, among the first `at_most` names: one request."""
        names = (named(row) for row in DeviceNameRow.query(username, limit=at_most))
        return sum(name.role is Role.OWNER for name in names)

    def find_names(self, username: str, devicenames: Mapping[str, str]) -> list[DeviceName]:
        """Return what a user calls devices now, given by id what the user called them once.

        One request for each hundred, and one for each device that was renamed since or has gone.
        """
        keys = {(username, devicename) for devicename in devicenames.values() if devicename}
        kept = [named(row) for row in DeviceNameRow.batch_get(sorted(keys), consistent_read=True)]
        names = {name.deviceid: name for name in kept if name.deviceid in devicenames}
        for deviceid in devicenames.keys() - names.keys():
            for row in DeviceNameRow.by_deviceid.query(deviceid, DeviceNameRow.owner == username, limit=1):
                names[deviceid] = named(row)
        return list(names.values())

    def add_name(self, device: RegisteredDevice, username: str, devicename: str, role: Role, email: str) -> Device:
        """Keep what an invited user calls a device, once more too; raise DeviceNameTaken."""
        row = DeviceNameRow(
            username,
            devicename,
            deviceid=device.deviceid,
            registration=device.registration,
            role=role.value,
            invited_as=email,
        )
        is_free = DeviceNameRow.devicename.does_not_exist() | (DeviceNameRow.registration == device.registration)
        try:
            row.save(condition=is_free)
        except PutError as failed:
            raise_unless_refused(failed)
            raise DeviceNameTaken from failed
        members = {name: getattr(device, name) for name in RegisteredDevice.__dataclass_fields__}
        return Device(username=username, devicename=devicename, role=role, invited_as=email, **members)

    def forget_names(self, deviceid: str, username: str) -> None:
        """Remove what an invited user calls a device, as far as the index knows it; an owner's name stays."""
        for row in DeviceNameRow.by_deviceid.query(deviceid, DeviceNameRow.owner == username):
            name = named(row)
            if name.role is not Role.OWNER:
                self.forget_name(name)

    def forget_name(self, name: DeviceName) -> None:
        """Remove what a user calls a device, unless the name is another device's by now; the device itself stays."""
        row = DeviceNameRow(name.username, name.devicename)
        try:
            row.delete(condition=DeviceNameRow.registration == name.registration)
        except DeleteError as failed:
            raise_unless_refused(failed)

    def find_owners_name(self, device: RegisteredDevice) -> str:
        """Return what the owner calls a device; its id while the index does not know."""
        names = DeviceNameRow.by_deviceid.query(device.deviceid, DeviceNameRow.owner == device.owner)
        return next((row.devicename for row in names if row.registration == device.registration), device.deviceid)

"""Users' names for devices. A name grants no right by itself; a name of another registration is stale."""

from collections.abc import Mapping

from pynamodb.exceptions import DeleteError, PutError

from iotcloud.devices.model import Device, DeviceName, RegisteredDevice, Role
from iotcloud.devices.store.tables import DeviceNameRow, named
from iotcloud.dynamodb import raise_unless_refused
from iotcloud.errors import DeviceNameTaken


class NameRows:
    """Keeps users' names for devices."""

    def list_names(self, username: str) -> list[DeviceName]:
        """Return the user's names for devices, in one request per megabyte of names."""
        return [named(row) for row in DeviceNameRow.query(username, consistent_read=True)]

    def count_owned(self, username: str, at_most: int) -> int:
        """Return how many devices a user owns, among the first `at_most` names: one request."""
        names = (named(row) for row in DeviceNameRow.query(username, limit=at_most))
        return sum(name.role is Role.OWNER for name in names)

    def find_names(self, username: str, devicenames: Mapping[str, str]) -> list[DeviceName]:
        """Return the user's current names of devices, by id, given their names at an earlier time.

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
        """Store an invited user's name for a device. Idempotent. Raise DeviceNameTaken."""
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
        """Remove an invited user's name for a device, found by the index. The owner's name stays."""
        for row in DeviceNameRow.by_deviceid.query(deviceid, DeviceNameRow.owner == username):
            name = named(row)
            if name.role is not Role.OWNER:
                self.forget_name(name)

    def forget_name(self, name: DeviceName) -> None:
        """Remove a user's name for a device, unless it now names another device. The device itself stays."""
        row = DeviceNameRow(name.username, name.devicename)
        try:
            row.delete(condition=DeviceNameRow.registration == name.registration)
        except DeleteError as failed:
            raise_unless_refused(failed)

    def find_owners_name(self, device: RegisteredDevice) -> str:
        """Return the owner's name for a device, or its id until the index has it."""
        names = DeviceNameRow.by_deviceid.query(device.deviceid, DeviceNameRow.owner == device.owner)
        return next((row.devicename for row in names if row.registration == device.registration), device.deviceid)

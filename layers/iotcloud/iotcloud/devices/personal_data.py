"""The devices of a user as personal data: erased with the account and included in its export."""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass

from iotcloud.devices.interfaces import OwnedNames, Registration, Sharing
from iotcloud.devices.model import DeviceName, RegisteredDevice, Role
from iotcloud.errors import DeviceNotRegistered


@dataclass(frozen=True)
class DevicesData:
    """Erase and show a user's devices."""

    names: OwnedNames
    registration: Registration
    sharing: Sharing

    def erase(self, username: str) -> None:
        """Delete every device of the user with all its data, and end the user's access to shared ones."""
        for name in self.names.list_names(username):
            with suppress(DeviceNotRegistered):
                if name.role is Role.OWNER:
                    self.registration.delete_device(username, name.devicename)
                else:
                    self.sharing.leave_device(username, name.devicename)
            self.names.forget_name(name)

    def export(self, username: str) -> Iterable[Mapping[str, object]]:
        """Return the registry's record of each device, by the user's name for it."""
        names = self.names.list_names(username)
        devices = self.names.find_devices(name.deviceid for name in names)
        for name in names:
            device = devices.get(name.deviceid)
            if device is not None and device.registration == name.registration:
                yield _record(name, device)


def _record(name: DeviceName, device: RegisteredDevice) -> Mapping[str, object]:
    record: dict[str, object] = {
        "devicename": name.devicename,
        "deviceid": device.deviceid,
        "role": name.role.value,
        "registered_at": device.registered_at.isoformat(),
        "version": device.version,
        "heartbeat_at": device.heartbeat_at.isoformat() if device.heartbeat_at else None,
    }
    if name.role is Role.OWNER:
        record["serialnumber"] = device.serialnumber
        record["location"] = vars(device.location) if device.location else None
    return record

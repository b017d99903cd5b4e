"""Finding a user's devices, and what their user says about them: name and place on the map."""

from dataclasses import dataclass
from typing import Protocol

from iotcloud.devices.model import Device, Role, checked_devicename
from iotcloud.errors import DeviceNotRegistered, InvalidInput, NotPermitted
from iotcloud.pages import Page


class Devices(Protocol):
    """The registry's rows, as far as this service asks for them."""

    def find(self, username: str, devicename: str) -> Device: ...

    def page(self, username: str, limit: int, cursor: str | None = None) -> Page[Device]: ...


@dataclass(frozen=True)
class DeviceService:
    """Find a user's devices."""

    devices: Devices

    def find_device(self, username: str, devicename: str, required: Role = Role.OWNER) -> Device:
        """Return the device that the user calls so, if they may do there what `required` may.

        Every operation on a device asks this first: VIEWER to read, OPERATOR to control, OWNER for the rest.
        Raise DeviceNotRegistered, also while it is being deleted; NotPermitted when it is shared with less.
        """
        device = self.get_device(username, devicename)
        if device.is_leaving:
            raise DeviceNotRegistered
        if not device.role.permits(required):
            raise NotPermitted
        return device

    def get_device(self, username: str, devicename: str) -> Device:
        """Return the device that the user calls so, whatever they may do with it; raise DeviceNotRegistered."""
        try:
            kept_name = checked_devicename(devicename)
        except InvalidInput:
            raise DeviceNotRegistered from None
        return self.devices.find(username, kept_name)

    def list_devices(self, username: str, limit: int, cursor: str | None = None) -> Page[Device]:
        """Return a user's devices in the order of their names; raise InvalidInput for a foreign cursor."""
        return self.devices.page(username, limit, cursor)

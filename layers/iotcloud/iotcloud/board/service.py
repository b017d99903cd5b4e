"""Status and settings of a board, requested from the device while the caller waits."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from iotcloud.board.interfaces import Versions
from iotcloud.board.model import changed_part, checked_status, with_version
from iotcloud.commands.interfaces import DeviceLink
from iotcloud.commands.model import is_read_only, last_known, reply_value
from iotcloud.devices.interfaces import DeviceRegistry, LiveChanges
from iotcloud.devices.model import Device, Role
from iotcloud.errors import DeviceUnreachable


@dataclass(frozen=True)
class BoardService:
    """Reads and changes the state of a device's board. It stores only the firmware version."""

    devices: DeviceRegistry
    link: DeviceLink
    versions: Versions
    live: LiveChanges | None = None

    def get_status(self, username: str, devicename: str) -> Mapping[str, Any]:
        """Request status and firmware version, and store the version."""
        device = self.devices.find_device(username, devicename, Role.VIEWER)
        value = with_version(reply_value(self.ask(device, "get_status")))
        version = value.get("version")
        if version is not None and version != device.version:
            self.versions.record_version(device.deviceid, version)
        return value

    def set_status(self, username: str, devicename: str, status: int) -> Mapping[str, Any]:
        """Ask for a restart, stop or start; the value holds the state on the way there."""
        return self.forward(username, devicename, "set_status", {"status": int(checked_status(status))})

    def forward(
        self, username: str, devicename: str, api: str, members: Mapping[str, object] | None = None
    ) -> Mapping[str, Any]:
        """Send a command with these members, in their order, and return the `value` of the reply."""
        required = Role.VIEWER if is_read_only(api) else Role.OPERATOR
        device = self.devices.find_device(username, devicename, required)
        value = reply_value(self.ask(device, api, members))
        if required is not Role.VIEWER and self.live is not None:
            self.live.tell_change(device, changed_part(api, members or {}))
        return value

    def ask(self, device: Device, api: str, members: Mapping[str, object] | None = None) -> Mapping[str, object]:
        """Send a command to a device, and return the whole reply.

        Raise DeviceUnreachable with the device's last known values in `fields["value"]`.
        """
        try:
            return self.link.request(device, api, members or {})
        except DeviceUnreachable as unreachable:
            raise DeviceUnreachable(None, **unreachable.fields, value=last_known(device)) from unreachable

"""Spares callers the wait for a device that is known to be offline."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from iotcloud.commands.interfaces import DeviceLink, PresenceProbe
from iotcloud.commands.model import REPLY_SECONDS
from iotcloud.devices.model import Device
from iotcloud.errors import DeviceUnreachable


@dataclass(frozen=True)
class OfflineGuard:
    """A device link that sends nothing to a device known to be offline, and raises DeviceUnreachable at once."""

    link: DeviceLink
    probe: PresenceProbe

    def request(
        self, device: Device, api: str, payload: Mapping[str, object], timeout_seconds: float = REPLY_SECONDS
    ) -> Mapping[str, object]:
        """Return the reply to the command; raise DeviceUnreachable, at once when the device is offline.

        The broker has the last word where it speaks: the event of a device that has just come back may be on its way.
        The error's `online` says what presence knew: False for a device that was not asked, True for one that was
        connected and did not answer. It is absent when presence did not know.
        """
        is_online = device.is_online
        if is_online is False:
            if self.probe.is_connected(device.deviceid) is not True:
                raise DeviceUnreachable(online=False)
            is_online = True
        try:
            return self.link.request(device, api, payload, timeout_seconds)
        except DeviceUnreachable as unreachable:
            known: dict[str, Any] = {} if is_online is None else {"online": is_online}
            raise DeviceUnreachable(None, **unreachable.fields, **known) from unreachable

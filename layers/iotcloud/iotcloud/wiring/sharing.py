"""Devices that several users use."""

from functools import cached_property

from iotcloud.sharing.service import SharingService
from iotcloud.wiring.part import Part


class SharingPart(Part):
    """Devices that several users use."""

    @cached_property
    def service(self) -> SharingService:
        """Shares devices."""
        return SharingService(
            self._wiring.devices.service,
            self._wiring.stores.devices,
            self._wiring.stores.device_users,
            self._wiring.users.contacts,
            self._wiring.clock,
        )
